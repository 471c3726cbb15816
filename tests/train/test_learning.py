"""The optimiser, the losses, the schedule and the exported files."""

import argparse
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="training needs phototag[train]")
pytest.importorskip("onnx", reason="training needs phototag[train]")
pytest.importorskip("cv2", reason="training needs phototag[train]")
pytest.importorskip("faster_coco_eval", reason="training needs phototag[train]")

import onnx
import torch

from scripts.train import calibrate, evaluate, export, loop, losses, optim, tags
from scripts.train.onnxnet import OnnxNetwork, fused_silu
from scripts.train.student import Prediction
from scripts.train.teacher import Targets, session


def test_orthogonalising_keeps_directions_and_evens_out_lengths() -> None:
    generator = torch.Generator().manual_seed(0)
    u, _, v = torch.linalg.svd(torch.randn(12, 40, generator=generator), full_matrices=False)
    matrix = u @ torch.diag(torch.linspace(0.2, 1, 12)) @ v
    for given in (matrix, matrix.T, torch.stack([matrix, matrix])):
        lengths = torch.linalg.svdvals(optim.orthogonalise(given))
        assert 0.6 < lengths.min() <= lengths.max() < 1.4
    alignment = torch.diagonal(u.T @ optim.orthogonalise(matrix) @ v.T)
    assert alignment.min() > 0.6


def test_both_optimisers_lower_a_loss_and_every_weight_has_one() -> None:
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.BatchNorm2d(8), torch.nn.Conv2d(8, 1, 1))
    optimisers = optim.build([model], ("2.",))
    assert sum(len(group["params"]) for o, _ in optimisers for group in o.param_groups) == 6
    images = torch.randn(4, 3, 8, 8)
    values = []
    for _ in range(60):
        loss = (model(images) - 1).square().mean()
        loss.backward()
        loop.step(optimisers, list(model.parameters()))
        values.append(loss.item())
    assert values[-1] < 0.5 * values[0]


def test_weighted_squares_has_the_gradient_of_what_it_computes() -> None:
    own = torch.randn(2, 3, 4, 4, requires_grad=True)
    goal, weight = torch.randn(2, 3, 4, 4), torch.rand(2, 1, 4, 4)
    plain = (weight * (own - goal) ** 2).mean()
    (wanted,) = torch.autograd.grad(plain, own)
    found = losses.WeightedSquares.apply(own, goal, weight)
    (gradient,) = torch.autograd.grad(found, own)
    assert torch.allclose(found, plain, rtol=1e-5)
    assert torch.allclose(gradient, wanted, atol=1e-7)


def test_giou_loss_is_zero_for_equal_boxes_and_above_one_for_distant_ones() -> None:
    box = torch.tensor([3.0, 4.0, 0.5, 0.2]).view(1, 4, 1)
    assert losses.giou_loss(box, box).item() == pytest.approx(0, abs=1e-4)
    assert losses.giou_loss(box, box + torch.tensor([20.0, 0, 0, 0]).view(1, 4, 1)).item() > 1.5


def test_the_right_answer_costs_least() -> None:
    torch.manual_seed(0)
    sides = (8, 4, 2)
    targets = Targets(
        [torch.rand(1, 4, 8, 8)] * 13, torch.rand(1, 84) * 0.9, torch.rand(1, 80, 84) * 0.9, torch.randn(1, 4, 84)
    )
    features = [torch.rand(1, 4, s, s) for s in (16, 8, 4, 2, *sides * 3)]
    targets.features = features

    def of(row: torch.Tensor) -> list[torch.Tensor]:
        parts = row.split([side * side for side in sides], 2)
        return [part.unflatten(2, (side, side)) for part, side in zip(parts, sides, strict=True)]

    raw = torch.cat([targets.boxes, targets.objectness.logit()[:, None]], 1)
    right = Prediction(of(targets.classes.logit()), of(raw), features)
    wrong = Prediction(of(targets.classes.logit() + 1), of(raw + 0.5), [f + 0.1 for f in features])
    spread = losses.spreads(features)
    good, bad = (losses.distillation(p, targets, spread).terms for p in (right, wrong))
    assert good[0] == 0
    assert good[3:].abs().max() < 1e-4
    assert (bad > good + 1e-3).all()


