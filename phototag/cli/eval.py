"""`phototag eval`: how good the models are on labelled photos, and better thresholds learnt from them."""

import json
import shlex
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from phototag.cli.session import Session, command

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from phototag.app.eval_detect import Detected
    from phototag.render.tables import PlainTable

Truth = Annotated[
    Path, typer.Argument(help="A COCO file, a VOC folder or a YOLO folder (or its data.yaml).", show_default=False)
]
Images = Annotated[Path | None, typer.Option(help="Where the photos lie.", show_default="images/ beside TRUTH")]
Pack = Annotated[str | None, typer.Option(help="The pack of models to use.", show_default=False)]
Model = Annotated[str | None, typer.Option(help="The model to use.", show_default=False)]
Html = Annotated[
    Path | None, typer.Option(help="Also write a page with plots and the worst photos.", show_default=False)
]
Json = Annotated[bool, typer.Option("--json", help="As JSON.")]


def detect(
    session: Session,
    truth: Truth,
    images: Images = None,
    pack: Pack = None,
    model: Model = None,
    html: Html = None,
    as_json: Json = False,
) -> None:
    """Measure a detector on photos with boxes: COCO's average precision, right, wrong and missed, and counts.

    Boxes down to a confidence of 0.01 are measured, and at the thresholds in use. The index is not touched.
    """
    from phototag.app import eval_detect
    from phototag.app.eval_report import detection_html
    from phototag.cli.progress import progress
    from phototag.render.evaluation import detection_tables

    _require("faster_coco_eval", *(("jinja2",) if html else ()))
    _refuse_original(session, html)
    with progress(session) as listener:
        detected = eval_detect.detect(truth, images, model, session.settings.with_options(pack=pack), listener)
    report = eval_detect.measure(detected)
    if html is not None:
        _write(session, detection_html(report, session.settings), html)
    _show(session, report.to_json(), None if as_json else detection_tables)


def classify(
    session: Session,
    truth: Annotated[
        Path, typer.Argument(help="A folder with a folder for each label, or a CSV of path,label.", show_default=False)
    ],
    pack: Pack = None,
    model: Model = None,
    html: Html = None,
    as_json: Json = False,
) -> None:
    """Measure a classifier on photos with a label each: right answers, calibration, and the labels it finds hard.

    A photo's name may begin with a WordNet id (n02099601_4.jpg) instead of lying in a label's folder.
    """
    from phototag.app.eval_classify import classify
    from phototag.app.eval_report import classification_html
    from phototag.cli.progress import progress
    from phototag.render.evaluation import classification_tables

    _require("sklearn", *(("jinja2",) if html else ()))
    _refuse_original(session, html)
    with progress(session) as listener:
        report = classify(truth, model, session.settings.with_options(pack=pack), listener)
    if html is not None:
        _write(session, classification_html(report, session.settings), html)
    _show(session, report.to_json(), None if as_json else classification_tables)


def tune(
    session: Session,
    truth: Annotated[
        Path | None,
        typer.Argument(help="A COCO file, a VOC folder or a YOLO folder (or its data.yaml).", show_default=False),
    ] = None,
    corrections: Annotated[
        bool, typer.Option("--corrections", help="Learn from the photos whose boxes you put right, instead.")
    ] = False,
    images: Images = None,
    pack: Pack = None,
    model: Model = None,
    precision: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            max=1.0,
            metavar="P",
            help="Hold this precision (0 to 1) and find what can be found.",
            show_default=False,
        ),
    ] = None,
    f1: Annotated[bool, typer.Option("--f1", help="Balance precision and recall; the default.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the thresholds, and store nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Learn a threshold for each label from photos with boxes, or from your corrections, and keep it in your settings.

    They are used by every query from then on; nothing is indexed again. A label needs five objects to learn from.
    """
    from phototag.app.tune import store_thresholds, tune_labels
    from phototag.errors import UsageError
    from phototag.render.evaluation import tuning_table

    if precision is not None and (f1 or not 0 < precision <= 1):
        raise UsageError("--precision is a number between 0 and 1, without --f1", hint="For example: --precision 0.9")
    if corrections and (truth or images or pack or model):
        raise UsageError("--corrections asks the index: no TRUTH, --images, --pack or --model goes with it")
    detected = _examples(session, truth, images, pack, model) if not corrections else _corrected(session)
    changes = tune_labels(detected, precision)
    if as_json:
        session.print(json.dumps([change.to_json() for change in changes], ensure_ascii=False))
    elif changes:
        session.table(tuning_table([change.to_json() for change in changes]))
    else:
        session.note("No label has enough examples, or gains by another threshold.")
    if changes and not dry_run:
        file = store_thresholds(session.settings, {change.label: change.after for change in changes})
        back = "`phototag config unset thresholds` takes all thresholds of yours back"
        one = f"`phototag config unset {shlex.quote(f'thresholds.{changes[0].label}')}` a single one"
        session.note(f"Stored in {file}, for the labels of {detected.model}. {back}, {one}.")


def _require(*modules: str) -> None:
    """Say before the work, and not after it, that a package is missing which measures or draws."""
    from phototag.errors import UsageError

    if not all(map(find_spec, modules)):
        raise UsageError(
            "`phototag eval` needs an extra that is not installed", hint="Run: pip install 'phototag[eval]'"
        )


def _refuse_original(session: Session, html: Path | None) -> None:
    from phototag.app.originals import refuse_original

    if html is not None:
        refuse_original(html, session.settings)


def _examples(
    session: Session, truth: Path | None, images: Path | None, pack: str | None, model: str | None
) -> "Detected":
    from phototag.app import eval_detect
    from phototag.cli.progress import progress
    from phototag.errors import UsageError

    if truth is None:
        raise UsageError("a TRUTH is missing", hint="Name photos with boxes, or learn from your own: --corrections.")
    with progress(session) as listener:
        return eval_detect.detect(truth, images, model, session.settings.with_options(pack=pack), listener)


def _corrected(session: Session) -> "Detected":
    from phototag.app.corrected import detected_in_corrected
    from phototag.render.text import counted

    detected = detected_in_corrected(session.settings)
    session.note(f"Learning from {counted(len(detected.scenes), 'photo')} that you put right, as they stand now.")
    return detected


def _write(session: Session, page: str, html: Path) -> None:
    from phototag.app.eval_report import write_page

    write_page(page, html)
    session.note(f"wrote {html}")


def _show(
    session: Session, document: dict[str, Any], tables: "Callable[[dict[str, Any]], Iterator[PlainTable]] | None"
) -> None:
    """The measures as tables, or without `tables` as JSON; what is missing from them is told on stderr."""
    if document["left_out"]:
        session.note(f"Left out, for the model or the vocabulary does not have them: {', '.join(document['left_out'])}")
    for problem in document["failed"]:
        session.warn(f"left out: {problem['path']}: {problem['reason']}")
    if tables is None:
        session.print(json.dumps(document, ensure_ascii=False))
        return
    for table in tables(document):
        session.table(table)


def add_to(app: typer.Typer) -> None:
    """Register `eval …`."""
    group = typer.Typer(no_args_is_help=True, help="Measure the models on labelled photos; learn thresholds from them.")
    group.command("detect", no_args_is_help=True)(command(detect))
    group.command("classify", no_args_is_help=True)(command(classify))
    group.command("tune", no_args_is_help=True)(command(tune))
    app.add_typer(group, name="eval")
