"""`phototag watch` as a process: where the system's watches run out, and how it ends."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import Inside

LIMITED = 'echo 3 > /proc/sys/user/max_inotify_watches && exec "$0" -m phototag watch "$1" --interval 1'


@pytest.mark.skipif(sys.platform != "linux" or shutil.which("unshare") is None, reason="needs user namespaces")
def test_it_goes_on_without_the_systems_watches_and_ends_with_ctrl_c(
    gallery: Path, database: Path, inside: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        (gallery / str(number)).mkdir()
    monkeypatch.setenv("PHOTOTAG_WORKERS", "1")
    command = ["unshare", "--user", "--map-root-user", "sh", "-c", LIMITED, sys.executable, str(gallery)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        told = told_until(process, b"watching")
        if b"unshare" in told or b"max_inotify_watches" in told:
            pytest.skip("user namespaces are not allowed here")
        assert b"is looked at every 1 seconds: the system's inotify watches have run out" in told
        assert b"sudo sysctl fs.inotify.max_user_watches" in told
        moment = (gallery / "walk.png").stat().st_mtime - 3600  # old: nobody is writing it
        os.utime(shutil.copy(gallery / "walk.png", gallery / "4" / "new.png"), (moment, moment))
        assert b"1 new" in told_until(process, b"1 new")
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    assert str(gallery / "4" / "new.png") in inside("search", "object:dog", "--copies", "--paths").out


def told_until(process: "subprocess.Popen[bytes]", words: bytes) -> bytes:
    """What the process writes on stderr until these words; all of it where it ends without them, or takes too long."""
    assert process.stderr is not None
    os.set_blocking(process.stderr.fileno(), False)
    told = b""
    for _ in range(600):
        told += process.stderr.read() or b""
        if words in told or process.poll() is not None:
            break
        time.sleep(0.05)
    return told
