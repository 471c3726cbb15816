"""SQL for what a query asks of a photo's labels and boxes.

Nothing a user wrote becomes SQL: words have become ids of names, and every number and text is a bound parameter.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from phototag.query.boxes import MOSTLY, THIRD, TWO_THIRDS
from phototag.query.conditions import Bounds
from phototag.query.thresholds import Thresholds
from phototag.query.tree import Measure, Place, Relation, RelationKind, Tag, Things, Word
from phototag.store.lexicon import Lexicon
from phototag.types import Task

NEVER = "0"
OVER = "2.0"  # above every confidence


@dataclass(slots=True)
class Parameters:
    """The values of one statement; equal values share a name."""

    values: dict[str, object] = field(default_factory=dict)
    names: dict[tuple[type, object], str] = field(default_factory=dict)

    def add(self, value: object) -> str:
        """Bind `value`, and get the text that stands for it in the statement."""
        key = (type(value), value)
        if key not in self.names:
            self.names[key] = f"p{len(self.names)}"
            self.values[self.names[key]] = value
        return f":{self.names[key]}"


def joined(operator: str, parts: Iterable[str]) -> str:
    """`parts` joined as a balanced tree, so that a thousand of them stay shallow for SQLite's parser."""
    level = list(parts)
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        odd = [level[-1]] if len(level) % 2 else []
        level = [f"({first} {operator} {second})" for first, second in pairs] + odd
    return level[0]


def in_list(column: str, ids: Iterable[int]) -> str:
    """`column` has one of these ids."""
    numbers = [str(int(number)) for number in ids]
    return f"{column} = {numbers[0]}" if len(numbers) == 1 else f"{column} IN ({','.join(numbers)})"


@dataclass(frozen=True, slots=True)
class Leaves:
    """Conditions on a row of `words` or `detections` under a given alias.

    `indexed` conditions let SQLite search the index by name and confidence; the others keep it from doing so, for
    where the photo is already known and its own few rows are the shortest way.
    """

    lexicon: Lexicon
    thresholds: Thresholds
    parameters: Parameters

    def tagged(self, node: Tag | Word, row: str, *, indexed: bool, floor: float | None = None) -> str:
        """The row of `words` says what a tag asks; `floor` is a confidence that is asked for besides."""
        return self._labelled(Task.CLASSIFY, (node.word,), node.confidence, (row, indexed, floor))

    def described(self, things: Things, row: str, *, indexed: bool, floor: float | None = None) -> str:
        """The row of `detections` is what `things` describes, its relation aside."""
        if things.labels is None or things.complement:
            conditions = [self._unlabelled(things, row, floor)]
        else:
            conditions = [self._labelled(Task.DETECT, things.labels, things.confidence, (row, indexed, floor))]
        conditions += [self._measured(measure, row) for measure in things.measures]
        conditions += [self._placed(place, row) for place in things.places]
        return " AND ".join(conditions)

    def own_label(self, row: str) -> str:
        """The row of `words` is a label of the classifier's own, at or above its threshold."""
        return f"{row}.own IS NOT NULL AND {row}.own >= {self._least(Task.CLASSIFY, row, None)}"

    def any_label(self, row: str) -> str:
        """The row of `detections` is at or above its threshold, whatever it shows."""
        return self._unlabelled(Things(None), row, None)

    def boxes_among(self, things: Things, photos: str) -> str:
        """`FROM … WHERE …` for boxes `b` that `things` describes, in the photos of a SELECT of `photo_id`s."""
        related = f" AND {self.related(things.relation, 'b')}" if things.relation else ""
        return (
            f"FROM ({photos}) c CROSS JOIN detections b WHERE {self.own_rows(Task.DETECT, 'b', 'c.photo_id')} "
            f"AND {self.described(things, 'b', indexed=False)}{related}"
        )

    def related(self, relation: Relation, row: str) -> str:
        """The row of `detections` lies so to another row of the same photo."""
        if not self.lexicon.models[Task.DETECT]:
            return NEVER
        geometry = _GEOMETRY[relation.kind].format(a=row, b="o", mostly=self.parameters.add(MOSTLY))
        sized = " JOIN photos q ON q.id = o.photo_id" if "q." in geometry else ""
        return (
            f"EXISTS (SELECT 1 FROM detections o{sized} WHERE o.photo_id = {row}.photo_id "
            f"AND {in_list('o.model_id', self._model_ids(Task.DETECT))} AND o.live AND o.number <> {row}.number "
            f"AND {self.described(relation.other, 'o', indexed=False)} AND {geometry})"
        )

    def own_rows(self, task: Task, row: str, photo: str) -> str:
        """The row is one of the photo's rows that answer queries, found by the table's primary key."""
        models = self._model_ids(task)
        return f"{row}.photo_id = {photo} AND {in_list(f'{row}.model_id', models)} AND {row}.live" if models else NEVER

    def _model_ids(self, task: Task) -> tuple[int, ...]:
        return tuple(number for number, _ in self.lexicon.models[task])

    def _labelled(
        self, task: Task, labels: Iterable[str], asked: float | None, how: tuple[str, bool, float | None]
    ) -> str:
        row, indexed, floor = how
        groups = list(self.lexicon.groups(task, labels, self.thresholds, asked))
        single = len({models for models, _, _ in groups}) == 1 and len(groups[0][0]) == len(self.lexicon.models[task])
        leasts = [threshold if floor is None else max(threshold, floor) for _, _, threshold in groups]
        parts = []
        for (models, names, _), least in zip(groups, leasts, strict=True):
            name = in_list(f"{'' if indexed and len(groups) == 1 else '+'}{row}.name_id", names)
            model = "" if single else f" AND {in_list(f'+{row}.model_id', models)}"
            parts.append(f"{name} AND {row}.confidence >= {self.parameters.add(least)}{model}")
        if not parts:
            return NEVER
        if len(parts) == 1:
            return parts[0]
        either = joined("OR", (f"({part})" for part in parts))
        if not indexed:
            return either
        # SQLite reads the whole index for conditions that `OR` joins, but not for one that each of them implies.
        every = in_list(f"{row}.name_id", sorted({name for _, names, _ in groups for name in names}))
        return f"{every} AND {row}.confidence >= {self.parameters.add(min(leasts))} AND {either}"

    def _unlabelled(self, things: Things, row: str, floor: float | None) -> str:
        """Any label, or any but some."""
        conditions = [f"{row}.confidence >= {self._least(Task.DETECT, row, things.confidence)}"]
        if floor is not None:
            conditions.append(f"{row}.confidence >= {self.parameters.add(floor)}")
        excluded = self.lexicon.ids(things.labels or ()) if things.complement else []
        if excluded:
            conditions.append(f"NOT ({in_list(f'+{row}.name_id', excluded)})")
        return " AND ".join(conditions)

    def _least(self, task: Task, row: str, asked: float | None) -> str:
        """The threshold of whatever label and model the row has."""
        cases = {number: self._least_of(task, (number, name), row, asked) for number, name in self.lexicon.models[task]}
        if len(set(cases.values())) <= 1:
            return next(iter(cases.values()), OVER)
        whens = " ".join(f"WHEN {number} THEN {case}" for number, case in cases.items())
        return f"CASE {row}.model_id {whens} END"

    def _least_of(self, task: Task, known: tuple[int, str], row: str, asked: float | None) -> str:
        model, name = known
        if model in self.lexicon.users:
            return "0"  # the user is always sure
        default = self.parameters.add(self.thresholds.default(task, name, asked))
        other: dict[float, list[int]] = {}
        for label in sorted(self.thresholds.exceptions(name, asked) & self.lexicon.names.keys()):
            other.setdefault(self.thresholds.of(task, name, label, asked), []).append(self.lexicon.names[label])
        if not other:
            return default
        whens = " ".join(
            f"WHEN {in_list(f'{row}.name_id', ids)} THEN {self.parameters.add(value)}" for value, ids in other.items()
        )
        return f"CASE {whens} ELSE {default} END"

    def _measured(self, measure: Measure, row: str) -> str:
        return self.bounded(_MEASURES[measure.dimension].format(a=row), measure.bounds)

    def bounded(self, value: str, bounds: Bounds) -> str:
        """The SQL expression `value` lies in the bounds."""
        conditions = []
        if bounds.low is not None:
            conditions.append(f"{value} {'>' if bounds.low_open else '>='} {self.parameters.add(bounds.low)}")
        if bounds.high is not None:
            conditions.append(f"{value} {'<' if bounds.high_open else '<='} {self.parameters.add(bounds.high)}")
        return " AND ".join(conditions) or "1"

    def _placed(self, place: Place, row: str) -> str:
        third, two_thirds = self.parameters.add(THIRD), self.parameters.add(TWO_THIRDS)
        return _PLACES[place].format(
            x=f"({row}.x1 + {row}.x2) / 2", y=f"({row}.y1 + {row}.y2) / 2", third=third, two_thirds=two_thirds
        )


