"""A short number that near copies of a picture share but for a few bits."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

SIDE = 32
KEPT = 8


def fingerprint(image: "Image.Image") -> int:
    """64 bits of the picture: which of its lowest frequencies lie above their median.

    The perceptual hash by discrete cosine transform of Zauner, Implementation and benchmarking of perceptual image hash
    functions (2010), with a picture of 32 x 32 grey pixels and its 8 x 8 lowest frequencies, the mean left out.
    """
    import numpy as np
    from PIL import Image as Pillow

    grey = np.asarray(image.convert("L").resize((SIDE, SIDE), Pillow.Resampling.LANCZOS), np.float64)
    steps = np.arange(SIDE)
    waves = np.cos(np.pi / SIDE * (steps + 0.5)[None, :] * np.arange(KEPT + 1)[:, None])
    low = (waves @ grey @ waves.T)[1:, 1:]
    bits = (low > np.median(low)).ravel()
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


def groups_near(numbers: list[int], most: int) -> list[list[int]]:
    """The places of numbers that differ in at most `most` (below 8) bits, directly or through others, as groups of two
    and more."""
    import numpy as np

    if not 0 <= most < KEPT:
        raise ValueError(f"{most} is not 0 to {KEPT - 1}")
    values = np.array(numbers, np.uint64)
    upper = list(range(len(numbers)))

    def top(place: int) -> int:
        while upper[place] != place:
            upper[place] = upper[upper[place]]
            place = upper[place]
        return place

    # Numbers that differ in fewer than eight bits have one of their eight bytes in common.
    for byte in range(KEPT):
        part = (values >> np.uint64(8 * byte)) & np.uint64(255)
        order = np.argsort(part, kind="stable")
        for run in np.split(order, np.flatnonzero(np.diff(part[order])) + 1):
            for at, place in enumerate(run[:-1]):
                different = np.bitwise_count(values[run[at + 1 :]] ^ values[place])
                for other in run[at + 1 :][different <= most]:
                    upper[top(int(other))] = top(int(place))
    found: dict[int, list[int]] = {}
    for place in range(len(numbers)):
        found.setdefault(top(place), []).append(place)
    return [members for members in found.values() if len(members) > 1]
