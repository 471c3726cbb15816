"""Small random worlds for the laws of the query language: a vocabulary, photos, thresholds and queries about them."""

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from phototag.geometry import Box
from phototag.query.conditions import Bounds
from phototag.query.record import Opinion, Record
from phototag.query.thresholds import ModelThresholds, Thresholds
from phototag.query.tree import (
    And,
    Count,
    Filter,
    Measure,
    Node,
    Not,
    Only,
    Or,
    Place,
    Relation,
    RelationKind,
    Tag,
    Things,
    Word,
)
from phototag.query.vocabulary import Vocabulary
from phototag.types import Detection, Label, Metadata, Task

PARENTS: dict[str, tuple[str, ...]] = {
    "animal": (),
    "dog": ("animal",),
    "golden retriever": ("dog",),
    "cat": ("animal",),
    "person": (),
    "car": (),
    "unicorn": (),
}
VOCABULARY = Vocabulary(PARENTS, {name: name for name in PARENTS})
WORDS = tuple(PARENTS)
SEEN = tuple(word for word in WORDS if word != "unicorn")  # a word that is known, but absent in every index
CLASSIFIERS, DETECTORS = ("coarse", "fine"), ("quick", "slow")

# Few distinct numbers, so that values meet thresholds exactly and scores tie.
CONFIDENCES = (0.0, 0.1, 0.25, 0.3, 0.5, 0.7, 0.9, 1.0)
EDGES = (0.0, 0.1, 1 / 3, 0.4, 0.5, 2 / 3, 0.75, 1.0)
CAMERAS = (None, "iPhone 12", "CANON EOS", "O\"Brien's %_ camera", "Kaméra")
KEYWORDS = ("Holiday", "new york", "STRASSE", "holidays")
NAMES = (
    b"a.jpg",
    b"b.JPG",
    b"holiday.heic",
    b"caf\xe9.jpeg",
    b"quote'\"; DROP.png",
    b"new\nline",
    "\N{CAT}.jpg".encode(),
)
FOLDERS = (b"", b"2024", b"2024/Holiday", b"caf\xe9", b"2024.old")
ROOTS = (b"/", b"/photos", b"/photos/more\xff")
TIMES = (
    None,
    "2023-12-31T23:59:59",
    "2024-01-01T00:00:00",
    "2024-02-29T12:30:00",
    "2024-06-15T18:05:09",
    "2024-07-01T04:00:00",
)
PLACES = ((None, None), (48.85, 2.35), (48.9, 2.3), (-33.9, 151.2), (0.0, 179.99), (0.0, -179.99), (90.0, 0.0))

FILTERS = (
    Filter("taken", "2024"),
    Filter("taken", "2024-02..2024-06"),
    Filter("taken", "..2023"),
    Filter("since", "2024-06-15"),
    Filter("before", "2024"),
    Filter("weekday", "weekend"),
    Filter("weekday", "fri..mon"),
    Filter("hour", "18"),
    Filter("hour", "22..4"),
    Filter("camera", "IPHONE"),
    Filter("camera", "é"),
    Filter("camera", "%_"),
    Filter("lens", "50mm"),
    Filter("keyword", "HOLIDAY"),
    Filter("keyword", "New  York"),
    Filter("keyword", "straße"),
    Filter("near", "48.85,2.35,10km"),
    Filter("near", "0,180,500m"),
    Filter("near", "0,180,5km"),
    Filter("has", "gps"),
    Filter("has", "date"),
    Filter("has", "camera"),
    Filter("has", "keyword"),
    Filter("path", "holiday"),
    Filter("path", "2024/"),
    Filter("path", "'\"; drop"),
    Filter("folder", "2024"),
    Filter("ext", "jpg"),
    Filter("ext", "heic"),
    Filter("width", ">100"),
    Filter("height", "=100..200"),
    Filter("megapixels", ">=0.01"),
    Filter("orientation", "portrait"),
    Filter("orientation", "square"),
    Filter("is", "duplicate"),
    Filter("is", "failed"),
    Filter("is", "corrected"),
    Filter("is", "offline"),
)


