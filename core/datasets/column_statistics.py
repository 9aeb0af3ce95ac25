"""Exact statistics of one column that is in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from core.datasets.column_values import ColumnKind, Flags, Floats, kind_of, present_flags
from core.datasets.long_text import count_long_text, is_long_text
from core.datasets.table_profile import QUANTILES, TOP_VALUES, ColumnProfile, TopValue, as_text, finite

if TYPE_CHECKING:
    import pyarrow as pa

Counts = np.ndarray[Any, np.dtype[np.int64]]

MOST_LISTED = 1000  # numbers with more different values than this get no list of top values


def describe_numbers(name: str, kind: ColumnKind, stored_as: str, values: Floats, valid: Flags | None) -> ColumnProfile:
    """Statistics of a numeric column from one sort: extremes, quantiles, distinct and top values."""
    present = values.copy() if valid is None else values[valid]
    nulls = len(values) - len(present)
    if len(present) == 0:
        return ColumnProfile(name, kind, stored_as, 0, nulls, 0)
    with np.errstate(over="ignore", invalid="ignore"):
        mean = float(present.mean())
        apart = present - mean
        deviation = float(np.sqrt(apart @ apart / (len(present) - 1))) if len(present) > 1 else np.nan
    present.sort()
    starts_run = present[1:] != present[:-1]
    distinct = int(np.count_nonzero(starts_run)) + 1
    return ColumnProfile(
        name,
        kind,
        stored_as,
        len(present),
        nulls,
        distinct,
        finite(present[0]),
        finite(present[-1]),
        finite(mean),
        finite(deviation),
        sorted_quantiles(present),
        _top_numbers(present, np.flatnonzero(starts_run) + 1) if distinct <= MOST_LISTED else (),
    )


def sorted_quantiles(ordered: Floats) -> tuple[tuple[float, float], ...]:
    """QUANTILES of values in ascending order, linearly interpolated as NumPy and pandas do."""
    pairs = []
    for share in QUANTILES:
        position = share * (len(ordered) - 1)
        low = int(position)
        high = min(low + 1, len(ordered) - 1)
        below, above = float(ordered[low]), float(ordered[high])
        value = below + (position - low) * (above - below)
        if np.isfinite(value):
            pairs.append((share, value))
    return tuple(pairs)


def describe_words(name: str, column: pa.ChunkedArray) -> ColumnProfile:
    """Statistics of text, times and truth values; nested columns are only counted."""
    kind, stored_as = kind_of(column.type), str(column.type)
    count, nulls = len(column) - column.null_count, column.null_count
    if kind == "other":
        return ColumnProfile(name, kind, stored_as, count, nulls, None)
    if is_long_text(column):
        distinct, frequent = count_long_text(column, TOP_VALUES)
        shown = tuple(TopValue(text, number) for text, number in frequent)
        return ColumnProfile(name, kind, stored_as, count, nulls, distinct, top=shown)
    values, counts = count_values(column)
    lowest = highest = None
    if kind == "time" and count:
        import pyarrow.compute as pc

        extremes = pc.min_max(column).as_py()
        lowest, highest = as_text(extremes["min"]), as_text(extremes["max"])
    top = tuple(TopValue(as_text(values[int(row)].as_py()), int(counts[row])) for row in largest(counts))
    mean = None
    if kind == "boolean" and count:
        mean = sum(int(counts[row]) for row in range(len(values)) if values[row].as_py()) / count
    return ColumnProfile(name, kind, stored_as, count, nulls, len(values), lowest, highest, mean, top=top)


def count_values(column: pa.ChunkedArray | pa.Array) -> tuple[pa.Array, Counts]:
    """The different values, nulls left out, and in how many rows each stands."""
    pairs = column.value_counts()
    values, counts = pairs.field("values"), pairs.field("counts")
    numbers = np.frombuffer(counts.buffers()[1], np.int64)[counts.offset : counts.offset + len(counts)]
    present = present_flags(values)
    if present is not None:
        return values.drop_null(), numbers[present]
    return values, numbers


def largest(counts: Counts) -> list[int]:
    """Rows of the TOP_VALUES largest counts, largest first, earlier values first among equals."""
    if len(counts) > TOP_VALUES:
        edge = np.partition(counts, -TOP_VALUES)[-TOP_VALUES]
        rows = np.flatnonzero(counts >= edge)
    else:
        rows = np.arange(len(counts))
    order = np.argsort(-counts[rows], kind="stable")[:TOP_VALUES]
    return [int(row) for row in rows[order]]


def _top_numbers(ordered: Floats, first_of_run: Counts) -> tuple[TopValue, ...]:
    starts = np.concatenate(([0], first_of_run))
    counts = np.diff(np.append(starts, len(ordered)))
    return tuple(TopValue(as_text(float(ordered[starts[run]])), int(counts[run])) for run in largest(counts))
