"""Different values of a column of long texts, counted by their hashes.

Arrow's own counting keeps a second copy of every different text; for a column of documents or lists of ids
that is as much memory as the file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from core.datasets.column_values import present_flags
from core.datasets.distinct_sketch import Words, mix

if TYPE_CHECKING:
    import pyarrow as pa

Offsets = np.ndarray[Any, np.dtype[np.int64]]
Bytes = np.ndarray[Any, np.dtype[np.uint8]]

EDGE_BYTES = 8  # compared at either end before texts are hashed whole
LONG_BYTES = 64  # mean length from which hashing is the cheaper way


def is_long_text(column: pa.ChunkedArray) -> bool:
    """Whether the column is plain text (not a view, not a dictionary) with long cells."""
    return str(column.type) in ("string", "large_string") and column.nbytes > LONG_BYTES * max(len(column), 1)


def count_long_text(column: pa.ChunkedArray, most: int) -> tuple[int, list[tuple[str, int]]]:
    """How many different texts there are, and the `most` frequent with their counts, if any repeats.

    Two texts with one 64-bit hash would count as one; among a million texts the odds are 1 in 37 million.
    """
    if _all_differ(column):
        return len(column) - column.null_count, []
    counts: Counter[int] = Counter()
    for cells in _cells(column):
        counts.update(map(hash, cells))
    top = counts.most_common(most)
    wanted = dict(top)
    texts: dict[int, str] = {}
    for cells in _cells(column):
        for cell in cells:
            value = hash(cell)
            if value in wanted and value not in texts:
                texts[value] = cell.decode()
        if len(texts) == len(wanted):
            break
    return len(counts), [(texts[value], count) for value, count in top]


def _all_differ(column: pa.ChunkedArray) -> bool:
    """Whether lengths, beginnings and ends already tell all texts apart; False says nothing."""
    looks = np.sort(np.concatenate([_looks(chunk) for chunk in column.chunks if len(chunk)]))
    return not bool((looks[1:] == looks[:-1]).any())


def _looks(chunk: pa.Array) -> Words:
    """64 bits of each text's length, first and last bytes; equal texts look equal."""
    offsets, data = _layout(chunk)
    present = present_flags(chunk)
    starts, ends = offsets[:-1], offsets[1:]
    if present is not None:
        starts, ends = starts[present], ends[present]
    look = mix((ends - starts).astype(np.uint64))
    if len(data) == 0:
        return look
    steps = np.arange(EDGE_BYTES)
    last = np.maximum(ends - 1, starts)[:, None]
    for places in (np.minimum(starts[:, None] + steps, last), np.maximum(last - steps, starts[:, None])):
        edge = data[np.minimum(places, len(data) - 1)]
        look = mix(look ^ np.ascontiguousarray(edge).view(np.uint64)[:, 0])
    return look


def _cells(column: pa.ChunkedArray) -> Iterator[list[bytes]]:
    """The cells that hold a text, as bytes, one list per chunk."""
    for chunk in column.chunks:
        if len(chunk) == 0:
            continue
        offsets, data = _layout(chunk)
        text = data[offsets[0] : offsets[-1]].tobytes()
        places = (offsets - offsets[0]).tolist()
        cells = [text[start:stop] for start, stop in pairwise(places)]
        present = present_flags(chunk)
        if present is not None:
            cells = [cell for cell, is_there in zip(cells, present.tolist(), strict=True) if is_there]
        yield cells


def _layout(chunk: pa.Array) -> tuple[Offsets, Bytes]:
    """Where each text starts (one more than texts: the end of the last) within the bytes of all."""
    width = np.int64 if str(chunk.type) == "large_string" else np.int32
    _, places, data = chunk.buffers()
    offsets = np.frombuffer(places, width)[chunk.offset : chunk.offset + len(chunk) + 1]
    return offsets.astype(np.int64), np.frombuffer(data, np.uint8) if data is not None else np.empty(0, np.uint8)