LOUD = (Label("dog", 1.0), Label("car", 1.0)), (Detection("person", 1.0, Box(0.0, 0.0, 1.0, 1.0)),) * 3
QUIET = (Label("animal", 0.3),), (Detection("dog", 0.5, Box(0.0, 0.0, 0.4, 0.5)),)


# Every strategy is made once: to make and check them anew for each example took most of the time of the tests.
_CONFIDENCE = st.sampled_from(CONFIDENCES)
_ASKED = st.one_of(st.none(), st.none(), _CONFIDENCE)  # what may stand after `@`
_EDGES = st.tuples(st.sampled_from(EDGES), st.sampled_from(EDGES)).map(sorted)
_WORD = st.sampled_from(WORDS)
_SEEN = st.sampled_from(SEEN)

# A box on a coarse grid, sometimes empty; a photo's objects, best first.
_BOX = st.builds(lambda x, y: Box(x[0], y[0], x[1], y[1]), _EDGES, _EDGES)
_DETECTIONS = st.lists(st.builds(Detection, _SEEN, _CONFIDENCE, _BOX), max_size=5).map(
    lambda found: tuple(sorted(found, key=lambda one: -one.confidence))
)
_METADATA = st.builds(
    lambda place, taken, camera, lens, keywords: Metadata(
        taken_at=taken, camera=camera, lens=lens, latitude=place[0], longitude=place[1], keywords=tuple(keywords)
    ),
    st.sampled_from(PLACES),
    st.sampled_from(TIMES),
    st.sampled_from(CAMERAS),
    st.sampled_from((None, "Super 50MM")),
    st.lists(st.sampled_from(KEYWORDS), unique=True, max_size=2),
)
_MODELS = st.tuples(st.sampled_from((None, *CLASSIFIERS)), st.sampled_from((None, *DETECTORS, DETECTORS[0])))
_FLAGS = st.fixed_dictionaries(
    {
        "width": st.sampled_from((1, 100, 150, 200)),
        "height": st.sampled_from((1, 100, 150, 200)),
        "copies": st.sampled_from((1, 1, 2, 3)),
        "offline": st.booleans(),
        "failed": st.booleans(),
        "corrected": st.booleans(),
    }
)
_PATH = st.tuples(st.sampled_from(ROOTS), st.sampled_from(FOLDERS), st.sampled_from(NAMES)).map(
    lambda path: b"/".join([path[0].rstrip(b"/"), *filter(None, path[1:])])
)


def _opinion(model: str, task: Task, said: tuple[tuple[Label, ...], tuple[Detection, ...]]) -> Opinion:
    words, found = said
    return Opinion(model, task, words if task is Task.CLASSIFY else (), found if task is Task.DETECT else ())


def _others(models: tuple[str | None, str | None], *opinions: Any) -> tuple[Opinion, ...]:
    """What the models that do not answer say: it must not count, unless they are asked."""
    both = ((Task.CLASSIFY, CLASSIFIERS, opinions[0]), (Task.DETECT, DETECTORS, opinions[1]))
    return tuple(
        _opinion(name, task, opinion)
        for task, names, opinion in both
        if opinion
        for name in names
        if name not in models
    )


def _photo(
    models: tuple[str | None, str | None],
    findings: tuple[dict[str, float], tuple[Detection, ...]],
    others: tuple[Any, Any],
    metadata: Metadata,
    flags: dict[str, Any],
) -> Record:
    words, found = findings
    return Record(
        path=b"",
        metadata=metadata,
        classifier=models[0],
        detector=models[1],
        words=tuple(Label(name, confidence) for name, confidence in words.items()) if models[0] else (),
        detections=found if models[1] else (),
        others=_others(models, *others),
        **flags,
    )


