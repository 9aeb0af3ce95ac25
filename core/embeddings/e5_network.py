"""The layers of multilingual E5 as an ONNX graph, in fp32 or with 8-bit matrices.

Word rows go in, one vector per place comes out; the word table stays outside, it is most of the model.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from core.embeddings.e5_file import E5File

Precision = Literal["fp32", "int8"]
Ranges = Mapping[str, NDArray[np.float32]]  # name of a value in the graph -> largest size seen of each channel

OPSET = 18
FUSED = "com.microsoft"
OUTSTANDING = 4  # channels of an input that dwarf the others: in fp32 beside the 8 bits, which then serve the others
LEVELS = 63  # 7 of 8 bits: with 8, products overflow 16 bits on processors without VNNI and vectors differ by machine


def network(file: E5File, precision: Precision, *, ranges: Ranges | None = None, watched: Sequence[str] = ()) -> bytes:
    """The serialised graph rows (1, n, dim) -> vectors (1, n, dim).

    ranges: of the values named by `inputs_of_matrices`, for int8. watched: values that are given out as well.
    """
    graph = _Graph(file, precision, ranges or {})
    value = graph.normalised("rows", "emb.ln", "first")
    for layer in range(file.layers):
        value = _layer(graph, value, f"l{layer}")
    return graph.serialised(value, watched)


def inputs_of_matrices(file: E5File) -> list[str]:
    """The values whose channels differ most in size, of every layer."""
    return [f"l{layer}.{name}" for layer in range(file.layers) for name in ("attended", "gelu", "out")]


def _layer(graph: _Graph, value: str, layer: str) -> str:
    file = graph.file
    joined = graph.linear(value, [f"{layer}.{part}" for part in "qkv"], file.dim, f"{layer}.qkv")
    parts = graph.node("Split", [joined], [f"{layer}.{part}s" for part in "qkv"], axis=-1, num_outputs=3)
    seen = graph.node("MultiHeadAttention", parts, [f"{layer}.seen"], domain=FUSED, num_heads=file.heads)
    value = graph.added(value, graph.linear(seen[0], [f"{layer}.ao"], file.dim, f"{layer}.ao"), f"{layer}.sum")
    value = graph.normalised(value, f"{layer}.aln", f"{layer}.attended")
    inner = graph.linear(value, [f"{layer}.fi"], file.dim, f"{layer}.fi")
    inner = graph.node("Gelu", [inner], [f"{layer}.gelu"], domain=FUSED)[0]
    value = graph.added(value, graph.linear(inner, [f"{layer}.fo"], file.inner_dim, f"{layer}.fo"), f"{layer}.sum2")
    return graph.normalised(value, f"{layer}.oln", f"{layer}.out")


class _Graph:
    """Nodes and constants as they are added."""

    def __init__(self, file: E5File, precision: Precision, ranges: Ranges) -> None:
        self.file, self.precision, self.ranges = file, precision, ranges
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def node(self, kind: str, inputs: Sequence[str], outputs: list[str], **options: Any) -> list[str]:
        from onnx.helper import make_node

        self.nodes.append(make_node(kind, inputs, outputs, **options))
        return outputs

    def constant(self, name: str, values: NDArray[Any]) -> str:
        from onnx.numpy_helper import from_array

        self.constants.append(from_array(np.ascontiguousarray(values), name))
        return name

    def added(self, first: str, second: str, name: str) -> str:
        return self.node("Add", [first, second], [name])[0]

    def normalised(self, value: str, weights: str, name: str) -> str:
        scale, shift = (self.constant(f"{name}.{part}", self.file.values(f"{weights}.{part}")) for part in ("w", "b"))
        return self.node("LayerNormalization", [value, scale, shift], [name], axis=-1, epsilon=self.file.epsilon)[0]

    def linear(self, value: str, names: Sequence[str], inputs: int, name: str) -> str:
        """value @ weights + bias of the named matrices side by side."""
        weights = np.concatenate([self.file.matrix(f"{one}.w", inputs) for one in names])
        bias = self.constant(f"{name}.bias", np.concatenate([self.file.values(f"{one}.b") for one in names]))
        if self.precision == "fp32":
            product = self.node("MatMul", [value, self.constant(f"{name}.w", weights.T)], [f"{name}.product"])[0]
            return self.added(product, bias, f"{name}.linear")
        return self._linear_8_bit(value, weights, bias, name)

    def _linear_8_bit(self, value: str, weights: NDArray[np.float32], bias: str, name: str) -> str:
        extra = ""
        if value in self.ranges:
            channels = np.sort(np.argsort(-self.ranges[value])[:OUTSTANDING])
            extra = self._product_of_channels(value, weights, channels, name)
            is_other = np.ones(weights.shape[1], dtype=np.float32)
            is_other[channels] = 0
            weights = weights * is_other
            value = self.node("Mul", [value, self.constant(f"{name}.is_other", is_other)], [f"{name}.others"])[0]
        step = (np.abs(weights).max(axis=1) / LEVELS).astype(np.float32)  # one for each output
        whole = np.rint(weights / step[:, None]).astype(np.int8).T
        constants = [
            self.constant(f"{name}.w", whole),
            self.constant(f"{name}.step", step),
            self.constant(f"{name}.zero", np.zeros(len(step), dtype=np.int8)),
        ]
        # Measures the range of its input anew for every text, which therefore never depends on its neighbours.
        product = self.node("DynamicQuantizeMatMul", [value, *constants, bias], [f"{name}.linear"], domain=FUSED)[0]
        return self.added(product, extra, f"{name}.whole") if extra else product

    def _product_of_channels(
        self, value: str, weights: NDArray[np.float32], channels: NDArray[np.int64], name: str
    ) -> str:
        places = self.constant(f"{name}.channels", channels)
        taken = self.node("Gather", [value, places], [f"{name}.taken"], axis=-1)[0]
        return self.node("MatMul", [taken, self.constant(f"{name}.few", weights[:, channels].T)], [f"{name}.extra"])[0]

    def serialised(self, output: str, watched: Sequence[str]) -> bytes:
        from onnx import TensorProto
        from onnx.helper import make_graph, make_model, make_opsetid, make_tensor_value_info

        def described(name: str, size: int | None = None) -> Any:
            return make_tensor_value_info(name, TensorProto.FLOAT, [1, "n", size])

        self.node("Identity", [output], ["vectors"])
        outputs = [described("vectors", self.file.dim), *(described(name) for name in watched)]
        graph = make_graph(self.nodes, "e5", [described("rows", self.file.dim)], outputs, self.constants)
        opsets = [make_opsetid("", OPSET), make_opsetid(FUSED, 1)]
        content: bytes = make_model(graph, opset_imports=opsets, ir_version=9).SerializeToString()
        return content


def measured_ranges(
    file: E5File, run: Callable[[bytes], Callable[[Sequence[str], NDArray[np.float32]], list[Any]]],
    samples: Sequence[NDArray[np.float32]],
) -> Ranges:  # fmt: skip
    """The largest size of each channel over the samples, rows (1, n, dim), by running the network in fp32.

    run: opens a serialised graph as a call (names of values, rows) -> values.
    """
    names = inputs_of_matrices(file)
    values_of = run(network(file, "fp32", watched=names))
    ranges: dict[str, NDArray[np.float32]] = {}
    for rows in samples:
        for name, values in zip(names, values_of(names, rows), strict=True):
            largest = np.abs(values).max(axis=(0, 1))
            ranges[name] = np.maximum(ranges.get(name, largest), largest)
    return ranges
