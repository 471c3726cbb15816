"""What can't be made smaller is refused before anything is written."""

from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper

from phototag.errors import UsageError
from phototag.inference.optimise import quantise


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
