"""Break photos at random and open them: nothing may crash, hang, or fail with anything but a reason.

    python scripts/fuzz_decode.py --count 5000 [--seed 0] [--photos FOLDER]

Mutations (flipped and overwritten bytes, extreme numbers, cuts, repeats, splices) are made from small pictures of every
format, and from the photos of FOLDER if one is given. A process of its own opens them one by one; it is watched and
replaced when it dies or spends more than 10 seconds on one file. Exit code 1 if anything went wrong.
"""

import argparse
import io
import multiprocessing
import os
import random
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

from phototag.media.examine import open_photo
from phototag.media.fault import PhotoError
from phototag.media.quiet import quiet_stderr

HANG_SECONDS = 10.0
LARGEST_SEED = 200_000
EXTREMES = (
    b"\xff" * 4,
    b"\0" * 4,
    b"\x7f\xff\xff\xff",
    b"\xff\xff\xff\x7f",
    b"\0\0\xff\xff",
    b"\xff\xff\0\0",
    b"\0\0\0\1",
)


@dataclass
class Report:
    """What happened to the mutants; `faults` names each one that did what none may do."""

    decoded: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    slowest: float = 0.0
    peak_mib: int = 0


def seeds(folder: Path | None) -> list[bytes]:
    """Good pictures to break: every format and a few ways of coding it."""
    from PIL import Image

    exif = Image.Exif()
    exif[274] = 6
    exif[0x8769] = {36867: "2024:06:01 12:30:00"}
    block = exif.tobytes()
    noise = Image.effect_noise((96, 64), 80)
    picture = Image.merge("RGB", (noise, noise.rotate(180), Image.linear_gradient("L").resize((96, 64))))
    made: list[bytes] = []
    for kind, mode, options in (
        ("JPEG", "RGB", {"exif": block}),
        ("JPEG", "RGB", {"progressive": True}),
        ("JPEG", "CMYK", {}),
        ("PNG", "RGBA", {"exif": block}),
        ("PNG", "P", {}),
        ("PNG", "I;16", {}),
        ("WEBP", "RGB", {"exif": block}),
        ("WEBP", "RGBA", {"lossless": True}),
        ("TIFF", "RGB", {"exif": block}),
        ("TIFF", "RGB", {"compression": "tiff_lzw"}),
        ("TIFF", "RGB", {"compression": "jpeg"}),
        ("TIFF", "1", {"compression": "group4"}),
        ("TIFF", "CMYK", {"compression": "tiff_adobe_deflate"}),
        ("GIF", "P", {"save_all": True, "append_images": [picture.rotate(90).convert("P")]}),
        ("BMP", "RGB", {}),
        ("AVIF", "RGB", {"exif": block}),
        ("MPO", "RGB", {"save_all": True, "append_images": [picture]}),
    ):
        buffer = io.BytesIO()
        (noise if mode == "I;16" else picture).convert(mode).save(buffer, kind, **options)
        made.append(buffer.getvalue())
    paths = sorted(folder.rglob("*")) if folder else []
    return made + [path.read_bytes() for path in paths if path.is_file() and 0 < path.stat().st_size <= LARGEST_SEED]


def mutant(good: list[bytes], seed: int, number: int) -> bytes:
    """The `number`-th broken photo; the same for the same arguments."""
    chance = random.Random(f"{seed}:{number}")
    data = bytearray(chance.choice(good))
    for _ in range(chance.choice((1, 1, 1, 2, 4, 16))):
        # most of what a decoder trusts stands near the beginning
        at = chance.randrange(min(len(data), chance.choice((64, 512, len(data), len(data)))))
        match chance.randrange(7):
            case 0:
                data[at] ^= 1 << chance.randrange(8)
            case 1:
                data[at] = chance.randrange(256)
            case 2:
                data[at : at + 4] = chance.choice(EXTREMES)
            case 3:
                del data[at + 1 : at + 1 + chance.randrange(1, 64)]
            case 4:
                data[at:at] = data[at : at + chance.randrange(1, 256)]
            case 5:
                data = data[: max(1, chance.randrange(len(data)))]
            case _:
                other = chance.choice(good)
                start = chance.randrange(len(other))
                data[at : at + 128] = other[start : start + 128]
    return bytes(data)


def serve(pipe: Connection, good: list[bytes], seed: int) -> None:
    """Open the mutants whose numbers come through the pipe; answer (outcome, reason, peak in MiB)."""
    with quiet_stderr(), tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "photo.jpg")
        while (number := pipe.recv()) is not None:
            file.write_bytes(mutant(good, seed, number))
            try:
                open_photo(os.fsencode(file)).decode(minimum=32)
                outcome, reason = "decoded", ""
            except PhotoError as error:
                outcome, reason = "refused", error.reason
            except BaseException as error:
                outcome, reason = "fault", f"{type(error).__name__}: {error}"
            pipe.send((outcome, reason, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10))


class Watched:
    """A process that opens mutants, and is replaced when it dies or hangs."""

    def __init__(self, good: list[bytes], seed: int) -> None:
        self._arguments = good, seed
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs, *self._arguments), daemon=True)
        self._process.start()
        theirs.close()

    def open(self, number: int) -> tuple[str, str, int]:
        self._pipe.send(number)
        try:
            if self._pipe.poll(HANG_SECONDS + (5 if number == 0 else 0)):
                answer: tuple[str, str, int] = self._pipe.recv()
                return answer
            what = f"took more than {HANG_SECONDS:g} s"
        except (EOFError, ConnectionError):
            self._process.join()
            what = f"killed its process (exit code {self._process.exitcode})"
        self._process.kill()
        self._process.join()
        self._start()
        return "fault", what, 0

    def stop(self) -> None:
        self._pipe.send(None)
        self._process.join()


def run(numbers: Iterable[int], good: list[bytes], seed: int) -> Report:
    report = Report()
    watched = Watched(good, seed)
    for number in numbers:
        start = time.perf_counter()
        outcome, reason, peak = watched.open(number)
        report.slowest = max(report.slowest, time.perf_counter() - start if number else 0.0)
        report.peak_mib = max(report.peak_mib, peak)
        if outcome == "decoded":
            report.decoded += 1
        elif outcome == "refused":
            report.reasons[reason.split(":")[0]] += 1
        else:
            report.faults.append(f"--seed {seed}, mutant {number}: {reason}")
    watched.stop()
    return report


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--photos", type=Path, help="a folder with more photos to break")
    options = parser.parse_args()
    good = seeds(options.photos)
    report = run(range(options.count), good, options.seed)
    print(f"{options.count} mutants of {len(good)} photos: {report.decoded} decoded, {report.reasons.total()} refused,")
    print(f"{len(report.faults)} faults; slowest {report.slowest:.2f} s, peak memory {report.peak_mib} MiB")
    for reason, number in report.reasons.most_common(12):
        print(f"{number:6}  {reason}")
    print(*report.faults, sep="\n")
    return 1 if report.faults else 0


if __name__ == "__main__":
    sys.exit(main())
