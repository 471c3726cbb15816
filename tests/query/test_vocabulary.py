"""The vocabulary: what words lead to, what stands above what, and what models' labels become."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phototag.errors import UnknownWordError, UsageError
from phototag.query import quoting
from phototag.query.parser import parse
from phototag.query.resolve import resolve
from phototag.query.tree import Word
from phototag.query.vocabulary import Vocabulary
from phototag.query.words import distance, plural

REPOSITORY = Path(__file__).parents[2]
MODELS = REPOSITORY / "models"
VOCABULARY = Vocabulary.load(MODELS)
NAMES = sorted(VOCABULARY.parents)
REVIEW = tomllib.loads((MODELS / "vocabulary.toml").read_text(encoding="utf-8"))

names = st.sampled_from(NAMES)


def rows(name: str) -> list[list[str]]:
    lines = (MODELS / name).read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if not line.startswith("#")]


COCO = [row[1] for row in rows("labels/coco-80.tsv")]
IMAGENET = [(row[0], row[1]) for row in rows("labels/imagenet-1k.tsv")]


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("cars", "car"),
        ("Car", "car"),
        ("automobile", "car"),
        ("automobiles", "car"),
        ("people", "person"),
        ("persons", "person"),
        ("mice", "mouse"),
        ("computer mouse", "mouse"),
        ("sheep", "sheep"),
        ("TV", "tv"),
        ("television", "tv"),
        ("TVs", "tv"),
        ("cellphone", "cell phone"),
        ("cell-phones", "cell phone"),
        ("cell_phone", "cell phone"),
        ("mobile phones", "cell phone"),
        ("sofa", "couch"),
        ("couches", "couch"),
        ("wolves", "wolf"),
        ("knives", "knife"),
        ("puppies", "puppy"),
        ("birds of prey", "bird of prey"),
        ("hot dogs", "hot dog"),
        ("hotdogs", "hot dog"),
        ("icecream", "ice cream"),
        ("tee shirt", "T-shirt"),
        ("tshirts", "T-shirt"),
        ("pictures", "painting"),
        ("women", "woman"),
        ("snowmen", None),
        ("buses", "bus"),
        ("benches", "bench"),
        ("ski", "skis"),
        ("cherries", "cherry"),
        ("golden  retrievers", "golden retriever"),
        ("GOLDEN RETRIEVER", "golden retriever"),
        ("teddy", "teddy bear"),
        ("fridge", "refrigerator"),
        ("aeroplane", "airplane"),
        ("plane", "airplane"),
        ("instruments", "musical instrument"),
    ],
)
def test_words_that_people_type(word: str, name: str | None) -> None:
    if name is None:
        assert not VOCABULARY.knows(word)
    else:
        assert VOCABULARY.resolve(word) == name


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("Hund", "dog"),
        ("Hunde", "dog"),
        ("Fernseher", "tv"),
        ("KATZEN", "cat"),
        ("chevaux", "horse"),
        ("voitures", "car"),
        ("feux de circulation", "traffic light"),
        ("perros", "dog"),
        ("árboles", None),
        ("relojes", "clock"),
        ("oso de peluche", "teddy bear"),
        ("cerf volant", "kite"),
    ],
)
def test_words_of_other_languages(word: str, name: str | None) -> None:
    assert VOCABULARY.knows(word) == (name is not None)
    if name:
        assert VOCABULARY.resolve(word) == name


def test_every_coco_class_has_a_word_in_each_language() -> None:
    table = {row[0]: row[1:] for row in rows("translations.tsv")}
    assert sorted(table) == sorted(COCO)
    assert all(len(words) == 3 and all(words) for words in table.values())


def test_a_translation_that_means_two_things_is_only_shared_across_languages() -> None:
    for column in (1, 2, 3):
        meant: dict[str, str] = {}
        for row in rows("translations.tsv"):
            for word in row[column].split("|"):
                assert meant.setdefault(word.casefold(), row[0]) == row[0], word


def test_an_unknown_word_names_the_three_nearest() -> None:
    with pytest.raises(UnknownWordError) as caught:
        VOCABULARY.resolve("girrafe")
    assert caught.value.suggestions[0] == "giraffe"
    assert len(caught.value.suggestions) == 3
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("typed", "meant"), [("dgo", "dog"), ("bycicle", "bicycle"), ("elefant", "elephant"), ("umbrela", "umbrella")]
)
def test_suggestions_know_typing_errors(typed: str, meant: str) -> None:
    assert meant in VOCABULARY.suggestions(typed)


def test_any_text_has_at_most_three_suggestions() -> None:
    for text in ("", " ", "x" * 5000, "\0", "DROP TABLE photos", "🐕"):
        assert len(VOCABULARY.suggestions(text)) <= 3


@pytest.mark.parametrize(
    ("below", "above"),
    [
        ("golden retriever", "dog"),
        ("Chihuahua", "dog"),
        ("Siberian husky", "dog"),
        ("dog", "animal"),
        ("tabby", "cat"),
        ("cat", "mammal"),
        ("lion", "big cat"),
        ("sports car", "car"),
        ("train", "vehicle"),
        ("airliner", "airplane"),
        ("ocean liner", "boat"),
        ("bicycle", "vehicle"),
        ("banana", "fruit"),
        ("banana", "food"),
        ("pizza", "food"),
        ("broccoli", "vegetable"),
        ("espresso", "drink"),
        ("couch", "furniture"),
        ("throne", "chair"),
        ("acoustic guitar", "musical instrument"),
        ("grand piano", "musical instrument"),
        ("daisy", "plant"),
        ("agaric", "mushroom"),
        ("church", "building"),
        ("kimono", "clothing"),
        ("stop sign", "sign"),
        ("scuba diver", "person"),
        ("woman", "person"),
        ("crane bird", "crane"),
        ("crane machine", "crane"),
        ("laptop", "electronics"),
        ("microwave", "appliance"),
        ("surfboard", "sports equipment"),
    ],
)
def test_what_stands_below_what(below: str, above: str) -> None:
    assert below in VOCABULARY.below(above)
    assert above in VOCABULARY.ancestors(below)


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("lion", "cat"),
        ("hot dog", "dog"),
        ("teddy bear", "animal"),
        ("crane machine", "animal"),
        ("mouse", "animal"),
        ("banana", "plant"),
        ("missile", "vehicle"),
        ("skateboard", "vehicle"),
        ("shopping cart", "vehicle"),
        ("knife", "weapon"),
        ("Cardigan Welsh corgi", "clothing"),
        ("kite", "bird"),
        ("red panda", "bear"),
    ],
)
def test_what_does_not_stand_below_what(name: str, word: str) -> None:
    assert name in VOCABULARY.parents
    assert word in VOCABULARY.parents
    assert name not in VOCABULARY.below(word)


@pytest.mark.parametrize(
    "word", ["entity", "artifact", "whole", "instrumentality", "physical entity", "placental", "chordate"]
)
def test_words_of_a_taxonomist_are_no_words(word: str) -> None:
    assert not VOCABULARY.knows(word)


def test_every_label_of_coco_is_its_own_name() -> None:
    assert [VOCABULARY.canonical(label) for label in COCO] == COCO


def test_every_label_of_imagenet_is_a_name_or_dropped_with_a_reason() -> None:
    names = [VOCABULARY.canonical(label, identity) for identity, label in IMAGENET]
    dropped = {identity for (identity, _), name in zip(IMAGENET, names, strict=True) if name is None}
    assert dropped == set(REVIEW["drop"])
    assert all(name in VOCABULARY.parents for name in names if name is not None)
    assert names == [VOCABULARY.canonical(identity) for identity, _ in IMAGENET]


def test_every_decision_of_the_review_has_its_reason() -> None:
    text = (MODELS / "vocabulary.toml").read_text(encoding="utf-8")
    renamed = text.split("[rename]\n")[1].split("\n\n")[0].splitlines()
    assert len(renamed) == len(REVIEW["rename"])
    assert all(re.fullmatch(r'n\d{8} = ".+"  # .+: .+', line) for line in renamed)
    assert all(re.fullmatch(r".+: .+", reason) for reason in REVIEW["drop"].values())


def test_labels_that_two_data_sets_use_differently() -> None:
    assert VOCABULARY.canonical("kite") == "kite"
    assert VOCABULARY.canonical("kite", "n01608432") == "kite bird"
    assert VOCABULARY.canonical("crane", "n02012849") == "crane bird"
    assert VOCABULARY.canonical("construction crane", "n03126707") == "crane machine"
    assert VOCABULARY.canonical("cellular telephone") == "cell phone"
    assert VOCABULARY.canonical("great_white_shark") == "great white shark"
    assert VOCABULARY.canonical("tench, Tinca tinca") == "tench"


def test_a_label_of_an_unknown_model_stands_for_itself() -> None:
    assert VOCABULARY.canonical("my_own_thing") == "my own thing"
    assert VOCABULARY.canonical("Automobile") == "car"


@given(names)
def test_a_canonical_name_resolves_to_itself(name: str) -> None:
    assert VOCABULARY.resolve(name) == name
    assert VOCABULARY.resolve(name.upper()) == name
    assert VOCABULARY.resolve(name.replace(" ", "-")) == name
    assert VOCABULARY.resolve(name.replace(" ", "_")) == name


def test_every_plural_resolves_to_its_singular() -> None:
    wrong = {name: plural(name) for name in NAMES if VOCABULARY.resolve(plural(name)) != name}
    assert wrong == {"glass": "glasses"}  # these are worn


def test_every_word_leads_to_a_name() -> None:
    assert set(VOCABULARY.meanings.values()) == set(NAMES)


@given(names, names)
def test_below_and_ancestors_are_inverse(lower: str, upper: str) -> None:
    assert (lower in VOCABULARY.below(upper)) == (upper in VOCABULARY.ancestors(lower))


@given(names)
def test_below_is_closed_downwards(name: str) -> None:
    below = VOCABULARY.below(name)
    assert name in below
    assert all(VOCABULARY.below(lower) <= below for lower in below)


def test_no_name_lies_below_itself() -> None:
    for name in NAMES:
        assert all(name not in VOCABULARY.ancestors(parent) for parent in VOCABULARY.parents[name])
        assert all(parent in VOCABULARY.parents for parent in VOCABULARY.parents[name])


words = st.text("abcd", max_size=7)


@given(words, words)
def test_distance_is_symmetric_and_zero_only_for_the_same(left: str, right: str) -> None:
    steps = distance(left, right, 9)
    assert steps == distance(right, left, 9)
    assert (steps == 0) == (left == right)
    assert distance(left, right, 2) == min(steps, 3)


def test_a_swap_of_neighbours_is_one_step() -> None:
    assert distance("dgo", "dog", 3) == 1
    assert distance("kitten", "sitting", 9) == 3


def write(folder: Path, text: str) -> Path:
    path = folder / "vocabulary.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_user_adds_words(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """
        hide = ["screenshot", "retriever"]
        [synonyms]
        pooch = "dogs"
        hond = "dog"
        Boot = "boat"
        [below]
        Rex = "golden retriever"
        Grandma = ["woman", "family"]
        """,
    )
    own = Vocabulary.load(MODELS, path)
    assert own.resolve("pooch") == own.resolve("hond") == "dog"
    assert own.resolve("boot") == "boat"
    assert "Rex" in own.below("dog")
    assert {"woman", "person", "family"} <= set(own.ancestors("Grandma"))
    assert not own.knows("screenshot")
    assert own.canonical("web site", "n06359193") is None
    assert "retriever" not in own.ancestors("golden retriever")
    assert "dog" in own.ancestors("golden retriever")
    assert VOCABULARY.knows("screenshot")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[synonyms]\npooch = 'dgo'", "dog"),
        ("[below]\ndog = 'beagle'", "circle"),
        ("[below]\nalpha = 'alpha'", "circle"),
        ("[below]\nalpha = 'beta'\nbeta = 'alpha'", "circle"),
        ("[below]\nalpha = 3", "quotes"),
        ("synonyms = 3", "table"),
        ("hide = 'dog'", "list"),
        ("[colours]\nred = 'rot'", "colours"),
        ("hide = [", "vocabulary.toml"),
    ],
)
def test_a_fault_in_the_users_file_is_named(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(UsageError, match=fault) as caught:
        Vocabulary.load(MODELS, write(tmp_path, text))
    assert "vocabulary.toml" in caught.value.message
    assert caught.value.hint


def test_no_file_of_the_user_is_no_fault(tmp_path: Path) -> None:
    assert Vocabulary.load(MODELS, tmp_path / "vocabulary.toml").meanings == VOCABULARY.meanings


def test_an_index_brings_its_own_words() -> None:
    own = VOCABULARY.extended(["Grandma", "dogs", "my dog Rex"])
    assert own.resolve("grandmas") == "Grandma"
    assert own.resolve("my dog rex") == "my dog Rex"
    assert own.below("Grandma") == {"Grandma"}
    assert "dogs" not in own.parents
    assert not VOCABULARY.knows("Grandma")


def test_every_tag_that_the_tagger_is_trained_for_is_a_name() -> None:
    tags = tomllib.loads((REPOSITORY / "scripts" / "train" / "tags.toml").read_text(encoding="utf-8"))["tags"]
    assert [tag for tag in tags if VOCABULARY.canonical(tag) not in VOCABULARY.parents] == []


def test_every_name_can_be_asked_for_as_it_is_written() -> None:
    for name in NAMES:
        for text in (name, quoting.word(name)):
            assert resolve(parse(text, VOCABULARY.knows), VOCABULARY) == Word(name, labels=VOCABULARY.below(name))


@pytest.mark.skipif(not Path("/usr/share/wordnet/data.noun").exists(), reason="WordNet (wordnet-base) is not installed")
def test_the_table_is_what_the_script_makes() -> None:
    script = REPOSITORY / "scripts" / "make_vocabulary.py"
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
