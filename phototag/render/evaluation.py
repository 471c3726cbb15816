"""The measures of a model as tables for a person, from the documents that `--json` prints."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from phototag.render.tables import PlainTable, rows_table

SHOWN_MISTAKES = 12
MEASURES = {
    "AP": "AP, mean over IoU 0.50 to 0.95",
    "AP50": "AP at IoU 0.50",
    "AP75": "AP at IoU 0.75",
    "AP_small": "AP of small objects, below 32 x 32 pixels",
    "AP_medium": "AP of medium objects",
    "AP_large": "AP of large objects, from 96 x 96 pixels on",
    "precision": "precision at the thresholds in use",
    "recall": "recall at the thresholds in use",
    "f1": "F1 at the thresholds in use",
}
ANSWERS = {
    "top1": "the first answer is right",
    "top5": "one of the first five answers is right",
    "everyday": "right in everyday words (“dog” for a beagle)",
    "macro_f1": "F1, mean over the labels",
    "ece": "calibration error: confidence and truth differ by",
}
LABEL_COLUMNS = (
    ("label", "left"),
    ("AP", "right"),
    ("threshold", "right"),
    ("precision", "right"),
    ("recall", "right"),
    ("F1", "right"),
    ("objects", "right"),
    ("counted", "right"),
    ("off by, a photo", "right"),
)


def detection_tables(document: Mapping[str, Any]) -> Iterator[PlainTable]:
    """The summary, a row a label, and the most frequent mistakes."""
    yield rows_table(
        ((f"{document['model']}, {document['photos']:,} photos", "left"), ("%", "right")),
        ((told, percent(document[name])) for name, told in MEASURES.items()),
    )
    yield rows_table(
        LABEL_COLUMNS,
        label_rows(document),
    )
    yield rows_table((("there is", "left"), ("said", "left"), ("times", "right")), mistakes(document))


def classification_tables(document: Mapping[str, Any], most: int = SHOWN_MISTAKES) -> Iterator[PlainTable]:
    """The summary, the labels with the smallest F1, and the most frequent mistakes."""
    yield rows_table(
        ((f"{document['model']}, {document['photos']:,} photos", "left"), ("%", "right")),
        ((told, percent(document[name])) for name, told in ANSWERS.items()),
    )
    worst = sorted(document["labels"], key=lambda row: (row["f1"], row["label"]))[:most]
    yield rows_table(
        (("hardest labels", "left"), ("photos", "right"), ("precision", "right"), ("recall", "right"), ("F1", "right")),
        (
            (r["label"], f"{r['photos']:,}", *(percent(r[name]) for name in ("precision", "recall", "f1")))
            for r in worst
        ),
    )
    yield rows_table((("it is", "left"), ("said", "left"), ("times", "right")), mistakes(document))


def label_rows(document: Mapping[str, Any]) -> Sequence[Sequence[object]]:
    """A row of `LABEL_COLUMNS` for each label that is there or was said, and one for all of them."""
    met = [row for row in document["labels"] if row["AP"] is not None or row["counts"]["found"]]
    return [*(_label_row(row) for row in met), _total_row(document)]


def tuning_table(changes: Sequence[Mapping[str, Any]]) -> PlainTable:
    """A row a label: its threshold and F1 before and after."""
    return rows_table(
        (
            ("label", "left"),
            ("objects", "right"),
            ("threshold before", "right"),
            ("after", "right"),
            ("F1 before", "right"),
            ("after", "right"),
        ),
        (
            (
                c["label"],
                f"{c['objects']:,}",
                f"{c['before']:.2f}",
                f"{c['after']:.2f}",
                percent(c["f1_before"]),
                percent(c["f1_after"]),
            )
            for c in changes
        ),
    )


def mistakes(document: Mapping[str, Any], most: int = SHOWN_MISTAKES) -> Sequence[Sequence[object]]:
    """(what is there, what was said, how often) of the most frequent mistakes; background stands for nothing."""
    wrong = [entry for entry in document["confusion"] if entry["truth"] != entry["found"]]
    return [(e["truth"] or "background", e["found"] or "background", f"{e['number']:,}") for e in wrong[:most]]


def percent(value: float | None) -> str:
    """One digit after the point; nothing for what is unknown."""
    return "" if value is None else f"{value:.1f}"


def _label_row(row: Mapping[str, Any]) -> Sequence[object]:
    threshold = "" if row["threshold"] is None else f"{row['threshold']:.2f}"
    return (row["label"], percent(row["AP"]), threshold, *_common(row))


def _total_row(document: Mapping[str, Any]) -> Sequence[object]:
    return ("all", percent(document["AP"]), "", *_common(document))


def _common(row: Mapping[str, Any]) -> Sequence[object]:
    counts = row["counts"]
    rates = (percent(row[name]) for name in ("precision", "recall", "f1"))
    return (*rates, f"{counts['objects']:,}", f"{counts['found']:,}", f"{counts['error_per_photo']:.2f}")
