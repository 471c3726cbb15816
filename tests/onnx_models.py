"""Tiny real ONNX models, so that the whole program can be tested without anybody's weights.

`write_models(folder)` writes a classifier, a tagger and a detector with a catalog that embeds them in its pack `tiny`.
A test that sets PHOTOTAG_CATALOG to the returned path runs `phototag index` end to end. Their answers follow from the
pixels:

* The classifier (softmax) names a photo by its mean colour, see `COLOURS`: the purer the colour, the surer.
* The tagger (sigmoid) gives each primary colour its own confidence, and the mean colour as feature vector.
* The detector cuts a photo into 4 x 4 cells and finds an object that fills its cell in each that is red (person), green
  (dog) or blue (car); `paint` makes such photos.
"""

import hashlib
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

COLOURS = {
    "strawberry": (255, 0, 0),
    "broccoli": (0, 255, 0),
    "lakeside": (0, 0, 255),
    "golden retriever": (255, 200, 0),
    "beagle": (200, 120, 0),
    "volcano": (0, 0, 0),
}
OBJECTS = {"person": (255, 0, 0), "dog": (0, 255, 0), "car": (0, 0, 255)}
CELLS = 4
SIDE = 64

CATALOG = """
[packs.tiny]
classifier = "colours"
detector = "squares"
default = true
note = ""

[packs.separate]
classifier = "colours-separate"
detector = "squares-separate"
default = true
note = ""
"""

MODEL = """
[models.{name}]
task = "{task}"
licence = "CC0-1.0"
source = "tests"
accuracy = "none"
note = ""
tested = true
embedded = {embedded}
labels = "{labels}"
[models.{name}.input]
width = {side}
height = {side}
batch = {batch}
layout = "nchw"
dtype = "float32"
channels = "{channels}"
fit = "stretch"
resampling = "bilinear"
scale = {scale}
mean = [0.0, 0.0, 0.0]
std = [1.0, 1.0, 1.0]
[models.{name}.head]
{head}
[models.{name}.confidence]
threshold = {threshold}
floor = {floor}
keep = 20
[[models.{name}.builds]]
file = "{file}"
size = {size}
sha256 = "{sha256}"
url = ""
"""


def paint(cells: Mapping[tuple[int, int], str], *, side: int = 256) -> Image.Image:
    """A grey photo of `side` x `side` pixels with an object in each named (column, row) of the 4 x 4 cells."""
    image = Image.new("RGB", (side, side), (128, 128, 128))
    step = side // CELLS
    for (column, row), name in cells.items():
        image.paste(OBJECTS[name], (column * step, row * step, (column + 1) * step, (row + 1) * step))
    return image


