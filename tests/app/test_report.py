"""What a run reports."""

from phototag.app.report import IndexReport


def test_a_report_says_once_what_the_models_run_on_and_again_when_that_differs_among_processes() -> None:
    report = IndexReport()
    assert report.ran_on(["cuda"]) == "The models run on cuda."
    assert report.ran_on(["cuda"]) is None
    assert report.ran_on(["cuda", "cpu"]) == (
        "The models run on cuda in some processes, on cpu in others; `--workers N` starts fewer."
    )
    assert report.to_json()["provider"] == "cuda and cpu"