_MEASURES = {
    "area": "({a}.x2 - {a}.x1) * ({a}.y2 - {a}.y1)",
    "width": "({a}.x2 - {a}.x1)",
    "height": "({a}.y2 - {a}.y1)",
}
_PLACES = {
    Place.LEFT: "{x} < {third}",
    Place.RIGHT: "{x} > {two_thirds}",
    Place.TOP: "{y} < {third}",
    Place.BOTTOM: "{y} > {two_thirds}",
    Place.CENTER: "{x} BETWEEN {third} AND {two_thirds} AND {y} BETWEEN {third} AND {two_thirds}",
}
# The same arithmetic as `phototag.query.boxes`, in the same order, so that both round alike.
_ACROSS = "(min({a}.x2, {b}.x2) - max({a}.x1, {b}.x1))"
_DOWN = "(min({a}.y2, {b}.y2) - max({a}.y1, {b}.y1))"
_COMMON = f"{_ACROSS} > 0 AND {_DOWN} > 0 AND {_ACROSS} * {_DOWN} > 0"
_GAP_ACROSS = "(max({a}.x1 - {b}.x2, {b}.x1 - {a}.x2, 0.0) * q.width)"
_GAP_DOWN = "(max({a}.y1 - {b}.y2, {b}.y1 - {a}.y2, 0.0) * q.height)"


def _diagonal2(box: str) -> str:
    across, down = f"(({{{box}}}.x2 - {{{box}}}.x1) * q.width)", f"(({{{box}}}.y2 - {{{box}}}.y1) * q.height)"
    return f"({across} * {across} + {down} * {down})"


_GEOMETRY = {
    RelationKind.LEFT_OF: "({a}.x1 + {a}.x2) / 2 < {b}.x1",
    RelationKind.RIGHT_OF: "({a}.x1 + {a}.x2) / 2 > {b}.x2",
    RelationKind.ABOVE: "({a}.y1 + {a}.y2) / 2 < {b}.y1",
    RelationKind.BELOW: "({a}.y1 + {a}.y2) / 2 > {b}.y2",
    RelationKind.OVERLAPS: _COMMON,
    RelationKind.INSIDE: f"{_COMMON} AND {_ACROSS} * {_DOWN} >= {{mostly}} * ({_MEASURES['area']})",
    RelationKind.NEAR: f"{_GAP_ACROSS} * {_GAP_ACROSS} + {_GAP_DOWN} * {_GAP_DOWN} "
    f"<= max({_diagonal2('a')}, {_diagonal2('b')}) / 4",
}
