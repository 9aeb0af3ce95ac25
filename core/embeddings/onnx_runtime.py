"""Networks compiled once for ONNX Runtime and kept on disk, so that later processes need no torch to run them.

fp32 is the network as it is. int8 holds the matrices of a transformer in 8 bits and measures the range of every
input anew (dynamic quantisation); convolutions would become slower and less exact by it, see the benchmark.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from core.errors import Unavailable
from core.settings.current import get_settings

Precision = Literal["auto", "fp32", "int8"]

RUNTIME = "onnxruntime"
REVISION = 2  # raised when the export changes: compiled files of before are then left alone
OPSET = 18

Forward = Callable[[NDArray[np.float32]], NDArray[np.float32]]


def compiled(network: Callable[[], Any], *, key: str, size: int, precision: str) -> Forward:
    """A call (n, 3, size, size) -> (n, dim) of the torch module that `network` builds.

    key: name and weights checksum, the identity of what is compiled. The module is built only where no compiled
    file is at hand. precision: "fp32" or "int8". Raises Unavailable without ONNX Runtime.
    """
    try:
        import onnxruntime  # noqa: F401 - named here, so that its absence is told in one sentence
    except ImportError as error:
        raise Unavailable("embeddings.image_unavailable", model=key, reason=error) from error

    path = get_settings().data_dir / "cache" / "encoders" / f"{key}-{precision}-{REVISION}.onnx"
    if not path.exists():
        _compile(network(), path, size, precision)
    session = opened(str(path))

    def forward(batch: NDArray[np.float32]) -> NDArray[np.float32]:  # (n, 3, size, size) -> (n, dim)
        rows: NDArray[np.float32] = session.run(None, {"pictures": batch})[0]
        return rows

    return forward


def opened(graph: str | bytes, *, is_basic: bool = False) -> Any:
    """A session on the processor, with the threads of the settings. graph: a file, or its content.

    is_basic: without the optimisations that join several operators into one.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = get_settings().threads
    options.inter_op_num_threads = 1
    if is_basic:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


def _compile(network: Any, path: Path, size: int, precision: str) -> None:
    """Write the network beside its place and move it there: two processes may compile at the same time."""
    import torch

    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".compiling-", dir=path.parent) as folder:
        plain, smaller = Path(folder) / "plain.onnx", Path(folder) / "int8.onnx"
        with torch.inference_mode(False), torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the tracing exporter is called old; the new one needs onnxscript
            torch.onnx.export(
                network.eval(),
                (torch.zeros(2, 3, size, size),),
                str(plain),
                dynamo=False,
                opset_version=OPSET,
                input_names=["pictures"],
                output_names=["vectors"],
                dynamic_axes={"pictures": {0: "n"}, "vectors": {0: "n"}},
            )
        if precision == "int8":
            _quantise(plain, smaller)
        (smaller if precision == "int8" else plain).replace(path)


def _quantise(plain: Path, smaller: Path) -> None:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    # Seven of the eight bits for weights: on processors without VNNI the product saturates in 16 bits and would lose
    # more than the bit. Signed weights per channel were measured fastest at the same agreement.
    quantize_dynamic(
        plain,
        smaller,
        weight_type=QuantType.QInt8,
        per_channel=True,
        reduce_range=True,
        op_types_to_quantize=["MatMul", "Gemm"],
    )
