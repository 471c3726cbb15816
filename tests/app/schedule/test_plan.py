"""When a schedule runs, and how each scheduler writes it."""

import shutil
import subprocess
from pathlib import Path

import pytest

from phototag.app.schedule import crontab, systemd
from phototag.app.schedule.plan import make_plan, read_when
from phototag.errors import UsageError


@pytest.mark.parametrize(
    ("at", "every", "text", "cron", "calendar"),
    [
        (None, None, "every day at 03:30", "30 3 * * *", "*-*-* 03:30:00"),
        ("0:05", None, "every day at 00:05", "5 0 * * *", "*-*-* 00:05:00"),
        (None, "1h", "every hour", "0 * * * *", "*-*-* 00/1:00:00"),
        (None, "60m", "every hour", "0 * * * *", "*-*-* 00/1:00:00"),
        (None, "6 h", "every 6 hours", "0 */6 * * *", "*-*-* 00/6:00:00"),
        (None, "24h", "every day at 00:00", "0 0 * * *", "*-*-* 00:00:00"),
        (None, "15min", "every 15 minutes", "*/15 * * * *", "*-*-* *:00/15:00"),
        (None, "1m", "every minute", "* * * * *", "*-*-* *:00/1:00"),
    ],
)
def test_both_schedulers_mean_the_same(at: str | None, every: str | None, text: str, cron: str, calendar: str) -> None:
    when = read_when(at, every)
    assert (when.text, when.crontab, when.calendar) == (text, cron, calendar)


@pytest.mark.parametrize("calendar", ["*-*-* 03:30:00", "*-*-* 00/6:00:00", "*-*-* *:00/15:00"])
def test_systemd_reads_the_calendar(calendar: str) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs systemd-analyze")
    done = subprocess.run(["systemd-analyze", "calendar", calendar], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("at", "every"), [("24:00", None), ("3.30", None), (None, "7m"), (None, "0m"), (None, "5h"), (None, "soon"),
                      ("3:30", "1h")],
)  # fmt: skip
def test_what_no_schedule_can_hold_is_refused(at: str | None, every: str | None) -> None:
    with pytest.raises(UsageError):
        read_when(at, every)


def test_only_what_a_run_needs_is_carried(tmp_path: Path) -> None:
    environ = {"HOME": "/h", "PHOTOTAG_DATA_DIR": "/d", "PHOTOTAG_DB": "/other", "XDG_DATA_HOME": "/x", "LANG": "C"}
    plan = make_plan(read_when(None, None), tmp_path / "index.db", None, environ)
    assert dict(plan.environment) == {"PHOTOTAG_DATA_DIR": "/d", "XDG_DATA_HOME": "/x"}
    assert plan.name != make_plan(read_when(None, None), tmp_path / "other.db", None, environ).name
    with pytest.raises(UsageError):
        make_plan(read_when(None, None), tmp_path / "in\ndex.db", None, environ)


# What a shell, cron and systemd each would take for something else.
AWKWARD = """it's 100% "sure" $HOME \\ `x` é"""


def test_a_shell_reads_the_crontabs_command_as_it_was_meant(tmp_path: Path) -> None:
    """cron hands what follows the five fields to a shell, `\\%` as `%`."""
    plan = make_plan(read_when(None, "1h"), tmp_path / AWKWARD, AWKWARD, {})
    line = crontab.line(plan)
    assert line.startswith("0 * * * * ")
    assert "\n" not in line
    command = line.removeprefix("0 * * * * ").replace("\\%", "%")
    command = command[command.index(plan.command[0]) :]
    done = subprocess.run(
        ["/bin/sh", "-c", f"printf '%s\\n' {command}"], capture_output=True, text=True, check=True, env={"HOME": "/"}
    )
    assert tuple(done.stdout.splitlines()) == plan.command


def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs systemd-analyze")
    plan = make_plan(read_when("4:00", None), tmp_path / AWKWARD, AWKWARD, {"PHOTOTAG_DATA_DIR": AWKWARD})
    files = []
    for name, text in systemd.units(plan).items():
        (tmp_path / name).write_text(text, "utf-8")
        files.append(str(tmp_path / name))
    done = subprocess.run(["systemd-analyze", "verify", "--user", *files], capture_output=True, text=True, check=False)
    assert plan.name not in done.stderr, done.stderr
    assert '"it\'s 100%% \\"sure\\" $$HOME \\\\ `x` é"' in systemd.units(plan)[f"{plan.name}.service"]
