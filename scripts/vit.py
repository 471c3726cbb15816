"""A ViT-B/32 image encoder with random weights as an ONNX file: what CLIP-based searchers run for each photo.

After Dosovitskiy et al., "An Image is Worth 16x16 Words" (2021), with the sizes and the activation of CLIP's ViT-B/32
(Radford et al., 2021): 12 layers of width 768 with 12 heads, patches of 32 pixels, an embedding of 512 numbers. Speed
and memory do not depend on what the weights are.
"""

from pathlib import Path
from typing import Any

import numpy as np
from onnx import NodeProto, TensorProto, checker, helper, numpy_helper, save

WIDTH, LAYERS, HEADS, PATCH, EMBEDDING = 768, 12, 12, 32, 512


def write_vit(path: Path, side: int = 256) -> None:
    """Write the encoder: `image` [1, 3, side, side] float32 to `embedding` [1, 512]."""
    net = _Net()
    tokens = (side // PATCH) ** 2 + 1
    patches = net.node("Conv", "image", net.weight(WIDTH, 3, PATCH, PATCH), strides=[PATCH, PATCH])
    rows = net.node("Transpose", net.reshape(patches, 1, WIDTH, tokens - 1), perm=[0, 2, 1])
    x = net.node("Add", net.node("Concat", net.weight(1, 1, WIDTH), rows, axis=1), net.weight(1, tokens, WIDTH))
    x = net.norm(x)
    for _ in range(LAYERS):
        x = net.node("Add", x, net.attention(net.norm(x), tokens))
        hidden = net.linear(net.norm(x), WIDTH, 4 * WIDTH)
        gate = net.node("Sigmoid", net.node("Mul", hidden, net.constant(np.float32(1.702))))
        x = net.node("Add", x, net.linear(net.node("Mul", hidden, gate), 4 * WIDTH, WIDTH))
    first = net.node("Gather", net.norm(x), net.constant(np.int64(0)), axis=1)
    net.nodes.append(helper.make_node("MatMul", [first, net.weight(WIDTH, EMBEDDING)], ["embedding"]))
    graph = helper.make_graph(
        net.nodes,
        "vit-b-32",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, side, side])],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, [1, EMBEDDING])],
        net.weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    checker.check_model(model)
    save(model, str(path))


class _Net:
    """Nodes and weights in the making; every method gives the name of its output."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.weights: list[TensorProto] = []
        self._random = np.random.default_rng(0)

    def constant(self, values: object) -> str:
        name = f"c{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.asarray(values), name))
        return name

    def weight(self, *shape: int) -> str:
        return self.constant((self._random.standard_normal(shape) * 0.02).astype(np.float32))

    def node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        name = f"n{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def reshape(self, x: str, *shape: int) -> str:
        return self.node("Reshape", x, self.constant(np.array(shape, np.int64)))

    def linear(self, x: str, wide: int, out: int) -> str:
        return self.node("Add", self.node("MatMul", x, self.weight(wide, out)), self.weight(out))

    def norm(self, x: str) -> str:
        ones, zeros = self.constant(np.ones(WIDTH, np.float32)), self.constant(np.zeros(WIDTH, np.float32))
        return self.node("LayerNormalization", x, ones, zeros, axis=-1)

    def attention(self, x: str, tokens: int) -> str:
        depth = WIDTH // HEADS
        query, key, value = (self.reshape(self.linear(x, WIDTH, WIDTH), 1, tokens, HEADS, depth) for _ in range(3))
        query = self.node("Transpose", query, perm=[0, 2, 1, 3])
        key = self.node("Transpose", key, perm=[0, 2, 3, 1])
        value = self.node("Transpose", value, perm=[0, 2, 1, 3])
        scores = self.node("Mul", self.node("MatMul", query, key), self.constant(np.float32(depth**-0.5)))
        mixed = self.node("MatMul", self.node("Softmax", scores, axis=-1), value)
        rows = self.reshape(self.node("Transpose", mixed, perm=[0, 2, 1, 3]), 1, tokens, WIDTH)
        return self.linear(rows, WIDTH, WIDTH)
