"""ONNX files from trained networks: normalisation folded, weights stored small, answers checked against PyTorch.

python -m scripts.train.export detector --checkpoint DIR/detector.pt --output models/tiny_detector.onnx \\
    --size 384 --bits 16
python -m scripts.train.export tagger --checkpoint DIR/tagger.pt --output models/tiny_tagger.onnx --size 160
"""

from __future__ import annotations

import argparse
import copy
import hashlib
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from scripts.train.student import Detector, ExportDetector
from scripts.train.tagnet import Tagger
from scripts.train.teacher import session

Floats = NDArray[np.float32]
OPSET = 18
TOLERANCE = 1e-3


def folded(model: nn.Module) -> nn.Module:
    """A copy in evaluation mode whose batch normalisations are part of the convolutions before them."""
    model = copy.deepcopy(model).float().eval()
    for module in model.modules():
        if isinstance(module, nn.Sequential):
            for name, (first, second) in enumerate(zip(list(module), list(module)[1:], strict=False)):
                if isinstance(first, nn.Conv2d) and isinstance(second, nn.BatchNorm2d):
                    module[name] = fuse_conv_bn_eval(first, second)
                    module[name + 1] = nn.Identity()
    return model


def round_weights(model: nn.Module) -> nn.Module:
    """Rounds the weights in place to 8 bits with one scale per output channel: storing them so changes nothing."""
    for p in model.parameters():
        if p.ndim > 1:
            scale = channel_scale(p.data.numpy(), 0)
            p.data = torch.from_numpy(np.round(p.data.numpy() / scale).astype(np.float32) * scale)
    return model


def halve_weights(model: nn.Module) -> nn.Module:
    """Rounds the weights in place to half precision: storing them so changes nothing."""
    for p in model.parameters():
        if p.ndim > 1:
            p.data = p.data.half().float()
    return model


def store_in_16_bits(model: onnx.ModelProto, smallest: int = 256) -> None:
    """Stores weights that are half-precision numbers as such; ONNX Runtime widens them when it loads the file."""
    unpack = []
    for tensor in model.graph.initializer:
        array = numpy_helper.to_array(tensor)
        small = array.astype(np.float16) if array.dtype == np.float32 and array.size >= smallest else None
        if small is None or array.ndim < 2 or np.any(small.astype(np.float32) != array):
            continue
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(small, f"{name}.half"))
        unpack.append(onnx.helper.make_node("Cast", [f"{name}.half"], [name], to=onnx.TensorProto.FLOAT))
    nodes = list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend(unpack + nodes)


def channel_scale(weights: Floats, axis: int) -> Floats:
    """The step of an 8-bit grid for each channel of `axis`, shaped to divide the weights by."""
    others = tuple(k for k in range(weights.ndim) if k != axis)
    return np.asarray(np.maximum(np.abs(weights).max(others, keepdims=True) / 127, 1e-12), np.float32)


def store_in_8_bits(model: onnx.ModelProto, smallest: int = 256) -> None:
    """Stores weights that lie on an 8-bit grid as int8 and scale.

    ONNX Runtime multiplies them out when it loads the file: it computes in float32, no slower and no other than before,
    and the file is a quarter of the size.
    """
    unpack = []
    for tensor in list(model.graph.initializer):
        array = numpy_helper.to_array(tensor)
        if array.dtype != np.float32 or array.ndim < 2 or array.size < smallest:
            continue
        for axis in (0, 1):
            scale = channel_scale(array, axis)
            grid = array / scale
            if np.abs(grid - np.round(grid)).max() < 1e-3:
                break
        else:
            continue
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(np.round(grid).astype(np.int8), f"{name}.int8"))
        model.graph.initializer.append(numpy_helper.from_array(scale, f"{name}.scale"))
        unpack += [
            onnx.helper.make_node("Cast", [f"{name}.int8"], [f"{name}.float"], to=onnx.TensorProto.FLOAT),
            onnx.helper.make_node("Mul", [f"{name}.float", f"{name}.scale"], [name]),
        ]
    nodes = list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend(unpack + nodes)


def write(model: nn.Module, example: Tensor, path: Path, outputs: list[str], bits: int = 8) -> None:
    """Exports with a free batch dimension and weights stored in 8 or 16 `bits`, then checks that ONNX Runtime answers
    as PyTorch does.

    Raises:
        ValueError: an output differs by more than `TOLERANCE`.
    """
    model = (round_weights if bits == 8 else halve_weights)(folded(model))
    batch = torch.export.Dim("N", min=1, max=1024)
    pair = torch.cat([example, example.flip(3)])
    program = torch.onnx.export(
        model, (pair,), input_names=["images"], output_names=outputs, opset_version=OPSET,
        dynamic_shapes=({0: batch},), dynamo=True, external_data=False, verbose=False,
    )  # fmt: skip
    assert program is not None
    proto = program.model_proto
    (store_in_8_bits if bits == 8 else store_in_16_bits)(proto)
    for field in ("doc_string", "producer_version"):
        proto.ClearField(field)
    for node in proto.graph.node:
        node.ClearField("metadata_props")
        node.ClearField("doc_string")
    del proto.graph.value_info[:]
    onnx.checker.check_model(proto)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(proto.SerializeToString())
    difference = check(model, pair, path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    print(f"{path}: {path.stat().st_size} bytes, sha256 {digest}, largest difference {difference:.1e}")


@torch.no_grad()
def check(model: nn.Module, images: Tensor, path: Path) -> float:
    """The largest difference between PyTorch and ONNX Runtime over all outputs, for one image and for two."""
    run = session(str(path), 2)
    worst = 0.0
    for batch in (images[:1], images):
        wanted = model(batch)
        found = run.run(None, {"images": batch.numpy()})
        for a, b in zip(wanted if isinstance(wanted, tuple) else (wanted,), found, strict=True):
            worst = max(worst, float(np.abs(a.numpy() - b).max()))
    if worst > TOLERANCE:
        raise ValueError(f"{path}: ONNX Runtime and PyTorch differ by {worst:.1e}, more than {TOLERANCE}")
    return worst


def load_detector(checkpoint: Path) -> Detector:
    """The detector with the averaged weights of a checkpoint."""
    model = Detector()
    saved = torch.load(checkpoint, map_location="cpu", weights_only=False)
    model.load_state_dict(saved["average"])
    return model.eval()


def load_tagger(checkpoint: Path) -> Tagger:
    """The tagger with the averaged weights of a checkpoint."""
    saved = torch.load(checkpoint, map_location="cpu", weights_only=False)["average"]
    model = Tagger(len(saved["output.bias"]))
    model.load_state_dict(saved)
    return model.eval()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", choices=["detector", "tagger"])
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--size", type=int, required=True, help="px, which the file is for")
    parser.add_argument("--bits", type=int, choices=[8, 16], default=8, help="of a stored weight")
    options = parser.parse_args()
    generator = torch.Generator().manual_seed(0)
    example = torch.rand(1, 3, options.size, options.size, generator=generator) * 255
    if options.model == "detector":
        write(ExportDetector(load_detector(options.checkpoint)), example, options.output, ["output"], options.bits)
    else:
        write(load_tagger(options.checkpoint), example, options.output, ["tags", "feature"], options.bits)


if __name__ == "__main__":
    main()
