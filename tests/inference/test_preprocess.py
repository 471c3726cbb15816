"""Preprocessing: what the model sees, and the way back to the photo."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from phototag.inference.preprocess import minimum_size, prepare
from phototag.inference.spec import Fit, InputSpec

SPEC = InputSpec(
    width=32,
    height=24,
    batch=1,
    layout="nchw",
    dtype="float32",
    channels="rgb",
    fit=Fit.STRETCH,
    resampling="bilinear",
    scale=1.0,
    mean=(0.0, 0.0, 0.0),
    std=(1.0, 1.0, 1.0),
    pad=114,
    anchor="top-left",
    short_side=40,
)


def test_channels_are_scaled_shifted_and_ordered_as_the_catalog_says() -> None:
    image = Image.new("RGB", (32, 24), (255, 51, 0))
    spec = replace(SPEC, channels="bgr", scale=1 / 255, mean=(0.1, 0.2, 0.5), std=(1.0, 0.5, 0.25))
    tensor, _ = prepare([image], spec)
    assert tensor.shape == (1, 3, 24, 32)
    assert tensor.dtype == np.float32
    assert np.allclose(tensor[0, :, 5, 7], [-0.1, 0.0, 2.0], atol=1e-6)


def test_layouts_and_types() -> None:
    image = Image.effect_noise((32, 24), 60).convert("RGB")
    image.putpixel((3, 2), (10, 20, 30))
    pixels, _ = prepare([image, image], replace(SPEC, layout="nhwc", dtype="uint8"))
    assert pixels.shape == (2, 24, 32, 3)
    assert pixels.dtype == np.uint8
    assert np.array_equal(pixels[1], np.asarray(image))
    halves, _ = prepare([image], replace(SPEC, dtype="float16"))
    assert halves.dtype == np.float16
    assert halves[0, :, 2, 3].tolist() == [10, 20, 30]
    floats, _ = prepare([image], replace(SPEC, layout="nhwc"))
    assert np.array_equal(floats[0], np.asarray(image).astype(np.float32))


@pytest.mark.parametrize(("anchor", "top"), [("top-left", 0), ("center", 4)])
def test_letterbox_keeps_the_shape_and_pads(anchor: str, top: int) -> None:
    tensor, [place] = prepare([Image.new("RGB", (640, 320))], replace(SPEC, fit=Fit.LETTERBOX, anchor=anchor))
    assert (place.left, place.top, place.width, place.height) == (0, top, 32, 16)
    rows = tensor[0, 0].max(axis=1)
    assert (rows[top : top + 16] == 0).all()
    assert (np.delete(rows, range(top, top + 16)) == 114).all()


@settings(max_examples=100, deadline=None)
@given(
    st.tuples(st.integers(1, 60), st.integers(1, 60)),
    st.sampled_from(["nchw", "nhwc"]),
    st.sampled_from(["float32", "float16", "uint8"]),
    st.sampled_from(["rgb", "bgr"]),
    st.sampled_from(["top-left", "center"]),
    st.sampled_from([(0.5, 0.5, 0.5), (0.1, 0.2, 0.3)]),
)
def test_padding_and_photo_are_scaled_and_ordered_alike(
    size: tuple[int, int], layout: str, dtype: str, channels: str, anchor: str, std: tuple[float, float, float]
) -> None:
    spec = replace(SPEC, fit=Fit.LETTERBOX, layout=layout, dtype=dtype, channels=channels, anchor=anchor)
    if dtype != "uint8":
        spec = replace(spec, scale=1 / 255, mean=(0.25, 0.5, 0.75), std=std)
    image = Image.effect_noise(size, 90).convert("RGB")
    image.putpixel((0, 0), (10, 120, 250))
    tensor, [place] = prepare([image], spec)
    ratio = min(32 / size[0], 24 / size[1])
    inner = (max(1, int(size[0] * ratio)), max(1, int(size[1] * ratio)))
    canvas = Image.new("RGB", (32, 24), (114, 114, 114))
    canvas.paste(image.resize(inner, Image.Resampling.BILINEAR), (int(place.left), int(place.top)))
    pixels = np.asarray(canvas)[:, :, :: 1 if channels == "rgb" else -1] * spec.scale
    expected = (pixels - np.array(spec.mean)) / np.array(spec.std)
    seen = tensor[0] if layout == "nhwc" else tensor[0].transpose(1, 2, 0)
    assert np.allclose(seen.astype(np.float64), expected, atol=0.01 if dtype == "float16" else 1e-5)


def test_area_is_the_mean_of_what_a_pixel_covers_and_smooth_when_enlarged() -> None:
    image = Image.new("RGB", (64, 48))
    image.putdata([(200, 100, 0) if (x + y) % 2 else (0, 0, 0) for y in range(48) for x in range(64)])
    spec = replace(SPEC, resampling="area")
    shrunk, _ = prepare([image], spec)
    assert np.abs(shrunk[0] - np.array([100, 50, 0])[:, None, None]).max() <= 1
    steps = Image.new("RGB", (2, 2))
    steps.putdata([(0, 0, 0), (200, 200, 200)] * 2)
    enlarged, _ = prepare([steps], spec)
    assert len(np.unique(enlarged[0, 0, 0])) > 8, "no squares"


def test_crop_takes_the_middle() -> None:
    image = Image.new("RGB", (400, 200), (255, 255, 255))
    image.paste((0, 0, 0), (100, 0, 300, 200))
    tensor, [place] = prepare([image], replace(SPEC, width=32, height=32, fit=Fit.CROP, short_side=40))
    assert tensor.max() == 0.0, "the middle 160 x 160 pixels are black"
    assert (place.left, place.top, place.width, place.height) == (-24, -4, 80, 40)


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 700), st.integers(1, 700), st.sampled_from(list(Fit)), st.sampled_from([32, 40, 57]))
def test_any_shape_fits_and_finds_its_way_back(width: int, height: int, fit: Fit, short_side: int) -> None:
    spec = replace(SPEC, fit=fit, width=32, height=32, short_side=short_side)
    tensor, [place] = prepare([Image.new("RGB", (width, height))], spec)
    assert tensor.shape == (1, 3, 32, 32)
    whole = np.array([[place.left, place.top, place.left + place.width, place.top + place.height]], np.float32)
    assert np.allclose(place.to_fractions(whole), [[0, 0, 1, 1]], atol=1e-6)
    beyond = place.to_fractions(np.array([[-1e6, -1e6, 1e6, 1e6]], np.float32))
    assert beyond.tolist() == [[0, 0, 1, 1]]


def test_very_wide_photos_fit() -> None:
    for fit in Fit:
        tensor, _ = prepare([Image.new("RGB", (20_000, 1))], replace(SPEC, fit=fit, width=32, height=32))
        assert tensor.shape == (1, 3, 32, 32)


def test_decoders_learn_how_small_a_photo_may_become() -> None:
    assert minimum_size(replace(SPEC, fit=Fit.STRETCH)) == (32, 32)
    assert minimum_size(replace(SPEC, fit=Fit.LETTERBOX)) == (1, 32)
    assert minimum_size(replace(SPEC, fit=Fit.CROP, short_side=40)) == (40, 40)
