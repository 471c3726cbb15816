"""Weights with a sign give the answers of the same weights without one."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime as ort
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, checker, helper, load_from_string, numpy_helper

from phototag.inference.signed import signed_weights

Pixels = npt.NDArray[Any]
NAMES = ("mobilenet_edgetpu_224_1.0_uint8_probs.onnx", "mobilenet_v2_1.0_224_quant_probs.onnx")


def quantised_model(points: tuple[int, ...] = (120,)) -> bytes:
    """A convolution of bytes, far from any overflow; one zero point of the weights is the activations' as well."""
    random = np.random.default_rng(0)
    weights = random.integers(100, 140, (len(points), 3, 3, 3)).astype(np.uint8)
    several = len(points) > 1
    tensors: dict[str, Any] = {
        "w": weights,
        "scale": np.full(len(points) if several else (), 0.01, np.float32),
        "point": np.array(points if several else points[0], np.uint8),
        "in_scale": np.array(0.02, np.float32),
        "in_point": np.array(120, np.uint8),
    }
    at = "point" if not several else "in_point"
    nodes = [
        helper.make_node("DequantizeLinear", ["pixels", "in_scale", at], ["x"]),
        helper.make_node("DequantizeLinear", ["w", "scale", "point"], ["kernel"], axis=0),
        helper.make_node("Conv", ["x", "kernel"], ["sum"]),
        helper.make_node("QuantizeLinear", ["sum", "in_scale", at], ["coded"]),
        helper.make_node("DequantizeLinear", ["coded", "in_scale", at], ["out"]),
    ]
    graph = helper.make_graph(
        nodes,
        "quantised",
        [helper.make_tensor_value_info("pixels", TensorProto.UINT8, [1, 3, 9, 9])],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, [1, len(points), 7, 7])],
        [numpy_helper.from_array(values, name) for name, values in tensors.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    return bytes(model.SerializeToString())


def answer(model: bytes, pixels: Pixels) -> Pixels:
    session = ort.InferenceSession(model, providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, {session.get_inputs()[0].name: pixels})[0])


@pytest.mark.parametrize("points", [(120,), (118, 121, 130)])
def test_answers_stay_the_same_to_the_bit(points: tuple[int, ...]) -> None:
    model = quantised_model(points)
    signed = signed_weights(model)
    assert signed is not None
    checker.check_model(load_from_string(signed))
    kinds = {tensor.name: tensor.data_type for tensor in load_from_string(signed).graph.initializer}
    assert kinds["w"] == TensorProto.INT8
    assert kinds["in_point"] == TensorProto.UINT8  # that of the activations stays
    pixels = np.random.default_rng(1).integers(0, 256, (1, 3, 9, 9)).astype(np.uint8)
    assert np.array_equal(answer(model, pixels), answer(signed, pixels))


def test_what_is_not_quantised_is_left_alone(tiny_models: Path) -> None:
    for file in tiny_models.parent.glob("*.onnx"):
        assert signed_weights(file.read_bytes()) is None


def test_a_signed_model_is_not_changed_again() -> None:
    signed = signed_weights(quantised_model())
    assert signed is not None
    assert signed_weights(signed) is None


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_broken_files_are_left_to_onnxruntime(data: st.DataObject) -> None:
    model = bytearray(quantised_model())
    for _ in range(data.draw(st.integers(1, 4))):
        model[data.draw(st.integers(0, len(model) - 1))] = data.draw(st.integers(0, 255))
    signed_weights(bytes(model[: data.draw(st.integers(0, len(model)))]))


@pytest.mark.parametrize("name", NAMES)
def test_real_classifiers_answer_the_same(shared: Path, name: str) -> None:
    model = (shared / "models" / name).read_bytes()
    signed = signed_weights(model)
    assert signed is not None
    pixels = np.random.default_rng(2).integers(0, 256, (1, 224, 224, 3)).astype(np.uint8)
    assert np.array_equal(answer(model, pixels).argsort(), answer(signed, pixels).argsort())
