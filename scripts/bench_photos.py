"""Photos in numbers for measuring: copies of real ones that differ in content, at their own size or enlarged."""

import argparse
import io
import random
from pathlib import Path

import numpy as np
from PIL import Image

EXTENSIONS = {".jpg", ".jpeg"}
FOLDER_FILES = 200
MEGAPIXELS_BASES = 12
NOISE = 6.0
"""Standard deviation of the grain that an enlarged photo gets: at quality 88 twelve megapixels then weigh 2-4 MB."""


def write_photos(source: Path, target: Path, count: int, megapixels: float | None = None) -> int:
    """Write `count` JPEGs below `target`, no two of the same content, from those in `source`; gives their bytes.

    With `megapixels` they are enlarged to that size, with grain. What makes copies differ is a quantization table that
    no component uses: every decoder does the same work for each.
    """
    originals = sorted(path for path in source.rglob("*") if path.suffix.lower() in EXTENSIONS)
    if not originals:
        raise SystemExit(f"no JPEG below {source}")
    coded = [path.read_bytes() for path in (originals[:MEGAPIXELS_BASES] if megapixels else originals)]
    if megapixels:
        coded = [_enlarged(data, megapixels, seed) for seed, data in enumerate(coded)]
    written = 0
    for number in range(count):
        folder = target / f"{number // FOLDER_FILES:05}"
        folder.mkdir(parents=True, exist_ok=True)
        data = distinct(coded[number % len(coded)], number)
        written += (folder / f"{number:07}.jpg").write_bytes(data)
    return written


def distinct(jpeg: bytes, number: int) -> bytes:
    """The same JPEG with another content hash: table 3, which nothing refers to, comes first."""
    table = bytes(value % 255 + 1 for value in number.to_bytes(8, "big")) + b"\1" * 56
    return jpeg[:2] + b"\xff\xdb\x00\x43\x03" + table + jpeg[2:]


def _enlarged(data: bytes, megapixels: float, seed: int) -> bytes:
    image = Image.open(io.BytesIO(data)).convert("RGB")
    ratio = (megapixels * 1e6 / (image.width * image.height)) ** 0.5
    large = image.resize((round(image.width * ratio), round(image.height * ratio)), Image.Resampling.BICUBIC)
    grain = np.random.default_rng(seed).normal(0, NOISE, (large.height, large.width, 1))
    pixels = np.clip(np.asarray(large, np.float32) + grain, 0, 255).astype(np.uint8)
    coded = io.BytesIO()
    Image.fromarray(pixels).save(coded, "JPEG", quality=88)
    return coded.getvalue()


def shuffled(folder: Path, seed: int = 0) -> list[Path]:
    """Every photo below a folder, in an order that repeats."""
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in EXTENSIONS)
    random.Random(seed).shuffle(found)
    return found


def main() -> None:
    """Write photos as the command line asks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--megapixels", type=float, help="enlarge them to this size")
    options = parser.parse_args()
    size = write_photos(options.source, options.target, options.count, options.megapixels)
    print(f"{options.count:,} photos, {size / options.count / 1e6:.2f} MB each")


if __name__ == "__main__":
    main()
