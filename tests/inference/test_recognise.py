"""A user's own models: recognised by their shapes, copied, described, and run."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from phototag.errors import ModelBrokenError, UsageError
from phototag.inference.analyser import open_analyser
from phototag.inference.catalog import Catalog, load_catalog
from phototag.inference.library import OWN_CATALOG, Library, State
from phototag.inference.naming import checked_name
from phototag.inference.own import Told, add_model
from phototag.inference.spec import ModelFile
from phototag.types import Findings
from tests.onnx_models import classifier, detector, paint

RANDOM = np.random.default_rng(1)
CELLS = 64 + 16 + 4  # of an input of 64 x 64, over the strides 8, 16 and 32
TYPES = {"float32": TensorProto.FLOAT, "float16": TensorProto.FLOAT16, "uint8": TensorProto.UINT8}


@pytest.fixture
def library(catalog: Catalog, tmp_path: Path) -> Library:
    return Library(catalog, tmp_path / "models")


def save(
    file: Path,
    outputs: Mapping[str, npt.NDArray[Any]],
    *,
    shape: tuple[int | str, ...] = (1, 3, 64, 64),
    dtype: str = "float32",
    metadata: Mapping[str, str] | None = None,
    sized: bool = False,
) -> Path:
    """A model that answers anything with the same `outputs`."""
    inputs = [helper.make_tensor_value_info("image", TYPES[dtype], shape)]
    if sized:
        inputs.append(helper.make_tensor_value_info("size", TensorProto.INT64, [1, 2]))
    nodes = [
        helper.make_node("Constant", [], [name], value=numpy_helper.from_array(value))
        for name, value in outputs.items()
    ]
    infos = [
        helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(value.dtype), value.shape)
        for name, value in outputs.items()
    ]
    graph = helper.make_graph(nodes, "test", inputs, infos)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, dict(metadata or {}))
    onnx.save(model, file)
    return file


def noise(*shape: int, low: float = 0.0, high: float = 1.0) -> npt.NDArray[np.float32]:
    return RANDOM.uniform(low, high, shape).astype(np.float32)


def added(library: Library, file: Path, **options: Any) -> dict[str, Any]:
    """The table that the user's catalog has afterwards."""
    add_model(library, file, "mine", Told(**options))
    table: dict[str, Any] = tomllib.loads((library.folder / OWN_CATALOG).read_text("utf-8"))["models"]["mine"]
    return table


def run(library: Library, name: str, *images: Image.Image) -> list[Findings]:
    found = library.find(name)
    return open_analyser(ModelFile(found.spec, found.path, found.sha256, found.spec.labels, {}, None)).analyse(images)


