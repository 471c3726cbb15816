"""A published ONNX network as a frozen PyTorch module, so that a teacher runs where the student does, at any size.

Covers the operators of the teachers used here. Quantised graphs run in floating point: what quantising would
cut off is cut off, but nothing is rounded.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn
from torch.nn import functional

Values = dict[str, Tensor]
Operator = Callable[[list[Tensor], dict[str, Any]], Tensor]
Entry = tuple[Operator, list[str], str, dict[str, Any]]  # operator, inputs, output, attributes


def attributes(node: onnx.NodeProto) -> dict[str, Any]:
    return {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}


def reached(graph: onnx.GraphProto, outputs: tuple[str, ...], inputs: tuple[str, ...]) -> list[onnx.NodeProto]:
    """The nodes that `outputs` need, in order, given `inputs`."""
    needed, kept = set(outputs), []
    for node in reversed(graph.node):
        if needed.intersection(node.output) and not set(node.output) & set(inputs):
            kept.append(node)
            needed.update(name for name in node.input if name)
    return kept[::-1]


class OnnxNetwork(nn.Module):
    """Tensors `outputs` of a graph, computed from its one input.

    Constants that only weights lead to are computed once. Raises ValueError for an operator that it does not know.
    """

    def __init__(self, path: Path, outputs: tuple[str, ...]) -> None:
        super().__init__()
        graph = onnx.load(path).graph
        self.source: str = graph.input[0].name
        self.outputs = outputs
        constants: Values = {t.name: torch.from_numpy(numpy_helper.to_array(t).copy()) for t in graph.initializer}
        self.nodes: list[Entry] = []
        integers = {self.source} if graph.input[0].type.tensor_type.elem_type == onnx.TensorProto.UINT8 else set()
        for node in reached(graph, outputs, (self.source,)):
            if node.op_type not in OPERATORS:
                raise ValueError(f"{path}: the operator {node.op_type} is not supported")
            inputs, options = baked(node, constants, integers)
            operator = OPERATORS[node.op_type]
            if all(name in constants for name in inputs if name):
                constants[node.output[0]] = operator([constants[n] for n in inputs if n], options)
            else:
                self.nodes.append((operator, inputs, node.output[0], options))
        used = {name for _, inputs, _, _ in self.nodes for name in inputs}
        self.slots = {name: f"c{k}" for k, name in enumerate(sorted(used & constants.keys()))}
        for name, slot in self.slots.items():
            self.register_buffer(slot, constants[name])
        self.last_use = {name: k for k, (_, inputs, _, _) in enumerate(self.nodes) for name in inputs}

    @torch.no_grad()
    def forward(self, images: Tensor) -> list[Tensor]:
        values: Values = {self.source: images}
        found: Values = {}
        for k, (operator, inputs, output, options) in enumerate(self.nodes):
            given = [getattr(self, self.slots[n]) if n in self.slots else values[n] for n in inputs if n]
            values[output] = operator(given, options)
            if output in self.outputs:
                found[output] = values[output]
            for name in inputs:
                if self.last_use.get(name) == k:
                    values.pop(name, None)
        return [found[name] for name in self.outputs]


def convolve(x: list[Tensor], options: dict[str, Any]) -> Tensor:
    top, left, bottom, right = options.get("pads", [0, 0, 0, 0])
    image, kernel = x[0], x[1].to(x[0].dtype)
    bias = x[2].to(image.dtype) if len(x) > 2 else None
    if (top, left) != (bottom, right):
        image, top, left = functional.pad(image, (left, right, top, bottom)), 0, 0
    stride = tuple(options.get("strides", [1, 1]))
    return functional.conv2d(image, kernel, bias, stride, (top, left), 1, options.get("group", 1))


def pool(x: list[Tensor], options: dict[str, Any]) -> Tensor:
    kernel = options["kernel_shape"]
    return functional.max_pool2d(x[0], kernel, options["strides"], options["pads"][:2])


def average(x: list[Tensor], options: dict[str, Any]) -> Tensor:
    """The average over everything: what the teachers' one average pool does at their own size."""
    del options
    return x[0].mean((2, 3), keepdim=True)


