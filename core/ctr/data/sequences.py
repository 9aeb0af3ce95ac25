"""Event sequences as ragged arrays: one flat array of ids and where each row begins.

The last id of a row is taken as the most recent one, as in the file's own order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import polars as pl

MAX_EVENTS = 1024  # most recent ids kept per row; public rows reach 14,441
SEPARATORS = (",", "^", "|", ";", " ")
NO_ID = -1  # fills windows of rows that are shorter


@dataclass(frozen=True)
class Sequences:
    """values: int32, shape (events,); offsets: int64, shape (rows + 1,); row r is values[offsets[r]:offsets[r + 1]]."""

    values: NDArray[np.int32]
    offsets: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def lengths(self) -> NDArray[np.int64]:
        return np.diff(self.offsets)

    def take(self, rows: NDArray[np.intp]) -> Sequences:
        """The sequences of `rows`, shape (k,), in that order."""
        lengths = self.lengths[rows]
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        places = np.arange(offsets[-1]) + np.repeat(self.offsets[:-1][rows] - offsets[:-1], lengths)
        return Sequences(self.values[places], offsets)

    def recent(self, count: int) -> NDArray[np.int32]:
        """The last `count` ids of each row, shape (rows, count), newest in the last column, NO_ID before the start."""
        places = self.offsets[1:, None] + np.arange(-count, 0)
        inside = places >= self.offsets[:-1, None]
        if len(self.values) == 0:
            return np.full(places.shape, NO_ID, np.int32)
        return np.where(inside, self.values[np.maximum(places, 0)], NO_ID).astype(np.int32)

    def row_of_event(self) -> NDArray[np.int64]:
        """The row of every event, shape (events,)."""
        return np.repeat(np.arange(len(self)), self.lengths)


@dataclass(frozen=True)
class ParsedSequences:
    """What `parse_sequences` found; counts are of rows, but `unreadable` of ids."""

    sequences: Sequences
    longest: int  # ids in the longest row, before cutting
    cut: int
    empty: int
    unreadable: int  # ids that are not whole numbers from 0 to 2**31 - 1; left out


def parse_sequences(column: pl.Series, *, limit: int = MAX_EVENTS) -> ParsedSequences:
    """Split a column of "9,321,516" strings (or of lists or single numbers) into its last `limit` ids per row.

    Any of SEPARATORS is understood: the commonest of the first rows. A missing cell is an empty sequence.
    """
    import polars as pl

    if column.dtype == pl.String and (plain := _parse_plain(column, limit)) is not None:
        return plain
    lists = _as_lists(column)
    lengths = lists.list.len().fill_null(0)
    tails = lists.list.tail(limit)
    flat = tails.explode(empty_as_null=False, keep_nulls=False)
    if flat.dtype == pl.String:
        flat = flat.str.strip_chars()
    ids = flat.cast(pl.Int32, strict=False)
    kept = ids.is_not_null() & (ids >= 0)
    counts = tails.list.len().fill_null(0).to_numpy().astype(np.int64)
    unreadable = len(kept) - int(kept.sum())
    if unreadable:
        row = np.repeat(np.arange(len(counts)), counts)
        counts = np.bincount(row[kept.to_numpy()], minlength=len(counts))
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    values = ids.filter(kept).to_numpy().astype(np.int32)
    longest = lengths.max()
    return ParsedSequences(
        sequences=Sequences(values, offsets),
        longest=longest if isinstance(longest, int) else 0,
        cut=int((lengths > limit).sum()),
        empty=int((counts == 0).sum()),
        unreadable=unreadable,
    )


def _as_lists(column: pl.Series) -> pl.Series:
    import polars as pl

    if isinstance(column.dtype, pl.List):
        return column
    if column.dtype.is_float():  # a column of single ids, read as numbers
        column = column.cast(pl.Int64, strict=False)
    text = column.cast(pl.String).str.strip_chars()
    # An empty cell is no event; splitting it would give one empty id.
    return text.replace("", None).str.split(_separator_of(text))


def _separator_of(text: pl.Series) -> str:
    first = text.drop_nulls().head(1000)
    return max(SEPARATORS, key=lambda mark: int(first.str.count_matches(mark, literal=True).sum()))


def _parse_plain(column: pl.Series, limit: int) -> ParsedSequences | None:
    """Text of whole numbers and separators alone, read byte by byte; None where it holds anything else."""
    import polars as pl

    from core.ctr.data.sequence_kernels import read_ids

    if not len(column):
        return None
    cells = column.to_arrow(compat_level=pl.CompatLevel.oldest())
    _, ends, text = cells.buffers()
    bounds = np.frombuffer(ends, np.int64)[cells.offset : cells.offset + len(cells) + 1]
    content = np.frombuffer(text, np.uint8) if text is not None else np.empty(0, np.uint8)
    values = np.empty(int(bounds[-1] - bounds[0]) // 2 + len(cells), np.int32)  # an id and its separator: two bytes
    offsets, lengths = read_ids(content, bounds, ord(_separator_of(column)), limit, values)
    if not len(offsets):
        return None
    return ParsedSequences(
        sequences=Sequences(values[: offsets[-1]].copy(), offsets),
        longest=int(lengths.max()),
        cut=int((lengths > limit).sum()),
        empty=int((lengths == 0).sum()),
        unreadable=0,
    )
