"""Small random worlds for the laws of the query language: a vocabulary, photos, thresholds and queries about them."""

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


def _confidence() -> SearchStrategy[float]:
    return st.sampled_from(CONFIDENCES)


def asked() -> SearchStrategy[float | None]:
    """What may stand after `@`."""
    return st.one_of(st.none(), st.none(), _confidence())


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    """A box on a coarse grid, sometimes empty."""
    (x1, x2), (y1, y2) = (sorted(draw(st.tuples(st.sampled_from(EDGES), st.sampled_from(EDGES)))) for _ in "xy")
    return Box(x1, y1, x2, y2)


@st.composite
def detections(draw: st.DrawFn) -> tuple[Detection, ...]:
    """A photo's objects, best first."""
    found = draw(st.lists(st.builds(Detection, st.sampled_from(SEEN), _confidence(), boxes()), max_size=5))
    return tuple(sorted(found, key=lambda one: -one.confidence))


@st.composite
def records(draw: st.DrawFn) -> list[Record]:
    """A library of few photos with distinct paths, some of them not analysed by one model or both."""
    paths = draw(
        st.lists(
            st.tuples(st.sampled_from(ROOTS), st.sampled_from(FOLDERS), st.sampled_from(NAMES)), unique=True, max_size=7
        )
    )
    return [
        draw(_record(b"/".join([root.rstrip(b"/"), *filter(None, (folder, name))]))) for root, folder, name in paths
    ]


@st.composite
def _record(draw: st.DrawFn, path: bytes) -> Record:
    classifier = draw(st.sampled_from((None, *CLASSIFIERS)))
    detector = draw(st.sampled_from((None, *DETECTORS, DETECTORS[0])))
    words = draw(st.dictionaries(st.sampled_from(SEEN), _confidence(), max_size=4)) if classifier else {}
    latitude, longitude = draw(st.sampled_from(PLACES))
    others = []
    for task, names in ((Task.CLASSIFY, CLASSIFIERS), (Task.DETECT, DETECTORS)):
        # What another model said must not count, unless it is asked.
        opinion = draw(st.sampled_from((LOUD, QUIET, None)))
        silent = [name for name in names if name not in (classifier, detector)]
        others += [_opinion(name, task, opinion) for name in silent if opinion]
    return Record(
        path=path,
        width=draw(st.sampled_from((1, 100, 150, 200))),
        height=draw(st.sampled_from((1, 100, 150, 200))),
        metadata=Metadata(
            taken_at=draw(st.sampled_from(TIMES)),
            camera=draw(st.sampled_from(CAMERAS)),
            lens=draw(st.sampled_from((None, "Super 50MM"))),
            latitude=latitude,
            longitude=longitude,
            keywords=tuple(draw(st.lists(st.sampled_from(KEYWORDS), unique=True, max_size=2))),
        ),
        classifier=classifier,
        detector=detector,
        words=tuple(Label(name, confidence) for name, confidence in words.items()),
        detections=draw(detections()) if detector else (),
        copies=draw(st.sampled_from((1, 1, 2, 3))),
        offline=draw(st.booleans()),
        failed=draw(st.booleans()),
        corrected=draw(st.booleans()),
        others=tuple(others),
    )


def _opinion(model: str, task: Task, said: tuple[tuple[Label, ...], tuple[Detection, ...]]) -> Opinion:
    words, found = said
    return Opinion(model, task, words if task is Task.CLASSIFY else (), found if task is Task.DETECT else ())


def thresholds() -> SearchStrategy[Thresholds]:
    """Thresholds from every source: the run, the user, and the catalog for some of the models."""
    per_label = st.dictionaries(st.sampled_from(SEEN), _confidence(), max_size=2)
    model = st.builds(ModelThresholds, _confidence(), per_label)
    models = st.dictionaries(st.sampled_from(CLASSIFIERS + DETECTORS), model)
    return st.builds(Thresholds, st.one_of(st.none(), st.none(), _confidence()), per_label, models)


def fractions() -> SearchStrategy[Bounds]:
    """A range of fractions."""
    one = st.sampled_from((0.0, 0.05, 0.1, 0.25, 0.5, 1.0))
    return st.one_of(
        st.builds(Bounds, one, st.none(), st.booleans()),
        st.builds(Bounds, st.none(), one, st.just(False), st.booleans()),
        st.tuples(one, one).map(lambda ends: Bounds(min(ends), max(ends))),
    )


@st.composite
def things(draw: st.DrawFn, relation: bool = True) -> Things:
    """A description of boxes."""
    measures = draw(st.lists(st.builds(Measure, st.sampled_from(("area", "width", "height")), fractions()), max_size=1))
    places = draw(st.lists(st.sampled_from(Place), max_size=1))
    related = (
        draw(st.one_of(st.none(), st.builds(Relation, st.sampled_from(RelationKind), things(relation=False))))
        if relation
        else None
    )
    word = draw(st.sampled_from((None, *WORDS)))
    return Things(word, draw(asked()), tuple(measures), tuple(places), related)


@st.composite
def counts(draw: st.DrawFn) -> Count:
    """A number of boxes."""
    low, high = draw(st.sampled_from(((1, None), (1, None), (0, 0), (2, None), (0, 1), (1, 1), (0, None), (1, 3))))
    return Count(draw(things()), low, high)


def leaves() -> SearchStrategy[Node]:
    """A query of one term."""
    word = st.sampled_from(WORDS)
    return st.one_of(
        st.builds(Word, word, asked()),
        st.builds(Word, word, asked()),
        st.builds(Tag, word, asked()),
        counts(),
        counts(),
        st.builds(Only, st.lists(word, min_size=1, max_size=2).map(tuple)),
        st.sampled_from(FILTERS),
    )


def _flat(kind: type[And] | type[Or], parts: list[Node]) -> tuple[Node, ...]:
    """Parts as the parser leaves them: an `and` directly in an `and` is one."""
    return tuple(inner for part in parts for inner in (part.parts if isinstance(part, kind) else (part,)))


def queries() -> SearchStrategy[Node]:
    """A query of several parts; now and then it says which models to ask."""
    models = st.sampled_from((("quick",), ("slow",), ("coarse",), ("slow", "fine")))
    asking = st.builds(
        lambda names, node: And(_flat(And, [*(Filter("model", name) for name in names), node])), models, nodes()
    )
    return st.one_of(nodes(), nodes(), asking)


@st.composite
def nodes(draw: st.DrawFn, depth: int = 2) -> Node:
    """A query, as the parser would make it."""
    kind = draw(st.sampled_from((None, And, Or, Not))) if depth else None
    if kind is None:
        return draw(leaves())
    if kind is Not:
        return Not(draw(nodes(depth - 1)))
    parts = draw(st.lists(nodes(depth - 1), min_size=2, max_size=3))
    return And(_flat(And, parts)) if kind is And else Or(_flat(Or, parts))