def test_hints_replace_all_or_none_of_a_samples_features() -> None:
    own, theirs = torch.zeros(64, 2, 3, 3), torch.ones(64, 2, 3, 3)
    mixed = losses.Hints([theirs], 0.5)(0, own).flatten(1)
    assert ((mixed == 0).all(1) | (mixed == 1).all(1)).all()
    assert 10 < mixed[:, 0].sum() < 54
    assert losses.Hints([theirs], None)(0, own) is own


def test_a_run_ends_at_its_time_even_after_a_pause() -> None:
    options = argparse.Namespace(until=datetime.now(UTC) + timedelta(seconds=100), samples=0)
    progress = loop.Progress(done=0.5)
    step = progress.next_done(options, time.time() - 1, 8)
    pause = progress.next_done(options, time.time() - 3600, 8)
    assert 0.5 < step < 0.51
    assert pause - 0.5 < 12 * (step - 0.5), "an hour's pause counts as ten seconds"
    late = argparse.Namespace(until=datetime.now(UTC) - timedelta(seconds=1), samples=0)
    assert progress.next_done(late, time.time(), 8) == 1


def test_a_checkpoint_brings_everything_back(tmp_path: Path) -> None:
    def parts() -> tuple[torch.nn.Module, optim.Optimisers]:
        model = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4))
        return model, optim.build([model], ())

    model, optimisers = parts()
    model(torch.randn(2, 3, 6, 6)).square().sum().backward()
    loop.step(optimisers, list(model.parameters()))
    loop.save(tmp_path / "run.pt", {"model": model}, optimisers, loop.Progress(step=3, samples=24, done=0.25))
    again, fresh = parts()
    progress = loop.restore(tmp_path / "run.pt", {"model": again}, fresh, torch.device("cpu"))
    assert (progress.step, progress.samples, progress.done) == (3, 24, 0.25)
    for name, value in model.state_dict().items():
        assert torch.equal(value, again.state_dict()[name])
    assert fresh[0][0].state_dict()["state"].keys() == optimisers[0][0].state_dict()["state"].keys()
    assert loop.restore(tmp_path / "none.pt", {"model": again}, fresh, torch.device("cpu")).step == 0


@pytest.mark.parametrize("bits", [8, 16])
def test_weights_stored_small_answer_as_before(bits: int) -> None:
    layer = torch.nn.Conv2d(8, 16, 3)
    (export.round_weights if bits == 8 else export.halve_weights)(layer)
    weights = layer.weight.detach().numpy()
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Conv", ["x", "w"], ["y"], pads=[1, 1, 1, 1])],
        "one",
        [onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1, 8, 5, 5])],
        [onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [1, 16, 5, 5])],
        [onnx.numpy_helper.from_array(weights, "w")],
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 18)], ir_version=10)
    plain = model.SerializeToString()
    (export.store_in_8_bits if bits == 8 else export.store_in_16_bits)(model)
    stored = model.SerializeToString()
    image = np.random.default_rng(1).normal(size=(1, 8, 5, 5)).astype(np.float32)
    before, after = (session(file, 1).run(None, {"x": image})[0] for file in (plain, stored))
    assert len(stored) < 0.6 * len(plain)
    assert np.abs(before - after).max() < 1e-4


def quantised_graph() -> onnx.ModelProto:
    """SiLU, then a convolution whose input and weights are 8-bit numbers."""

    def node(kind: str, inputs: list[str], output: str, **options: Any) -> onnx.NodeProto:
        return onnx.helper.make_node(kind, inputs, [output], **options)

    def constant(value: object, name: str) -> onnx.TensorProto:
        return onnx.numpy_helper.from_array(np.asarray(value), name)

    weights = np.random.default_rng(0).integers(-127, 127, (4, 3, 3, 3)).astype(np.int8)
    graph = onnx.helper.make_graph(
        [
            node("Sigmoid", ["x"], "gate"), node("Mul", ["x", "gate"], "silu"),
            node("QuantizeLinear", ["silu", "scale", "zero"], "q"),
            node("DequantizeLinear", ["q", "scale", "zero"], "d"),
            node("DequantizeLinear", ["w", "w_scale"], "weights"),
            node("Conv", ["d", "weights"], "y", pads=[1, 1, 1, 1], strides=[2, 2]),
        ],
        "quantised",
        [onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1, 3, 8, 8])],
        [onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [1, 4, 4, 4])],
        [
            constant(np.float32(0.02), "scale"), constant(np.uint8(20), "zero"),
            constant(weights, "w"), constant(np.float32(0.01), "w_scale"),
        ],
    )  # fmt: skip
    return onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 18)], ir_version=10)


