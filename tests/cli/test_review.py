"""Going through likely mistakes, with the keys from a pipe."""

import json
import os
import pty
import re
import sqlite3
import subprocess
import sys
import tomllib
from contextlib import closing, suppress
from pathlib import Path

from phototag.settings import load_settings
from tests.cli.conftest import Coco
from tests.conftest import Inside


def corrections(inside: Inside) -> list[tuple[str, str]]:
    return [(one["kind"], Path(one["path"]).name) for one in json.loads(inside("corrections", "--json").out)]


def test_answers_are_corrections(inside: Inside, coco: Coco) -> None:
    told = inside("review", "person", given="y n\nxs\nyq")
    asked = [Path(line.split(" (")[0]).name for line in told.out.splitlines()]
    assert len(asked) == 5
    assert corrections(inside) == [("tag", asked[0]), ("untag", asked[1]), ("tag", asked[3])]
    assert "“x” is no answer" in told.err
    assert "3 answers kept" in told.err
    again = inside("review", "people", given="q")
    assert Path(again.out.split(" (")[0]).name not in (asked[0], asked[1], asked[3])
    inside("undo")
    assert len(corrections(inside)) == 2
    assert asked[1] not in inside("search", "person@0.001").out
    inside("review", "persn", code=2)


def test_twenty_answers_make_a_threshold(inside: Inside, coco: Coco) -> None:
    """With the truth as answers: from the proposed threshold on nearly all are right."""
    query = "SELECT path, max(confidence) FROM v_objects WHERE label = 'person' GROUP BY path"
    with closing(sqlite3.connect(coco.db)) as raw:
        scores = {Path(path).name: score for path, score in raw.execute(query)}
    asked = [Path(line.split(" (")[0]).name for line in inside("review", "person", given="s" * 40).out.splitlines()]
    keys = "".join("y" if scores.get(name, 0.0) > 0.3 else "n" for name in asked[:20])
    told = inside("review", "person", "--precision", "0.8", given=keys + "y")
    assert "precision" in told.out
    assert "are right (it is" in told.out
    settings = load_settings().config_file
    kept = tomllib.loads(settings.read_text("utf-8"))["thresholds"]["person"]
    answers = dict(zip(asked[:20], keys, strict=True))
    told_of = [Path(line).name for line in inside("search", f"person@{kept}").out.splitlines()]
    judged = [answers[name] for name in told_of if name in answers]
    assert judged.count("y") / len(judged) >= 0.75  # the 0.8 asked for are of all photos, estimated from these twenty
    assert inside("search", "person").out


def test_no_threshold_without_consent_or_answers(inside: Inside, coco: Coco) -> None:
    told = inside("review", "person", given="y" * 20)
    assert "are right" in told.out
    assert not load_settings().config_file.exists()
    assert "From 20 answers on" in inside("review", "person", given="nn").err
    assert "is left to ask about" in inside("review", "volcano", given="").err


def test_no_threshold_below_what_is_stored_or_was_looked_at(inside: Inside, coco: Coco) -> None:
    """Whoever says yes to everything is offered what they have seen, not the lowest threshold there is."""
    with closing(sqlite3.connect(coco.db)) as raw, raw:
        raw.execute("UPDATE analyses SET floor = 0.12")
    told = inside("review", "person", given="y" * 21)
    lines = told.out.splitlines()
    seen = [float(score) for line in lines if ".jpg (" in line for score in re.findall(r"\d\.\d\d", line)]
    proposed = float(re.findall(r"from (\S+) on", told.out)[0])
    assert proposed >= max(0.12, min(seen))
    assert ("not single objects" in told.err) == (proposed < float(re.findall(r"it is (\S+) now", told.out)[0]))
    back = re.findall(r"`phototag (config unset thresholds.person)`", told.err)[0]
    inside(*back.split())
    assert "person" not in inside("config", "show", "--json").out
    lowest = min(float(row.split()[0]) for row in lines if re.match(r" +0\.\d+ ", row))
    assert lowest == proposed


def test_on_a_terminal_the_photo_is_named_before_the_question(coco: Coco) -> None:
    """What Python writes as bytes waits in a buffer, even on a terminal; what goes to stderr does not."""
    main, terminal = pty.openpty()
    command = [sys.executable, "-m", "phototag", "review", "person", "--db", str(coco.db)]
    shown = b""
    with subprocess.Popen(command, stdin=terminal, stdout=terminal, stderr=terminal) as process:
        os.close(terminal)
        while b"[y" not in shown:
            shown += os.read(main, 4096)
        while process.poll() is None:  # a key that comes before the terminal is ready for single keys is lost
            os.write(main, b"q")
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.2)
    os.close(main)
    assert b".jpg" in shown.partition(b"person?")[0]
