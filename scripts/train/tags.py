"""The tagger's vocabulary (tags.toml), and which tags a label of each data set implies."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

TAGS = Path(__file__).with_name("tags.toml")
SMALLEST_SHARE = 0.015  # of the photo; a COCO object below it is neither a tag nor its absence
ADE_FROM, ADE_FULL = 0.03, 0.15  # share of the photo at which a segmented class begins to be a tag, and is one


@dataclass(frozen=True, slots=True)
class Tag:
    """One hashtag: its name, WordNet 3.0 noun synset (`n02084071`) and the labels that imply it."""

    name: str
    synset: str
    group: str
    imagenet: frozenset[str] = field(default_factory=frozenset)  # wnids, those below the synset included
    caltech: frozenset[str] = field(default_factory=frozenset)
    coco: frozenset[str] = field(default_factory=frozenset)
    ade: frozenset[str] = field(default_factory=frozenset)
    folder: frozenset[str] = field(default_factory=frozenset)

    def from_class(self, label: str) -> bool:
        """Whether a class label (wnid, Caltech-101 folder or plain folder) implies this tag."""
        return label in self.imagenet or label in self.caltech or label in self.folder


def hypernyms(wordnet: Path) -> dict[str, list[str]]:
    """For each noun synset the ones right above it, from WordNet's `data.noun` (format: wndb(5))."""
    above = {}
    with (wordnet / "data.noun").open(encoding="latin-1") as lines:
        for line in lines:
            if line.startswith("  "):
                continue
            words = line.split("|", 1)[0].split()
            pointers = words[5 + 2 * int(words[3], 16) :]
            above["n" + words[0]] = ["n" + pointers[i + 1] for i, w in enumerate(pointers) if w in ("@", "@i")]
    return above


def closure(synset: str, above: dict[str, list[str]]) -> set[str]:
    """A synset and everything above it."""
    found: set[str] = set()
    todo = [synset]
    while todo:
        one = todo.pop()
        if one not in found:
            found.add(one)
            todo += above.get(one, [])
    return found


def load(wnids: list[str], wordnet: Path, path: Path = TAGS) -> list[Tag]:
    """The tags in file order, which is the order of the model's outputs; `wnids` are the ImageNet classes to place."""
    above = hypernyms(wordnet)
    closures = {wnid: closure(wnid, above) for wnid in wnids}
    tags = []
    for name, entry in tomllib.loads(path.read_text())["tags"].items():
        below = {wnid for wnid in wnids if entry["synset"] in closures[wnid]}
        imagenet = (below | set(entry.get("imagenet", []))) - set(entry.get("without", []))
        rest = {key: frozenset(entry.get(key, [])) for key in ("caltech", "coco", "ade", "folder")}
        tags.append(Tag(name, entry["synset"], entry["group"], frozenset(imagenet), **rest))
    return tags


def of_class(tags: list[Tag], label: str) -> NDArray[np.bool_]:
    """Which tags a class label implies, [tags]."""
    return np.array([tag.from_class(label) for tag in tags])


def of_objects(tags: list[Tag], names: list[str], shares: list[float]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """From all objects of a photo and the shares of it that they cover: (tag present 0/1, whether that is certain)."""
    present = np.zeros(len(tags), np.float32)
    certain = np.array([bool(tag.coco) for tag in tags])
    for k, tag in enumerate(tags):
        covered = [share for name, share in zip(names, shares, strict=True) if name in tag.coco]
        if covered and max(covered) >= SMALLEST_SHARE:
            present[k] = 1
        elif covered:
            certain[k] = False
    return present, certain


def of_segments(tags: list[Tag], shares: dict[str, float]) -> NDArray[np.float32]:
    """From the share of the photo that each ADE20K class covers: how much each tag is one, 0..1."""
    covered = np.array([sum(shares.get(name, 0.0) for name in tag.ade) for tag in tags], np.float32)
    return ((covered - ADE_FROM) / (ADE_FULL - ADE_FROM)).clip(0, 1)
