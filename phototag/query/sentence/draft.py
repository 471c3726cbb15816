"""The query in the making: things and filters, which of them are denied, and which are alternatives."""

from dataclasses import dataclass, field

from phototag.query import quoting
from phototag.query.vocabulary import Vocabulary


@dataclass
class Thing:
    """A word of the vocabulary; the rest only goes with words that detectors draw boxes around."""

    word: str
    measure: str = ""
    place: str = ""
    count: str = ""
    relation: str = ""

    @property
    def ends_in_word(self) -> bool:
        """Whether its text ends in a word that could go on."""
        return bool(self.relation) or not (self.measure or self.place or self.count)

    def __str__(self) -> str:
        return quoting.word(self.word) + self.measure + self.place + self.count + self.relation


@dataclass
class Part:
    """A thing or a filter.

    `attached` things say where the one before them is: "a dog *on the beach*"; `listed` ones follow a comma.
    """

    content: Thing | str
    negated: bool = False
    attached: bool = False
    listed: bool = False

    @property
    def listable(self) -> bool:
        """Whether it is but a thing, without a number."""
        return isinstance(self.content, Thing) and not (self.content.count or self.negated or self.attached)

    def __str__(self) -> str:
        text = str(self.content)
        if not self.negated:
            return text
        return f"not ({text})" if " or " in text else f"not {text}"


@dataclass
class Draft:
    """What the sentence has said so far.

    `branches` are joined by "or", the groups in each by "and", and the parts of a group by "or" again: people say "cats
    or dogs with children" and mean either animal, but "cats in 2022 or dogs in 2023" and mean either whole. With `each`
    ("how many dogs and cats") the things that "and" lists are alternatives too.
    """

    vocabulary: Vocabulary
    branches: list[list[list[Part]]] = field(default_factory=lambda: [[]])
    ignored: list[str] = field(default_factory=list)
    negating: bool = False
    denial: str = ""
    carry: bool = False
    alternative: bool = False
    comma: bool = False
    each: bool = False
    joined: bool = False
    all_photos: bool = False  # it speaks of photos, so that without more all of them are meant
    last: Part | None = None

    def actor(self) -> Thing | None:
        """The person or animal that was named last, who may do something; else what was named last."""
        for group in reversed(self.branches[-1]):
            thing = group[-1].content
            if isinstance(thing, Thing) and {"person", "animal"} & set(self.vocabulary.ancestors(thing.word)):
                return thing if self.vocabulary.has_boxes(thing.word) else self.subject
        return self.subject

    @property
    def subject(self) -> Thing | None:
        """The thing that was named last, if boxes can be drawn around it."""
        thing = self.last.content if self.last else None
        return thing if isinstance(thing, Thing) and self.vocabulary.has_boxes(thing.word) else None

    def add(self, content: Thing | str, *, determined: bool = False, attached: bool = False) -> None:
        """Take in a thing or a filter. `determined`: with an article or a number, which ends an earlier “no”."""
        carried = self.carry and not determined and isinstance(content, Thing)
        part = Part(content, self.negating or carried, attached, self.comma)
        branch = self.branches[-1]
        if (self.alternative or self._counted_too(part)) and self.last and not part.negated:
            if self._like_last(part):
                self._gather(branch)
                branch[-1].append(part)
            else:
                self.branches.append([[part]])
        else:
            branch.append([part])
        self.last = part
        self.negating = self.carry = self.alternative = self.comma = self.joined = False

    def _counted_too(self, part: Part) -> bool:
        """Whether the part stands beside the last one in a list of what is counted."""
        return self.each and self.joined and self.last is not None and part.listable and self.last.listable

    @staticmethod
    def _gather(branch: list[list[Part]]) -> None:
        """ "cats, dogs or birds": what the commas join are alternatives too."""
        while len(branch) > 1 and branch[-1][0].listed and isinstance(branch[-1][0].content, Thing):
            if not isinstance(branch[-2][0].content, Thing) or branch[-2][0].negated:
                return
            branch[-2:] = [branch[-2] + branch[-1]]

    def _like_last(self, part: Part) -> bool:
        last = self.last
        if last is None or last.negated or last.attached:
            return False
        return isinstance(part.content, str) == isinstance(last.content, str)

    def join(self, *, comma: bool = False) -> None:
        """ "and", or a comma: an earlier “no” goes on, unless an article or a number follows."""
        self.comma, self.joined = comma, True
        self.carry = bool(self.last and self.last.negated and isinstance(self.last.content, Thing))

    def choose(self) -> None:
        """ "or": after a “no” it denies what follows too."""
        self.join()
        self.alternative = self.last is not None and not self.carry

    def deny(self, denial: str = "no") -> None:
        """ "no", "without", "except"."""
        self.denial = denial
        self.negating = True
        self.alternative = False

    def turn(self) -> None:
        """ "but", "with": an earlier “no” is over, and so is a list."""
        self.carry = self.each = False

    def query(self) -> str:
        """The query's text; empty if nothing was understood."""
        branches = [branch for branch in self.branches if branch]
        alone = len(branches) == 1
        return " or ".join(self._branch(branch, alone=alone) for branch in branches)

    def _branch(self, groups: list[list[Part]], *, alone: bool) -> str:
        parts = {" or ".join(map(str, group)): group for group in groups}
        lone = alone and len(parts) == 1
        text = ""
        before: list[Part] = []
        for written, group in parts.items():
            grouped = len(group) > 1 or (" or " in written and not group[0].negated)
            text += _link(before, group) + (f"({written})" if grouped and not lone else written)
            before = group
        return text


def _link(before: list[Part], group: list[Part]) -> str:
    """What stands between two groups: "and" where two words side by side could be read as one phrase."""
    if not before:
        return ""
    left, right = before[-1].content, group[0]
    if len(before) > 1 or len(group) > 1 or right.negated or not isinstance(right.content, Thing):
        return " "
    return " and " if isinstance(left, Thing) and left.ends_in_word else " "