def cut(x: list[Tensor], options: dict[str, Any]) -> Tensor:
    image = x[0]
    for start, end, axis, step in options["cuts"]:
        index: list[slice] = [slice(None)] * image.ndim
        index[axis] = slice(start, min(end, image.shape[axis]), step)
        image = image[tuple(index)]
    return image


def limited(x: list[Tensor], options: dict[str, Any]) -> Tensor:
    """What quantising would cut is cut; what it would round stays: half a step at most."""
    return x[0].clamp(*options["range"])


def baked(node: onnx.NodeProto, constants: Values, integers: set[str]) -> tuple[list[str], dict[str, Any]]:
    """(inputs, attributes) of a node with small constant inputs made attributes: reading them from a GPU would wait."""
    inputs, options = list(node.input), attributes(node)
    if node.op_type == "Slice":
        lists = [constants[name].tolist() for name in inputs[1:]]
        options["cuts"] = list(
            zip(*lists, strict=True) if len(lists) > 3 else zip(*lists, [1] * len(lists[0]), strict=True)
        )
        inputs = inputs[:1]
    elif node.op_type == "QuantizeLinear":
        scale, zero = float(constants[inputs[1]]), int(constants[inputs[2]])
        low, high = (0, 255) if constants[inputs[2]].dtype == torch.uint8 else (-128, 127)
        options["range"] = ((low - zero) * scale, (high - zero) * scale)
        inputs = inputs[:1]
    elif node.op_type == "DequantizeLinear" and inputs[0] not in constants:
        if inputs[0] in integers:
            options["affine"] = float(constants[inputs[1]]), float(constants[inputs[2]])
        inputs = inputs[:1]
    elif node.op_type in ("Resize", "Reshape", "Squeeze"):
        inputs = inputs[:1]
    if node.op_type == "Transpose" and inputs[0] in integers:
        integers.add(node.output[0])
    return inputs, options


def unpacked(x: list[Tensor], options: dict[str, Any]) -> Tensor:
    """Weights and the network's input multiplied out; other activations already are, see `limited`."""
    if "affine" in options:
        scale, zero = options["affine"]
        return (x[0] - zero) * scale
    if x[0].dtype.is_floating_point:
        return x[0]
    shape = [1] * x[0].ndim
    if x[1].ndim and x[1].numel() > 1:
        shape[options.get("axis", 1)] = -1
    zero = x[2].float().reshape(shape) if len(x) > 2 else 0.0
    return (x[0].float() - zero) * x[1].reshape(shape)


OPERATORS: dict[str, Operator] = {
    "Conv": convolve,
    "Sigmoid": lambda x, _: x[0].sigmoid(),
    "Relu": lambda x, _: functional.relu(x[0]),
    "Mul": lambda x, _: x[0] * x[1],
    "Add": lambda x, _: x[0] + x[1],
    "Concat": lambda x, o: torch.cat(x, o["axis"]),
    "MaxPool": pool,
    "AveragePool": average,
    "Resize": lambda x, _: functional.interpolate(x[0], scale_factor=2.0, mode="nearest"),
    "Slice": cut,
    "Transpose": lambda x, o: x[0].permute(o["perm"]),
    "QuantizeLinear": limited,
    "DequantizeLinear": unpacked,
    "Reshape": lambda x, _: x[0],
    "Squeeze": lambda x, _: x[0].flatten(1),
}


def fused_silu(network: OnnxNetwork) -> OnnxNetwork:
    """Replaces every x · sigmoid(x) by one operation, which halves a SiLU network's passes over memory."""
    gates = {out: given[0] for op, given, out, _ in network.nodes if op is OPERATORS["Sigmoid"]}
    uses: dict[str, int] = {}
    for _, given, _, _ in network.nodes:
        for name in given:
            uses[name] = uses.get(name, 0) + 1
    nodes: list[Entry] = []
    for operator, given, out, options in network.nodes:
        gate = given[-1]
        if operator is OPERATORS["Mul"] and gates.get(gate) == given[0] and uses[gate] == 1:
            nodes = [entry for entry in nodes if entry[2] != gate]
            nodes.append((lambda x, _: functional.silu(x[0]), [given[0]], out, options))
        else:
            nodes.append((operator, given, out, options))
    network.nodes = nodes
    network.last_use = {name: k for k, (_, inputs, _, _) in enumerate(nodes) for name in inputs}
    return network
