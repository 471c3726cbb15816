"""What can't be made smaller is refused before anything is written."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from phototag.errors import UsageError
from phototag.inference.optimise import FIRST, quantise
from phototag.inference.session import Session
from tests.onnx_models import write_models


def test_a_quantised_model_is_not_quantised_again(tmp_path: Path) -> None:
    node = helper.make_node("DynamicQuantizeLinear", ["x"], ["y", "scale", "zero"])
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 4])]
    outputs = [helper.make_tensor_value_info("y", TensorProto.UINT8, [1, 4])]
    model = helper.make_model(
        helper.make_graph([node], "test", inputs, outputs), opset_imports=[helper.make_opsetid("", 17)], ir_version=8
    )
    onnx.save(model, tmp_path / "model.onnx")
    with pytest.raises(UsageError, match="quantised already"):
        quantise(tmp_path / "model.onnx", tmp_path / "smaller.onnx", [])
    assert not (tmp_path / "smaller.onnx").exists()


def test_layers_in_the_middle_are_quantised(tmp_path: Path) -> None:
    chance = np.random.default_rng(0)
    names = [f"x{number}" for number in range(FIRST + 4)]
    nodes = [
        helper.make_node("Conv", [before, f"w{after}"], [after], name=after)
        for before, after in pairwise(names)
    ]  # fmt: skip
    weights = [
        numpy_helper.from_array(chance.normal(0, 0.6, (3, 3, 1, 1)).astype(np.float32), f"w{name}")
        for name in names[1:]
    ]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 3, 4, 4]) for name in (names[0], names[-1])]
    model = helper.make_model(
        helper.make_graph(nodes, "test", ends[:1], ends[1:], weights),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
    )
    source, target = tmp_path / "model.onnx", tmp_path / "smaller.onnx"
    onnx.save(model, source)
    feeds = [{names[0]: chance.random((1, 3, 4, 4), np.float32)} for _ in range(8)]
    quantise(source, target, feeds)
    kinds = [node.op_type for node in onnx.load(target).graph.node]
    assert kinds.count("QuantizeLinear") > 0
    before, after = (Session(path).run(feeds[0], (names[-1],))[names[-1]] for path in (source, target))
    assert 0 < np.abs(before - after).max() < 0.1 * np.abs(before).max()


def test_a_model_without_layers_to_spare_is_not_quantised(tmp_path: Path) -> None:
    catalog = write_models(tmp_path).parent
    with pytest.raises(UsageError, match="too small to be quantised"):
        quantise(catalog / "squares.onnx", tmp_path / "smaller.onnx", [])
    assert not (tmp_path / "smaller.onnx").exists()