_OTHERS = st.sampled_from((LOUD, QUIET, None))
_RECORD = st.builds(
    _photo,
    _MODELS,
    st.tuples(st.dictionaries(_SEEN, _CONFIDENCE, max_size=4), _DETECTIONS),
    st.tuples(_OTHERS, _OTHERS),
    _METADATA,
    _FLAGS,
)
_RECORDS = st.lists(st.tuples(_PATH, _RECORD), unique_by=lambda pair: pair[0], max_size=7).map(
    lambda pairs: [replace(record, path=path) for path, record in pairs]
)

_PER_LABEL = st.dictionaries(_SEEN, _CONFIDENCE, max_size=2)
_THRESHOLDS = st.builds(
    Thresholds,
    _ASKED,
    _PER_LABEL,
    st.dictionaries(st.sampled_from(CLASSIFIERS + DETECTORS), st.builds(ModelThresholds, _CONFIDENCE, _PER_LABEL)),
)

_PART = st.sampled_from((0.0, 0.05, 0.1, 0.25, 0.5, 1.0))
_FRACTIONS = st.one_of(
    st.builds(Bounds, _PART, st.none(), st.booleans()),
    st.builds(Bounds, st.none(), _PART, st.just(False), st.booleans()),
    st.tuples(_PART, _PART).map(lambda ends: Bounds(min(ends), max(ends))),
)


def _things(relation: SearchStrategy[Relation | None]) -> SearchStrategy[Things]:
    measure = st.builds(Measure, st.sampled_from(("area", "width", "height")), _FRACTIONS)
    return st.builds(
        Things,
        st.sampled_from((None, *WORDS)),
        _ASKED,
        st.lists(measure, max_size=1).map(tuple),
        st.lists(st.sampled_from(Place), max_size=1).map(tuple),
        relation,
    )


_THINGS = _things(st.one_of(st.none(), st.builds(Relation, st.sampled_from(RelationKind), _things(st.none()))))
_LIMITS = st.sampled_from(((1, None), (1, None), (0, 0), (2, None), (0, 1), (1, 1), (0, None), (1, 3)))
_COUNT = st.builds(lambda things, limits: Count(things, *limits), _THINGS, _LIMITS)
_LEAF: SearchStrategy[Node] = st.one_of(
    st.builds(Word, _WORD, _ASKED),
    st.builds(Word, _WORD, _ASKED),
    st.builds(Tag, _WORD, _ASKED),
    _COUNT,
    _COUNT,
    st.builds(Only, st.lists(_WORD, min_size=1, max_size=2).map(tuple)),
    st.sampled_from(FILTERS),
)


def _flat(kind: type[And] | type[Or], parts: list[Node]) -> Node:
    """Parts as the parser leaves them: an `and` directly in an `and` is one."""
    return kind(tuple(inner for part in parts for inner in (part.parts if isinstance(part, kind) else (part,))))


def _joined(inside: SearchStrategy[Node]) -> SearchStrategy[Node]:
    several = st.lists(inside, min_size=2, max_size=3)
    either = st.one_of(several.map(lambda parts: _flat(And, parts)), several.map(lambda parts: _flat(Or, parts)))
    return st.one_of(_LEAF, either, either, st.builds(Not, inside))


_NODE = _joined(_joined(_LEAF))
_ASKING = st.builds(
    lambda names, node: _flat(And, [*(Filter("model", name) for name in names), node]),
    st.sampled_from((("quick",), ("slow",), ("fine",), ("slow", "fine"))),
    _NODE,
)
_QUERY = st.one_of(_NODE, _NODE, _ASKING)


def records() -> SearchStrategy[list[Record]]:
    """A library of few photos with distinct paths, some of them not analysed by one model or both."""
    return _RECORDS


def thresholds() -> SearchStrategy[Thresholds]:
    """Thresholds from every source: the run, the user, and the catalog for some of the models."""
    return _THRESHOLDS


def nodes() -> SearchStrategy[Node]:
    """A query of up to nine terms, as the parser would make it."""
    return _NODE


def queries() -> SearchStrategy[Node]:
    """The same; now and then it says which models to ask."""
    return _QUERY
