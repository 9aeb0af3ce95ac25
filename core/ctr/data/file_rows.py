"""One pass over the rows of a stored table that is too long for memory: what only whole rows and text cells tell.

Row groups are summarised apart, wherever there is a processor, and merged in their order. Text becomes 64-bit
fingerprints, which is enough to compare cells; a number per row and text column is what stays in memory.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.ctr.data.header import header_rows
from core.ctr.data.leaks import time_findings
from core.ctr.data.quality import EventCounts, event_counts, formula_cells
from core.ctr.data.schema import SEQUENCE
from core.datasets.findings import Finding
from core.datasets.parquet_pieces import frames_of
from core.datasets.quality import FIRST_ROWS, LEVELS_NAMED, NumberWords, number_words

if TYPE_CHECKING:
    import polars as pl

NO_WORDS = NumberWords(0, 0, (), ())


@dataclass(frozen=True)
class RowPart:
    """Row groups of a Parquet file, and which column is the target."""

    path: Path
    groups: tuple[int, ...]
    target: str


@dataclass
class TextColumn:
    """A text column: 64 bits per row, where it is filled, its first value, and how much of it reads as numbers."""

    bits: list[NDArray[np.uint64]] = field(default_factory=list)
    filled: list[NDArray[np.bool_]] = field(default_factory=list)
    first: str | None = None
    words: NumberWords = NO_WORDS


@dataclass
class RowSummary:
    """What rows came to; `rows` of findings count from the first row of the part until it is merged."""

    rows: int = 0
    hashes: list[NDArray[np.uint64]] = field(default_factory=list)
    texts: dict[str, TextColumn] = field(default_factory=dict)
    repeats_header: tuple[int, ...] = ()
    events: EventCounts | None = None
    findings: dict[tuple[str, str | None, Any], Finding] = field(default_factory=dict)  # of formulas and times


def summarise_rows(part: RowPart) -> RowSummary:
    """The summary of some row groups."""
    found = RowSummary()
    for frame in frames_of(part.path, part.groups):
        found = merged(found, _of_frame(frame, part.target))
    return found


def merged(first: RowSummary, second: RowSummary) -> RowSummary:
    """Both as one; the rows of `second` come after those of `first`, which takes them over."""
    start = first.rows
    first.hashes += second.hashes
    for name, text in second.texts.items():
        own = first.texts.setdefault(name, TextColumn())
        own.bits += text.bits
        own.filled += text.filled
        own.first = text.first if own.first is None else own.first
        own.words = _together(own.words, text.words, start)
    first.repeats_header = _first(first.repeats_header, second.repeats_header, start)
    if second.events is not None:
        first.events = second.events if first.events is None else first.events + second.events
    for key, finding in second.findings.items():
        own_finding = first.findings.get(key)
        shifted = replace(finding, rows=tuple(start + row for row in finding.rows))
        if own_finding is None:
            first.findings[key] = shifted
        else:
            details = {**own_finding.details, "count": own_finding.details["count"] + finding.details["count"]}
            rows = (*own_finding.rows, *shifted.rows)[:FIRST_ROWS]
            first.findings[key] = replace(own_finding, rows=rows, details=details)
    first.rows += second.rows
    return first


def stand_in(name: str, text: TextColumn) -> pl.Series:
    """A text column as short texts that are equal where its cells are, shape (rows,)."""
    import polars as pl

    bits = pl.Series(name, np.concatenate(text.bits)).cast(pl.String)
    filled = pl.Series(np.concatenate(text.filled))
    return pl.select(pl.when(filled).then(bits).alias(name)).to_series()


def _of_frame(frame: pl.DataFrame, target: str) -> RowSummary:
    import polars as pl

    found = RowSummary(rows=frame.height)
    if not any(dtype.is_nested() for dtype in frame.dtypes):
        found.hashes = [frame.hash_rows(seed=0).to_numpy()]
    for series in frame.get_columns():
        if series.dtype == pl.String:
            known = series.drop_nulls()
            found.texts[series.name] = TextColumn(
                bits=[series.hash(0).to_numpy()],
                filled=[series.is_not_null().to_numpy()],
                first=known[0] if len(known) else None,
                words=NO_WORDS if series.name == SEQUENCE else number_words(series),
            )
    found.repeats_header = header_rows(frame)
    if SEQUENCE in frame.columns:
        found.events = event_counts(frame[SEQUENCE])
    for one in (*formula_cells(frame), *time_findings(frame, target)):
        found.findings[(one.code, one.column, one.details.get("other"))] = one
    return found


def _together(first: NumberWords, second: NumberWords, start: int) -> NumberWords:
    values = tuple(dict.fromkeys((*first.values, *second.values)))[:LEVELS_NAMED]
    rows = _first(first.rows, second.rows, start)
    return NumberWords(first.numbers + second.numbers, first.odd + second.odd, rows, values)


def _first(rows: tuple[int, ...], further: tuple[int, ...], start: int) -> tuple[int, ...]:
    return (*rows, *(start + row for row in further))[:FIRST_ROWS]
