"""Long trials of `phototag index` on photos made for it, with tiny real models.

    python -m scripts.soak_index [--quick] [--only kills|crowd|flat]

kills   SIGKILL at 50 random moments; each time the index must be sound and nothing stored may be done again; in the end
        its content must equal that of an uninterrupted run.
crowd   100,000 files in one folder: indexed, then looked at again.
flat    60,000 different photos; resident memory of all processes together over the run.

Prints what was measured; exit code 1 when something was lost.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.onnx_models import write_models
from tests.reliability.indexing import analysed, content, fill, sound

SAMPLE_SECONDS = 0.5


def main() -> None:
    """Run the trials that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a tenth of everything")
    parser.add_argument("--only", choices=list(TRIALS))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="phototag-soak-") as place:
        work = Path(place)
        os.environ["PHOTOTAG_CATALOG"] = str(write_models(work / "models"))
        for kind in ("DATA", "CONFIG", "CACHE"):
            os.environ[f"PHOTOTAG_{kind}_DIR"] = str(work / kind.lower())
        wanted = [options.only] if options.only else list(TRIALS)
        failed = [name for name in wanted if not TRIALS[name](work / name, 10 if options.quick else 1)]
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


def start(photos: Path, database: Path) -> "subprocess.Popen[bytes]":
    """`phototag index` as a process of its own."""
    command = [sys.executable, "-m", "phototag", "index", str(photos), "--db", str(database), "--json", "--quiet"]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


def finish(process: "subprocess.Popen[bytes]") -> dict[str, object]:
    """Its report."""
    stdout, _ = process.communicate()
    if process.returncode:
        sys.exit(f"phototag index ended with {process.returncode}")
    report: dict[str, object] = json.loads(stdout)
    return report


def kills(work: Path, part: int) -> bool:
    """Kill a run again and again."""
    photos, database, reference = work / "photos", work / "index.db", work / "reference.db"
    photos.mkdir(parents=True)
    fill(photos, 1500)
    began = time.monotonic()
    whole = finish(start(photos, reference))
    duration = time.monotonic() - began
    moments, kept = random.Random(4), 0
    for _ in range(50 // part):
        process = start(photos, database)
        time.sleep(moments.uniform(0, duration))
        process.kill()
        process.communicate()
        before, kept = kept, analysed(database)
        if not sound(database) or kept < before:
            return False
        if kept == whole["analysed"]:  # begin anew, so that every kill meets a run that has work to do
            for file in work.glob("index.db*"):
                file.unlink()
            kept = 0
    last = finish(start(photos, database))
    same = content(database) == content(reference)
    told = f"the last run analysed {last['analysed']} of {whole['analysed']}, {kept} were kept"
    print(f"kills: {50 // part}; {told}; the same content: {same}", flush=True)
    return same and last["analysed"] == int(str(whole["analysed"])) - kept


def crowd(work: Path, part: int) -> bool:
    """Many files in one folder: 500 different photos, each under many names."""
    photos, database, number = work / "photos", work / "index.db", 100_000 // part
    (work / "some").mkdir(parents=True)
    photos.mkdir()
    fill(work / "some", 500)
    some = sorted((work / "some").rglob("*.png"))
    for name in range(number):
        shutil.copyfile(some[name % len(some)], photos / f"{name:07}.png")
    first = finish(start(photos, database))
    second = finish(start(photos, database))
    told = f"{first['seconds']} s, unchanged {second['seconds']} s"
    print(f"crowd: {number:,} files in one folder: {told}", flush=True)
    return second["unchanged"] == number and second["analysed"] == 0


def flat(work: Path, part: int) -> bool:
    """Memory over a long run, without the first tenth, in which caches fill."""
    photos, database, number = work / "photos", work / "index.db", 60_000 // part
    photos.mkdir(parents=True)
    fill(photos, number)
    process = start(photos, database)
    samples: list[float] = []
    while process.poll() is None:
        samples.append(_resident(process.pid))
        time.sleep(SAMPLE_SECONDS)
    report = finish(process)
    steady = samples[len(samples) // 10 : -2]
    part_size = len(steady) // 5 or 1
    peaks = [max(steady[at : at + part_size]) for at in range(0, len(steady) - part_size + 1, part_size)][:5]
    told = f"{report['analysed']} photos at {report['photos_per_second']}/s"
    print(f"flat: {told}; the peaks of its five parts: {', '.join(f'{peak:.0f}' for peak in peaks)} MiB", flush=True)
    return peaks[-1] < peaks[0] * 1.1


def _resident(pid: int) -> float:
    """MiB of a process and its children; shared pages count for each."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        pages = sum(int(Path(f"/proc/{one}/statm").read_text().split()[1]) for one in (str(pid), *children))
    except (OSError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


TRIALS: dict[str, Callable[[Path, int], bool]] = {"kills": kills, "crowd": crowd, "flat": flat}

if __name__ == "__main__":
    main()