NANODET = {
    f"{kind}{stride}": noise(1, (64 // stride) ** 2, width)
    for kind, width in (("s", 80), ("d", 32))
    for stride in (8, 16, 32)
}
YOLOX = np.concatenate([noise(1, CELLS, 4, low=-2, high=2), noise(1, CELLS, 81)], axis=2)
DECODED = np.concatenate([noise(1, CELLS, 4, low=0, high=64), noise(1, CELLS, 81)], axis=2)
FINISHED: dict[str, npt.NDArray[Any]] = {
    "labels": np.zeros((1, 9), np.int64),
    "boxes": noise(1, 9, 4),
    "scores": noise(1, 9),
}
SSD = {
    "detection_boxes": noise(1, 9, 4),
    "detection_scores": noise(1, 9),
    "detection_classes": np.ones((1, 9), np.float32),
    "num_detections": np.array([9.0], np.float32),
}


@pytest.mark.parametrize(
    ("outputs", "family", "labels"),
    [
        ({"o": YOLOX}, "yolox", 80),
        ({"o": DECODED}, "yolo-objectness", 80),
        ({"o": noise(1, 3 * CELLS, 85)}, "yolo-objectness", 80),
        ({"o": noise(1, 84, CELLS)}, "yolo-anchor-free", 80),
        ({"o": noise(1, 300, 6)}, "yolo-end-to-end", 80),
        ({"logits": noise(1, 30, 80, low=-5, high=5), "pred_boxes": noise(1, 30, 4)}, "detr-logits", 80),
        ({"dets": noise(1, 30, 4), "labels": noise(1, 30, 91, low=-5, high=5)}, "detr-logits", 91),
        (NANODET, "nanodet", 80),
        ({"o": noise(1, 85, 4, 4)}, "fastestdet", 80),
        (SSD, "ssd", 91),
    ],
)
def test_detectors(library: Library, tmp_path: Path, outputs: Any, family: str, labels: int) -> None:
    table = added(library, save(tmp_path / "m.onnx", outputs))
    assert table["task"] == "detect"
    assert table["head"]["family"] == family
    assert len(library.catalog.model("mine").labels) == labels
    run(library, "mine", Image.new("RGB", (50, 40)))


def test_customs_follow_the_family(library: Library, tmp_path: Path) -> None:
    table = added(library, save(tmp_path / "m.onnx", {"o": YOLOX}))
    assert (table["input"]["channels"], table["input"]["anchor"]) == ("bgr", "top-left")
    add_model(library, save(tmp_path / "n.onnx", {"o": noise(1, 84, CELLS)}), "other")
    other = library.catalog.model("other").input
    assert (other.channels, other.anchor) == ("rgb", "center")
    assert other.scale == pytest.approx(1 / 255)


def test_finished_detr(library: Library, tmp_path: Path) -> None:
    table = added(library, save(tmp_path / "m.onnx", FINISHED, sized=True))
    assert table["head"]["size_input"] == "size"


@pytest.mark.parametrize(
    ("values", "activation"),
    [
        (noise(1, 1000, low=-5, high=5), "softmax"),
        (np.full((1, 1000), 0.001, np.float32), "probabilities"),
        (noise(1, 1000), "independent"),
        (noise(1, 1000, 1, 1, low=-5, high=5), "softmax"),
    ],
)
def test_classifiers(library: Library, tmp_path: Path, values: npt.NDArray[np.float32], activation: str) -> None:
    table = added(library, save(tmp_path / "m.onnx", {"o": values}))
    assert table["task"] == "classify"
    assert table["head"] == {"output": "o", "activation": activation}
    assert table["input"]["short_side"] == 73
    assert library.catalog.model("mine").labels[207] == "golden retriever"
    run(library, "mine", Image.new("RGB", (50, 40)))


@pytest.mark.parametrize("dtype", ["float32", "float16", "uint8"])
@pytest.mark.parametrize("layout", ["nchw", "nhwc"])
def test_layouts_and_types(library: Library, tmp_path: Path, dtype: str, layout: str) -> None:
    shape = ("n", 3, 48, 64) if layout == "nchw" else ("n", 48, 64, 3)
    file = save(tmp_path / "m.onnx", {"o": noise(1, 1000).astype("float16")}, shape=shape, dtype=dtype)
    pixels = added(library, file)["input"]
    assert (pixels["layout"], pixels["dtype"], pixels["width"], pixels["height"]) == (layout, dtype, 64, 48)
    assert (pixels["scale"] == 1.0) == (dtype == "uint8" or layout == "nhwc")
    run(library, "mine", Image.new("RGB", (50, 40)))


def test_a_fixed_batch_is_filled_up(library: Library, tmp_path: Path) -> None:
    model = detector()
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.shape.dim[0].dim_value = 3
    onnx.save(model, tmp_path / "m.onnx")
    spec = library.catalog.model("squares")
    overrides = {
        "task": "detect",
        "input": {
            "width": 64, "height": 64, "batch": 3, "layout": "nchw", "dtype": "float32", "channels": "bgr",
            "fit": "stretch", "resampling": "bilinear", "scale": 1.0, "mean": [0.0] * 3, "std": [1.0] * 3,
        },
        "head": {
            "family": "yolox", "output": "output", "strides": [16], "several_labels_per_box": True, "nms_iou": 0.6,
        },
        "confidence": {"threshold": 0.3, "floor": 0.1, "keep": 20},
    }  # fmt: skip
    add_model(library, tmp_path / "m.onnx", "mine", Told(spec.labels_file, table=overrides))
    photos = [paint({(0, 0): "dog"}), paint({}), paint({(1, 1): "car"}), paint({(3, 3): "person"})]
    found = [[d.label for d in findings.detections] for findings in run(library, "mine", *photos)]
    assert found == [["dog"], [], ["car"], ["person"]]


def test_an_open_size_comes_from_the_metadata_or_from_custom(library: Library, tmp_path: Path) -> None:
    onnx.save(_open(classifier()), tmp_path / "m.onnx")
    labels = tmp_path / "names.txt"
    labels.write_text("a\nb\nc\nd\ne\nf\n", "utf-8")
    _, guess = add_model(library, tmp_path / "m.onnx", "usual", Told(labels))
    assert library.catalog.model("usual").input.width == 224
    assert any("takes any size: 224 x 224 is usual" in note for note in guess.notes)
    model = _open(classifier())
    helper.set_model_props(model, {"imgsz": "[96, 96]"})
    onnx.save(model, tmp_path / "n.onnx")
    add_model(library, tmp_path / "n.onnx", "noted", Told(labels))
    assert library.catalog.model("noted").input.width == 96
    assert run(library, "noted", Image.new("RGB", (50, 40), (255, 0, 0)))[0].labels[0].name == "a"


def test_names_and_licence_come_from_the_metadata(library: Library, tmp_path: Path) -> None:
    metadata = {"names": "{0: 'cat', 1: 'dog\\n', 2: 'cat'}", "license": "AGPL-3.0", "task": "classify"}
    table = added(library, save(tmp_path / "m.onnx", {"o": noise(1, 3)}, metadata=metadata))
    assert library.catalog.model("mine").labels == ("cat", "dog", "cat 2")
    assert table["licence"] == "AGPL-3.0"
    assert table["input"]["mean"] == [0.0, 0.0, 0.0]


def test_metadata_is_data_and_never_code(library: Library, tmp_path: Path) -> None:
    metadata = {"names": "__import__('os').system('touch pwned')"}
    with pytest.raises(ModelBrokenError, match="3 labels and no names"):
        add_model(library, save(tmp_path / "m.onnx", {"o": noise(1, 3)}, metadata=metadata), "mine")
    assert not Path("pwned").exists()


def test_a_user_overrides_key_by_key(library: Library, tmp_path: Path) -> None:
    file = save(tmp_path / "m.onnx", {"o": YOLOX})
    table = added(library, file, table={"input": {"channels": "rgb"}, "head": {"nms_iou": 0.5}, "licence": "mine"})
    assert (table["input"]["channels"], table["input"]["pad"], table["licence"]) == ("rgb", 114, "mine")
    assert (table["head"]["nms_iou"], table["head"]["strides"]) == (0.5, [8, 16, 32])


@pytest.mark.parametrize(
    ("outputs", "shape", "message"),
    [
        ({"o": noise(1, 7, 7, 7, 7)}, (1, 3, 64, 64), "fits no family"),
        ({"o": noise(1, 1000)}, (1, 1, 64, 64), "three channels"),
        ({"o": noise(1, 1000)}, (1, 3), "no image input"),
        ({"o": noise(1, 77)}, (1, 3, 64, 64), "77 labels and no names"),
    ],
)
def test_what_is_not_supported_is_said(
    library: Library, tmp_path: Path, outputs: Any, shape: tuple[int, ...], message: str
) -> None:
    with pytest.raises(ModelBrokenError, match=message):
        add_model(library, save(tmp_path / "m.onnx", outputs, shape=shape), "mine")
    assert "mine" not in library.catalog.models
    assert list(library.folder.iterdir()) == [], "nothing is kept"


def test_custom_operators_and_future_opsets_are_refused(library: Library, tmp_path: Path) -> None:
    info = helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, 8, 8])
    out = helper.make_tensor_value_info("o", TensorProto.FLOAT, [1, 3, 8, 8])
    graph = helper.make_graph([helper.make_node("Evil", ["image"], ["o"], domain="com.example")], "g", [info], [out])
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.example", 1)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), tmp_path / "custom.onnx")
    with pytest.raises(ModelBrokenError, match="Evil"):
        add_model(library, tmp_path / "custom.onnx", "mine")
    model = classifier()
    model.opset_import[0].version = 999
    (tmp_path / "future.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(ModelBrokenError, match=re.compile("opset", re.IGNORECASE)):
        add_model(library, tmp_path / "future.onnx", "mine")


def test_weights_in_a_file_beside_the_model_come_along(library: Library, tmp_path: Path) -> None:
    (tmp_path / "from").mkdir()
    onnx.save(
        classifier(),
        tmp_path / "from" / "m.onnx",
        save_as_external_data=True,
        location="weights.bin",
        size_threshold=0,
    )
    labels = tmp_path / "names.txt"
    labels.write_text("a\nb\nc\nd\ne\nf\n", "utf-8")
    add_model(library, tmp_path / "from" / "m.onnx", "mine", Told(labels))
    assert sorted(path.name for path in (library.folder / "mine").iterdir()) == ["labels.txt", "m.onnx", "weights.bin"]
    assert run(library, "mine", Image.new("RGB", (50, 40), (255, 0, 0)))[0].labels[0].name == "a"
    (tmp_path / "from" / "weights.bin").unlink()
    with pytest.raises(ModelBrokenError):
        add_model(library, tmp_path / "from" / "m.onnx", "other", Told(labels))


def test_own_models_stay_until_they_are_removed(library: Library, tmp_path: Path) -> None:
    file = save(tmp_path / "m.onnx", {"o": YOLOX})
    add_model(library, file, "mine")
    again = Library(load_catalog(own=library.folder / OWN_CATALOG), library.folder)
    assert again.state("mine") is State.INSTALLED
    with pytest.raises(UsageError, match="already"):
        add_model(again, file, "mine")
    again.remove("mine")
    assert "mine" not in load_catalog(own=library.folder / OWN_CATALOG).models


@pytest.mark.parametrize("name", ["", "../up", "a/b", ".hidden", "-nd", "my model", " x", "x\n", "_x"])
def test_a_name_is_the_name_of_a_folder(library: Library, tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="can't be the name"):
        add_model(library, save(tmp_path / "m.onnx", {"o": YOLOX}), name)
    with pytest.raises(UsageError, match="no file"):
        add_model(library, tmp_path / "none.onnx", "mine")


@pytest.mark.parametrize("name", ["yolox_nano", "nano-2", "8n", "v1.5", "größer"])
def test_a_name_may_have_letters_digits_and_what_stands_between(library: Library, name: str) -> None:
    assert checked_name(library, name) == name


def test_a_model_is_not_called_like_a_pack(library: Library, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is a pack “tiny”") as refused:
        add_model(library, save(tmp_path / "m.onnx", {"o": YOLOX}), "tiny")
    assert "my-tiny" in refused.value.hint
    assert not library.folder.exists() or list(library.folder.iterdir()) == []


@pytest.mark.parametrize(
    ("file", "model"),
    [
        ("yolox_nano.onnx", "yolox-nano"),
        ("deimv2_hgnetv2_atto_coco.onnx", "deimv2-atto"),
        ("nanodet_m_416.onnx", "nanodet-m"),
        ("FastestDet.onnx", "fastestdet"),
        ("mobilenet_edgetpu_224_1.0_uint8_probs.onnx", "mobilenet-edgetpu"),
    ],
)
def test_the_guess_at_real_weights_is_what_the_catalog_says(
    shared: Path, tmp_path: Path, file: str, model: str
) -> None:
    library = Library(load_catalog(), tmp_path)
    expected = library.catalog.model(model)
    spec, _ = add_model(library, shared / "models" / file, "mine")
    assert {key: spec.head.raw[key] for key in spec.head} == {key: expected.head.raw[key] for key in expected.head}
    for key in ("width", "height", "layout", "dtype", "channels", "fit", "scale", "mean", "std", "pad", "anchor"):
        assert getattr(spec.input, key) == getattr(expected.input, key), key
    assert spec.labels == expected.labels


def _open(model: onnx.ModelProto) -> onnx.ModelProto:
    for dim in model.graph.input[0].type.tensor_type.shape.dim[2:]:
        dim.dim_param = "any"
    return model