def test_a_teacher_in_pytorch_answers_as_onnx_runtime_does(tmp_path: Path) -> None:
    model = quantised_graph()
    onnx.save(model, tmp_path / "t.onnx")
    image = np.random.default_rng(1).normal(0, 4, (1, 3, 8, 8)).astype(np.float32)
    (wanted,) = session(str(tmp_path / "t.onnx"), 1).run(None, {"x": image})
    for network in (OnnxNetwork(tmp_path / "t.onnx", ("y",)), fused_silu(OnnxNetwork(tmp_path / "t.onnx", ("y",)))):
        (found,) = network(torch.from_numpy(image))
        assert np.abs(found.numpy() - wanted).max() < 0.15, "half a step of 0.02 times 27 weights"


def test_decoding_and_suppression_find_the_one_object() -> None:
    cells = 8 * 8 + 4 * 4 + 2 * 2
    output = np.zeros((1, cells, 85), np.float32)
    output[0, 64 + 5] = [0.5, 0.5, np.log(2), np.log(2), 0.9, *([0.0] * 80)]  # stride 16, cell (1, 1)
    output[0, 64 + 6] = [-0.5, 0.5, np.log(2), np.log(2), 0.8, *([0.0] * 80)]  # its neighbour says the same
    output[0, [69, 70], 5 + 3] = 1.0
    found = evaluate.detect(lambda _: output, np.zeros((128, 128, 3), np.uint8), 64)
    assert found.classes.tolist() == [3]
    assert found.boxes[0].tolist() == pytest.approx([16, 16, 80, 80])


def test_thresholds_keep_their_promise() -> None:
    scores = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4], np.float32)
    truth = np.array([True, True, True, False, True, False])
    choice = calibrate.choose_threshold(scores, truth)
    assert choice.threshold == pytest.approx(0.5)
    assert (choice.precision, choice.recall) == (0.8, 1.0)
    assert not calibrate.choose_threshold(scores, ~truth).reliable
    assert calibrate.unbiased_confidence(scores, 3) == pytest.approx(0.7)


def test_a_class_carries_the_tags_above_it(tmp_path: Path) -> None:
    (tmp_path / "data.noun").write_text(
        "  1 licence\n"
        "00000001 05 n 01 animal 0 000 | one\n"
        "00000002 05 n 01 dog 0 001 @ 00000001 n 0000 | two\n"
        "00000003 05 n 02 pug 0 pug-dog 0 001 @ 00000002 n 0000 | three\n"
    )
    (tmp_path / "tags.toml").write_text(
        '[tags]\nanimal = { synset = "n00000001", group = "g" }\n'
        'dog = { synset = "n00000002", group = "g", coco = ["dog"] }\n'
        'pug = { synset = "n00000003", group = "g", caltech = ["Pug"] }\n'
        'other = { synset = "n00000002", group = "g", without = ["n00000003"] }\n'
    )
    vocabulary = tags.load(["n00000002", "n00000003"], tmp_path, tmp_path / "tags.toml")
    assert tags.of_class(vocabulary, "n00000003").tolist() == [True, True, True, False]
    assert tags.of_class(vocabulary, "n00000002").tolist() == [True, True, False, True]
    assert tags.of_class(vocabulary, "Pug").tolist() == [False, False, True, False]
    present, certain = tags.of_objects(vocabulary, ["dog"], [0.2])
    assert (present.tolist(), certain.tolist()) == ([0, 1, 0, 0], [False, True, False, False])
    assert not tags.of_objects(vocabulary, ["dog"], [0.001])[1].any()
