"""Different values of a column of long texts, counted by their hashes.

Arrow's own counting keeps a second copy of every different text; for a column of documents or lists of ids
that is as much memory as the file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from core.storage.column_values import present_flags

if TYPE_CHECKING:
    import pyarrow as pa

LONG_BYTES = 64  # mean length from which hashing is the cheaper way


def is_long_text(column: pa.ChunkedArray) -> bool:
    """Whether the column is plain text (not a view, not a dictionary) with long cells."""
    return str(column.type) in ("string", "large_string") and column.nbytes > LONG_BYTES * max(len(column), 1)


def count_long_text(column: pa.ChunkedArray, most: int) -> tuple[int, list[tuple[str, int]]]:
    """How many different texts there are, and the `most` frequent with their counts.

    Two texts with one 64-bit hash would count as one; among a million texts the odds are 1 in 37 million.
    """
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


def _cells(column: pa.ChunkedArray) -> Iterator[list[bytes]]:
    """The cells that hold a text, as bytes, one list per chunk."""
    width = np.int64 if str(column.type) == "large_string" else np.int32
    for chunk in column.chunks:
        if len(chunk) == 0:
            continue
        _, offsets_buffer, data = chunk.buffers()
        offsets = np.frombuffer(offsets_buffer, width)[chunk.offset : chunk.offset + len(chunk) + 1]
        text = data[int(offsets[0]) : int(offsets[-1])].to_pybytes() if data is not None else b""
        places = (offsets - offsets[0]).tolist()
        cells = [text[start:stop] for start, stop in pairwise(places)]
        present = present_flags(chunk)
        if present is not None:
            cells = [cell for cell, is_there in zip(cells, present.tolist(), strict=True) if is_there]
        yield cells
