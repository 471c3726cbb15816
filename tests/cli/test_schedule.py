"""`phototag schedule` with a crontab program that speaks as Debian's does, and without any scheduler."""

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.conftest import Inside, Run

CRONTAB = """#!/bin/sh
tab="$(dirname "$0")/tab"
[ -e "$tab.broken" ] && { echo "crontab: no idea what you mean" >&2; exit 1; }
case "$1" in
  -l) [ -e "$tab" ] || { echo "no crontab for $(id -un)" >&2; exit 1; }; cat "$tab" ;;
  -) cat > "$tab.new"
     grep -q refuse-me "$tab.new" && { echo "errors in crontab file" >&2; exit 1; }
     mv "$tab.new" "$tab" ;;
  *) exit 2 ;;
esac
"""
FOREIGN = (
    b'# mine\nMAILTO=me@example.org\n\n*/5   *  * * *    /usr/bin/foo   --x "a b"   # phototag\n'
    b"0 7 * * Mon-Fri\ttab\tseparated % input\n#30 3 * * * off\n30 25 * * * wrong, and kept\n"
    b"\xe9\xff # phototag-00000000\n"
)


@pytest.fixture(autouse=True)
def _no_scheduler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No systemd of the user answers, and of the machine's programs only these are found."""
    monkeypatch.setenv("PHOTOTAG_DB", str(tmp_path / "index.db"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "nothing"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("sh", "cat", "mv", "grep", "id", "dirname", "nice", "tee"):
        (folder / name).symlink_to(shutil.which(name) or "")
    monkeypatch.setenv("PATH", str(folder))


@pytest.fixture
def tab(tmp_path: Path) -> Path:
    """The crontab of a `crontab` program on the PATH."""
    program = tmp_path / "bin" / "crontab"
    program.write_text(CRONTAB)
    program.chmod(0o755)
    return tmp_path / "bin" / "tab"


def test_only_its_own_entry_is_touched(inside: Inside, tab: Path, tmp_path: Path) -> None:
    tab.write_bytes(FOREIGN)
    inside("schedule", "install", "--every", "6h")
    first = tab.read_bytes()
    assert first.startswith(FOREIGN)
    [own] = first[len(FOREIGN) :].splitlines()
    assert own.startswith(b"0 */6 * * * nice -n 10 ")
    assert b"--db " + os.fsencode(tmp_path / "index.db") in own
    [entry] = json.loads(inside("schedule", "status", "--json").out)["entries"]
    assert (entry["scheduler"], entry["active"], entry["text"]) == ("cron", True, [own.decode()])
    inside("--db", str(tmp_path / "other.db"), "schedule", "install", "--at", "4:05")
    both = tab.read_bytes()
    assert "a schedule already" in inside("schedule", "install", code=2).err
    assert tab.read_bytes() == both
    inside("schedule", "install", "--replace")
    assert own not in tab.read_bytes()
    inside("schedule", "remove")
    assert tab.read_bytes().splitlines()[:-1] == FOREIGN.splitlines()
    inside("--db", str(tmp_path / "other.db"), "schedule", "remove")
    assert tab.read_bytes() == FOREIGN
    assert "there was no schedule" in inside("schedule", "remove").err
    assert tab.read_bytes() == FOREIGN


def test_two_lines_of_its_own_are_told_and_mended(inside: Inside, tab: Path) -> None:
    inside("schedule", "install")
    line = tab.read_bytes()
    tab.write_bytes(line + b"# between\n" + line)
    found = inside("schedule", "status")
    assert found.out.count("schedule run") == 2
    tab.write_bytes(b"#" + line)
    [entry] = json.loads(inside("schedule", "status", "--json").out)["entries"]
    assert (entry["active"], "comment" in entry["advice"] or "daemon" in entry["advice"]) == (False, True)
    tab.write_bytes(line + b"# between\n" + line)
    inside("schedule", "install", "--replace", "--at", "5:00")
    assert tab.read_bytes().splitlines()[0] == b"# between"
    assert len(tab.read_bytes().splitlines()) == 2


def test_print_changes_nothing(inside: Inside, tab: Path) -> None:
    assert inside("schedule", "install", "--print", "--every", "30m").out.startswith("*/30 * * * * ")
    assert not tab.exists()


def test_without_a_scheduler_the_line_is_printed(inside: Inside) -> None:
    done = inside("schedule", "install", code=1)
    assert done.out.startswith("30 3 * * * ")
    assert "nothing was installed" in done.err
    assert "there is no schedule" in inside("schedule", "status").err
    assert "no systemd of yours answers" in inside("schedule", "install", "--using", "systemd", code=2).err
    assert "no program `crontab`" in inside("schedule", "install", "--using", "cron", code=2).err


def test_a_crontab_that_is_not_understood_is_left_alone(inside: Inside, tab: Path) -> None:
    tab.write_bytes(FOREIGN)
    tab.with_name("tab.broken").touch()
    assert "no idea what you mean" in inside("schedule", "install", code=1).err
    checks = json.loads(inside("doctor", "--json").out)
    assert [check["state"] for check in checks if check["name"] == "schedule"] == ["note"]
    tab.with_name("tab.broken").unlink()
    assert tab.read_bytes() == FOREIGN
    tab.write_bytes(FOREIGN + b"refuse-me\n")
    assert "errors in crontab file" in inside("schedule", "install", code=1).err
    assert tab.read_bytes() == FOREIGN + b"refuse-me\n"


def test_files_of_systemd_that_phototag_did_not_write_are_left_alone(inside: Inside, tmp_path: Path, tab: Path) -> None:
    folder = tmp_path / "xdg" / "systemd" / "user"
    folder.mkdir(parents=True)
    inside("schedule", "install")
    name = tab.read_text("utf-8").split()[-1]
    (folder / f"{name}.timer").write_text("[Timer]\n# mine\n")
    inside("schedule", "remove")
    assert (folder / f"{name}.timer").read_text() == "[Timer]\n# mine\n"
    assert tab.read_bytes() == b""


def test_on_change_must_be_a_program(inside: Inside, tab: Path) -> None:
    assert "no program “nowhere”" in inside("schedule", "install", "--on-change", "nowhere -x", code=2).err
    assert "quotes" in inside("schedule", "install", "--on-change", "tee 'x", code=2).err
    assert not tab.exists()


def test_a_run_indexes_refreshes_albums_and_tells(phototag: Run, gallery: Path, tmp_path: Path) -> None:
    phototag("index", gallery)
    phototag("album", "people", "person", "--out", tmp_path / "albums")
    phototag("album", "gone", "person", "--out", tmp_path / "albums")
    shutil.rmtree(tmp_path / "albums" / "gone")
    (gallery / "walk.png").rename(gallery / "stroll.png")
    report = tmp_path / "with blank.json"
    done = phototag("schedule", "run", "--on-change", f"tee '{report}'")
    assert (done.stdout, done.stderr) == (b"", b"")
    assert json.loads(report.read_bytes())["moved"] == 1
    assert (tmp_path / "albums" / "people" / "stroll.png").exists()
    log = Path(os.environ["PHOTOTAG_DATA_DIR"]) / "logs" / "schedule.log"
    text = log.read_text("utf-8")
    assert "1 moved" in text
    assert "the album" in text
    assert (log.stat().st_mode & 0o777, log.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    report.unlink()
    phototag("schedule", "run", "--on-change", f"tee '{report}'")  # nothing new: nobody is told
    assert not report.exists()
    assert log.read_text("utf-8").count("is gone, and forgotten") == 1  # then it is forgotten


def test_a_failing_program_is_told_and_the_index_is_up_to_date(phototag: Run, gallery: Path) -> None:
    done = phototag("index", gallery, "--on-change", "cat /nowhere", code=1)
    assert b"failed: it ended with 1" in done.stderr
    assert b"No such file" in done.stderr
    assert phototag("search", "object:dog").stdout.strip().endswith(b"walk.png")


def test_an_overlapping_run_ends_quietly(phototag: Run, gallery: Path, tmp_path: Path) -> None:
    from phototag.store.lock import writer_lock

    phototag("index", gallery)
    with writer_lock(tmp_path / "index.db"):
        done = phototag("schedule", "run", code=75)
    assert (done.stdout, done.stderr) == (b"", b"")
    log = Path(os.environ["PHOTOTAG_DATA_DIR"]) / "logs" / "schedule.log"
    assert "nothing was done: the index is locked" in log.read_text("utf-8")


def test_the_log_does_not_grow_for_ever(tmp_path: Path) -> None:
    from phototag.app.schedule.run import LOG_BYTES, LOG_FILES, open_log

    path = tmp_path / "logs" / "schedule.log"
    with open_log(path) as log:
        for _ in range(LOG_FILES + 3):
            log.info("x" * (LOG_BYTES - 100))
    files = sorted(path.parent.iterdir())
    assert [file.name for file in files] == ["schedule.log", *(f"schedule.log.{n}" for n in range(1, LOG_FILES + 1))]
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