def write_models(folder: Path) -> Path:
    """Write the models, their label lists and a catalog into `folder`; returns the catalog's path."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "colours.txt").write_text("\n".join(COLOURS), encoding="utf-8")
    (folder / "primaries.txt").write_text("red\ngreen\nblue", encoding="utf-8")
    (folder / "objects.txt").write_text("\n".join(OBJECTS), encoding="utf-8")
    onnx.save(classifier(), folder / "colours.onnx")
    onnx.save(tagger(), folder / "tagger.onnx")
    onnx.save(detector(), folder / "squares.onnx")
    text = CATALOG
    for suffix, embedded in (("", True), ("-separate", False)):
        text += _entry(folder, "colours", suffix, embedded) + _entry(folder, "squares", suffix, embedded)
    path = folder / "catalog.toml"
    path.write_text(text + _entry(folder, "tagger", "", True), encoding="utf-8")
    return path


def classifier() -> onnx.ModelProto:
    """[n, 3, 32, 32] RGB 0..1 to `probs` [n, labels]: softmax of minus the squared distance to each label's colour."""
    centers = np.array(list(COLOURS.values()), np.float32) / 255
    gain = 20.0
    weights = numpy_helper.from_array(gain * 2 * centers.T.astype(np.float32), "weights")
    bias = numpy_helper.from_array((-gain * (centers**2).sum(axis=1)).astype(np.float32), "bias")
    nodes = [
        helper.make_node("GlobalAveragePool", ["image"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["mean"]),
        helper.make_node("Gemm", ["mean", "weights", "bias"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probs"], axis=1),
    ]
    return _model(nodes, 32, {"probs": ["n", len(COLOURS)]}, [weights, bias])


def tagger() -> onnx.ModelProto:
    """[n, 3, 32, 32] RGB 0..1 to `tags` [n, 3], sigmoid of 8 * (colour - 0.5), and `feature`, the mean colour."""
    gain = numpy_helper.from_array(np.array(8.0, np.float32), "gain")
    middle = numpy_helper.from_array(np.array(0.5, np.float32), "middle")
    nodes = [
        helper.make_node("GlobalAveragePool", ["image"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["feature"]),
        helper.make_node("Sub", ["feature", "middle"], ["centred"]),
        helper.make_node("Mul", ["centred", "gain"], ["logits"]),
        helper.make_node("Sigmoid", ["logits"], ["tags"]),
    ]
    return _model(nodes, 32, {"tags": ["n", 3], "feature": ["n", 3]}, [gain, middle])


def detector() -> onnx.ModelProto:
    """[n, 3, 64, 64] BGR 0..255 to `output` [n, 16, 8] in YOLOX's form with one stride of 16.

    A label's score is sigmoid((own colour - the other two) / 20 - 4), the objectness the largest of them, and the box
    the cell.
    """
    signs = np.array([[-1, -1, 1], [-1, 1, -1], [1, -1, -1]], np.float32)  # person, dog, car from blue, green, red
    weights = numpy_helper.from_array((signs / 20)[:, :, None, None], "weights")
    bias = numpy_helper.from_array(np.full(3, -4.0, np.float32), "bias")
    still = numpy_helper.from_array(np.zeros((4, 3, 1, 1), np.float32), "still")
    box = numpy_helper.from_array(np.array([0.5, 0.5, 0.0, 0.0], np.float32), "box")
    shape = numpy_helper.from_array(np.array([0, 8, CELLS * CELLS], np.int64), "shape")
    nodes = [
        helper.make_node("AveragePool", ["image"], ["cells"], kernel_shape=[16, 16], strides=[16, 16]),
        helper.make_node("Conv", ["cells", "weights", "bias"], ["logits"]),
        helper.make_node("Sigmoid", ["logits"], ["scores"]),
        helper.make_node("ReduceMax", ["scores"], ["objectness"], axes=[1], keepdims=1),
        helper.make_node("Conv", ["cells", "still", "box"], ["boxes"]),
        helper.make_node("Concat", ["boxes", "objectness", "scores"], ["maps"], axis=1),
        helper.make_node("Reshape", ["maps", "shape"], ["flat"]),
        helper.make_node("Transpose", ["flat"], ["output"], perm=[0, 2, 1]),
    ]
    return _model(nodes, SIDE, {"output": ["n", CELLS * CELLS, 8]}, [weights, bias, still, box, shape])


def yolox() -> onnx.ModelProto:
    """`detector` as YOLOX is exported: one photo, and the strides 8, 16 and 32, of which 16 alone finds things."""
    model = detector()
    model.graph.node[-1].output[0] = "middle"
    levels = {
        name: np.zeros((1, (SIDE // stride) ** 2, 8), np.float32) for name, stride in (("fine", 8), ("coarse", 32))
    }
    model.graph.initializer.extend(numpy_helper.from_array(values, name) for name, values in levels.items())
    model.graph.node.append(helper.make_node("Concat", ["fine", "middle", "coarse"], ["output"], axis=1))
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 1
    output = model.graph.output[0].type.tensor_type.shape
    output.dim[0].dim_value, output.dim[1].dim_value = 1, 64 + CELLS * CELLS + 4
    onnx.checker.check_model(model)
    return model


def _model(
    nodes: list[onnx.NodeProto], side: int, outputs: Mapping[str, list[str | int]], constants: list[onnx.TensorProto]
) -> onnx.ModelProto:
    graph = helper.make_graph(
        nodes,
        "test",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 3, side, side])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs.items()],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return model


def _entry(folder: Path, model: str, suffix: str, embedded: bool) -> str:
    data = (folder / f"{model}.onnx").read_bytes()
    detects = model == "squares"
    heads = {
        "colours": 'output = "probs"\nactivation = "probabilities"',
        "tagger": 'output = "tags"\nactivation = "independent"\nfeature = "feature"',
        "squares": 'family = "yolox"\noutput = "output"\nstrides = [16]\nseveral_labels_per_box = true\nnms_iou = 0.65',
    }
    return MODEL.format(
        name=model + suffix,
        task="detect" if detects else "classify",
        embedded=str(embedded).lower(),
        labels={"colours": "colours.txt", "tagger": "primaries.txt", "squares": "objects.txt"}[model],
        side=SIDE if detects else 32,
        batch=4,
        channels="bgr" if detects else "rgb",
        scale=1.0 if detects else 1 / 255,
        head=heads[model],
        threshold=0.3,
        floor=0.1 if detects else 0.02,
        file=f"{model}.onnx",
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
    )


if __name__ == "__main__":
    print(write_models(Path(sys.argv[1])))  # noqa: T201
