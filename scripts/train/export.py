"""ONNX files from trained networks: normalisation folded, weights stored as float16, answers checked against PyTorch.

    python -m scripts.train.export detector --checkpoint DIR/detector.pt --output models/tiny_detector.onnx --size 320
    python -m scripts.train.export tagger --checkpoint DIR/tagger.pt --output models/tiny_tagger.onnx
"""

from __future__ import annotations

import argparse
import copy
import hashlib
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from scripts.train.student import Detector, ExportDetector
from scripts.train.teacher import session

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


def round_to_half(model: nn.Module) -> nn.Module:
    """Rounds large weights to float16 values in place, so that storing them as such later changes nothing."""
    for p in model.parameters():
        if p.ndim > 1:
            p.data = p.data.half().float()
    return model


def store_as_half(model: onnx.ModelProto, smallest: int = 64) -> None:
    """Turns float32 weights into float16 ones followed by a Cast, which ONNX Runtime folds away when it loads the file."""
    casts = []
    for tensor in model.graph.initializer:
        array = numpy_helper.to_array(tensor)
        if array.dtype != np.float32 or array.size < smallest or not np.array_equal(array, array.astype(np.float16)):
            continue
        name, stored = tensor.name, f"{tensor.name}.half"
        tensor.CopyFrom(numpy_helper.from_array(array.astype(np.float16), stored))
        casts.append(onnx.helper.make_node("Cast", [stored], [name], to=onnx.TensorProto.FLOAT))
    nodes = list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend(casts + nodes)


def write(model: nn.Module, example: Tensor, path: Path, inputs: str, outputs: list[str]) -> None:
    """Exports with a free batch dimension, then checks that ONNX Runtime answers as PyTorch does.

    Raises:
        ValueError: an output differs by more than `TOLERANCE`.
    """
    model = round_to_half(folded(model))
    batch = torch.export.Dim("N", min=1, max=1024)
    pair = torch.cat([example, example.flip(3)])
    program = torch.onnx.export(
        model, (pair,), input_names=[inputs], output_names=outputs, opset_version=OPSET,
        dynamic_shapes=({0: batch},), dynamo=True, external_data=False, verbose=False,
    )  # fmt: skip
    assert program is not None
    proto = program.model_proto
    store_as_half(proto)
    for field in ("doc_string", "producer_version"):
        proto.ClearField(field)
    for node in proto.graph.node:
        node.ClearField("metadata_props")
        node.ClearField("doc_string")
    del proto.graph.value_info[:]
    onnx.checker.check_model(proto)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(proto.SerializeToString())
    difference = check(model, pair, path, inputs)
    print(f"{path}: {path.stat().st_size} bytes, sha256 {hashlib.sha256(path.read_bytes()).hexdigest()}, largest difference {difference:.1e}")


@torch.no_grad()
def check(model: nn.Module, images: Tensor, path: Path, inputs: str) -> float:
    """The largest difference between PyTorch and ONNX Runtime over all outputs, for one image and for two."""
    run = session(str(path), 2)
    worst = 0.0
    for batch in (images[:1], images):
        wanted = model(batch)
        found = run.run(None, {inputs: batch.numpy()})
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", choices=["detector", "tagger"])
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--size", type=int, default=320)
    options = parser.parse_args()
    generator = torch.Generator().manual_seed(0)
    example = torch.rand(1, 3, options.size, options.size, generator=generator) * 255
    if options.model == "detector":
        model = ExportDetector(load_detector(options.checkpoint))
        write(model, example, options.output, "images", ["output"])


if __name__ == "__main__":
    main()
