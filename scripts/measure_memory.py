"""What `phototag index` holds in memory while it meets large photos.

    python -m scripts.measure_memory PHOTOS [--megapixels 50] [--only webp avif] [--pack small] [--workers 2]

One run a kind of picture, over two large ones of it (made by enlarging a photo of PHOTOS, with grain) and sixteen
ordinary photos. The figure is the peak of the proportional set size, summed over the parent and its workers: every page
counts once, however many of them share it. Beside it the sum of the resident sizes, which counts shared pages for each.
"""

import argparse
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from scripts.bench_photos import distinct, shuffled

if TYPE_CHECKING:
    from PIL import Image

SAMPLE_SECONDS = 0.02
ORDINARY = 16
GRAIN = 6.0


def main() -> None:
    """Print a line for each kind."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--megapixels", type=float, default=50)
    parser.add_argument("--only", nargs="+", choices=list(KINDS), default=list(KINDS))
    parser.add_argument("--pack", default="small")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="make the pictures here, and use those that are there already")
    options = parser.parse_args()
    ordinary = shuffled(options.photos)[:ORDINARY]
    with tempfile.TemporaryDirectory(prefix="phototag-memory-") as place:
        made = options.keep or Path(place) / "made"
        made.mkdir(parents=True, exist_ok=True)
        for kind in options.only:
            large = make(ordinary[0], made, kind, options.megapixels)
            library = Path(place) / "library" / kind
            library.mkdir(parents=True)
            for path in (*ordinary, *large):
                shutil.copyfile(path, library / path.name)
            words = ("-m", "phototag", "index", library, "--pack", options.pack, "--db", Path(place) / f"{kind}.db")
            seen = watch([*words, "--workers", str(options.workers), "--quiet"])
            size = sum(path.stat().st_size for path in large[:1]) / 1e6
            told = f"peak {seen.peak:6.0f} MB, resident {seen.resident:6.0f} MB"
            print(f"{kind:22} {size:6.1f} MB  {told}  {seen.seconds:5.1f} s", flush=True)
            shutil.rmtree(library)


def make(photo: Path, folder: Path, kind: str, megapixels: float) -> list[Path]:
    """Two large pictures of a kind, which differ."""
    if kind == "ordinary":
        return []
    from PIL import Image

    suffix, options = KINDS[kind]
    paths = [folder / f"{kind}-{megapixels:g}-{number}.{suffix}" for number in range(2)]
    for number, path in enumerate(paths):
        if not path.exists():
            image = enlarged(photo, megapixels, number)
            if options.get("alpha"):
                image.putalpha(230)
            written = {name: value for name, value in options.items() if name != "alpha"}
            if options.get("save_all"):
                written["append_images"] = [image.transpose(Image.Transpose.ROTATE_180)]
            image.save(path, **written)
            if suffix == "jpg":
                path.write_bytes(distinct(path.read_bytes(), number))
    return paths


def enlarged(photo: Path, megapixels: float, seed: int) -> "Image.Image":
    """A photo with so many pixels, with grain, strip by strip."""
    from PIL import Image

    with suppress(ImportError):
        import pillow_heif

        pillow_heif.register_heif_opener()
    image = Image.open(photo).convert("RGB")
    ratio = (megapixels * 1e6 / (image.width * image.height)) ** 0.5
    large = image.resize((round(image.width * ratio), round(image.height * ratio)), Image.Resampling.BICUBIC)
    random = np.random.default_rng(seed)
    for top in range(0, large.height, 512):
        strip = np.asarray(large.crop((0, top, large.width, min(top + 512, large.height))), np.float32)
        grain = random.normal(0, GRAIN, (*strip.shape[:2], 1)).astype(np.float32)
        large.paste(Image.fromarray(np.clip(strip + grain, 0, 255).astype(np.uint8)), (0, top))
    return large


@dataclass(frozen=True, slots=True)
class Watched:
    """What a program took: the peaks of both measures in MB, seconds by the clock, and seconds of processors."""

    peak: float
    resident: float
    seconds: float
    processors: float


def watch(words: Sequence[str | Path]) -> Watched:
    """Run Python with these words and watch it, with all that it starts."""
    before, began = _children(), time.monotonic()
    process = subprocess.Popen([sys.executable, *words])
    peak = resident = 0.0
    while process.poll() is None:
        sums = [sum(sizes) for sizes in zip(*_sizes(process.pid), strict=True)]
        if sums:
            peak, resident = max(peak, sums[0]), max(resident, sums[1])
        time.sleep(SAMPLE_SECONDS)
    if process.returncode:
        sys.exit(f"it ended with {process.returncode}")
    return Watched(peak, resident, time.monotonic() - began, _children() - before)


def _children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _sizes(pid: int) -> Iterator[tuple[float, float]]:
    """(proportional, resident) size in MB of a process and of all that it started."""
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:  # gone meanwhile
        return
    sizes = {line.split(":")[0]: int(line.split()[1]) for line in rollup.splitlines()[1:] if line.endswith("kB")}
    yield sizes["Pss"] * 1024 / 1e6, sizes["Rss"] * 1024 / 1e6
    for child in children:
        yield from _sizes(int(child))


KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "ordinary": ("", {}),
    "jpeg": ("jpg", {"quality": 88}),
    "jpeg-progressive": ("jpg", {"quality": 88, "progressive": True}),
    "jpeg-progressive-444": ("jpg", {"quality": 88, "progressive": True, "subsampling": 0}),
    "png": ("png", {"compress_level": 1}),
    "png-alpha": ("png", {"compress_level": 1, "alpha": True}),
    "webp": ("webp", {"quality": 80, "method": 0}),
    "webp-animated": ("webp", {"quality": 80, "method": 0, "save_all": True}),
    "webp-lossless": ("webp", {"lossless": True, "quality": 0, "method": 0}),
    "avif": ("avif", {"quality": 60, "speed": 10}),
    "tiff": ("tif", {}),
    "heif": ("heic", {"quality": 50, "chroma": "420", "enc_params": {"preset": "ultrafast"}}),
}

if __name__ == "__main__":
    main()
