"""What decoding a JPEG at a reduced scale costs a detector, in points of mAP.

    python -m scripts.measure_scales TRUTH.json --pack small [--longest 3400] [--photos N] [--resampling METHOD]

Each labelled photo is enlarged until its longer side has `--longest` pixels, coded as JPEG, and decoded at every scale.
3400 is the worst case of 1/8 for an input of 416 pixels: 425 remain. The mAP at full size is the reference.
"""

import argparse
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from PIL import Image

from phototag.app.index import model_files
from phototag.app.models import choose_models
from phototag.app.words import load_vocabulary
from phototag.inference.analyser import open_analyser
from phototag.media.content import identify
from phototag.media.decode import decode
from phototag.settings import load_settings
from phototag.types import Detection, Task
from scripts.measure_models import EVALUATION_FLOOR, average_precision

QUALITY = 88


def main() -> None:
    """Print mAP and AP50 per scale."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("truth", type=Path)
    parser.add_argument("--pack", default="small")
    parser.add_argument("--longest", type=int, default=3400)
    parser.add_argument("--photos", type=int)
    parser.add_argument("--resampling", help="instead of the catalog's: nearest, area, bilinear, bicubic, lanczos")
    options = parser.parse_args()
    settings = load_settings().with_options(pack=options.pack, floor=EVALUATION_FLOOR)
    files = model_files(choose_models(settings), settings, load_vocabulary(settings))
    file = next(file for file in files if file.spec.task is Task.DETECT)
    given = replace(file.spec.input, resampling=options.resampling or file.spec.input.resampling)
    detector = open_analyser(replace(file, names=file.spec.labels, spec=replace(file.spec, input=given)))
    truth = json.loads(options.truth.read_text("utf-8"))
    truth["images"] = truth["images"][: options.photos]
    kept = {photo["id"] for photo in truth["images"]}
    truth["annotations"] = [box for box in truth["annotations"] if box["image_id"] in kept]
    found: dict[str, dict[int, tuple[Detection, ...]]] = {}
    for photo in truth["images"]:
        for scale, image in _scaled(options.truth.parent / "images" / photo["file_name"], options.longest):
            found.setdefault(scale, {})[photo["id"]] = detector.analyse([image])[0].detections
    for scale, detections in found.items():
        average, average50 = average_precision(truth, detections)
        print(f"{scale}: AP {average:.2f}, AP50 {average50:.2f}")


def _scaled(path: Path, longest: int) -> Iterator[tuple[str, Any]]:
    image = Image.open(path).convert("RGB")
    ratio = longest / max(image.size)
    large = image.resize((round(image.width * ratio), round(image.height * ratio)), Image.Resampling.BICUBIC)
    coded = io.BytesIO()
    large.save(coded, "JPEG", quality=QUALITY)
    data = coded.getvalue()
    identity = identify(data)
    for scale in (1, 2, 4, 8):
        yield f"1/{scale}", decode(data, identity, minimum=min(large.size) // scale).image


if __name__ == "__main__":
    main()
