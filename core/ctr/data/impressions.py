"""A table of impressions as the arrays models read: categories, numbers, sequences and the target.

Any table with a two-valued target will do; the columns of `schema` only get their known meaning.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.ctr.data.schema import NAMED, SEQUENCE, TARGET
from core.ctr.data.sequences import Sequences, parse_sequences
from core.errors import BadInput

if TYPE_CHECKING:
    import polars as pl

MISSING = -1
TOO_FINE = 0.5  # text columns with more levels than this share of the rows are names or times, not categories
MIN_ROWS_FOR_FINENESS = 20
ROWS_AT_ONCE = 32_768  # scored at once


@dataclass(frozen=True)
class Category:
    """codes: int32, shape (rows,), places in `levels` or MISSING."""

    name: str
    codes: NDArray[np.int32]
    levels: tuple[str, ...]


@dataclass(frozen=True)
class Impressions:
    """rows of a table. numbers: float32, shape (rows, len(number_names)), NaN where missing; clicked: int8, 0 or 1.

    ignored: columns that are neither (names, times); sequences and clicked are None where the table has none.
    """

    rows: int
    categories: tuple[Category, ...]
    number_names: tuple[str, ...]
    numbers: NDArray[np.float32]
    sequences: Sequences | None
    clicked: NDArray[np.int8] | None
    ignored: tuple[str, ...] = ()

    def __len__(self) -> int:
        return self.rows

    @property
    def labels(self) -> NDArray[np.int8]:
        """The target; raises BadInput when the table has none."""
        if self.clicked is None:
            raise BadInput("ctr.no_target", target=TARGET)
        return self.clicked

    def take(self, rows: NDArray[np.intp]) -> Impressions:
        """The given rows, in that order."""
        return Impressions(
            rows=len(rows),
            categories=tuple(Category(one.name, one.codes[rows], one.levels) for one in self.categories),
            number_names=self.number_names,
            numbers=self.numbers[rows],
            sequences=None if self.sequences is None else self.sequences.take(rows),
            clicked=None if self.clicked is None else self.clicked[rows],
            ignored=self.ignored,
        )


def in_parts(rows: Impressions) -> Iterator[Impressions]:
    """Consecutive rows, few enough that the wide columns made of them stay small in memory."""
    if len(rows) <= ROWS_AT_ONCE:
        yield rows
        return
    for start in range(0, len(rows), ROWS_AT_ONCE):
        yield rows.take(np.arange(start, min(start + ROWS_AT_ONCE, len(rows))))


def read_impressions(
    frame: pl.DataFrame, *, target: str = TARGET, positive: str | None = None, every_category: bool = False
) -> Impressions:
    """Sort the columns of `frame` into categories, numbers and the sequence.

    positive: the target's value that counts as a click, for targets that are not 0 and 1. every_category: text
    columns with very many levels too, as a part of a table cannot tell how many the whole has.
    A frame without the target is read for scoring. Raises BadInput when the target has other values.
    """
    import polars as pl

    categories, names, ignored = [], [], []
    for series in frame.get_columns():
        if series.name in (target, SEQUENCE):
            continue
        if series.name in NAMED:
            categories.append(_category(_as_codes(series)))
        elif series.dtype.is_numeric():
            names.append(series.name)
        elif series.dtype in (pl.String, pl.Boolean, pl.Categorical, pl.Enum) and (
            every_category or not _is_too_fine(series)
        ):
            categories.append(_category(series.cast(pl.String)))
        else:
            ignored.append(series.name)
    # All at once: for a few rows, a hundred casts of one column each cost more than all else.
    numbers = frame.select(pl.col(names).cast(pl.Float32).fill_null(float("nan")))
    matrix = numbers.to_numpy(order="c") if names else np.empty((frame.height, 0), np.float32)
    return Impressions(
        rows=frame.height,
        categories=tuple(categories),
        number_names=tuple(names),
        numbers=np.ascontiguousarray(matrix),
        sequences=parse_sequences(frame[SEQUENCE]).sequences if SEQUENCE in frame.columns else None,
        clicked=read_target(frame[target], positive, both=False) if target in frame.columns else None,
        ignored=tuple(ignored),
    )


def read_target(series: pl.Series, positive: str | None = None, *, both: bool = True) -> NDArray[np.int8]:
    """0 and 1 per row. positive: the value that is a click where the target is not 0 and 1.

    Raises BadInput for missing cells and other values and, with `both`, for a single class.
    """
    if blank := series.null_count():
        percent = round(100 * blank / len(series), 1)
        raise BadInput("quality.missing_required", column=series.name, count=blank, percent=percent)
    clicked = clicks_of(series, positive)
    if both and positive is not None and not (clicked == 1).any():
        raise BadInput("ctr.no_positive", **no_positive(series, positive))
    odd = clicked.is_null()
    if odd.any():
        values = ", ".join(str(value) for value in series.filter(odd).unique(maintain_order=True).head(5))
        raise BadInput("ctr.target_values", target=series.name, values=values, count=int(odd.sum()))
    if both and clicked.n_unique() < 2:
        raise BadInput("ctr.one_class", target=series.name, value=str(series[0]) if len(series) else "")
    return clicked.to_numpy()


def clicks_of(series: pl.Series, positive: str | None = None) -> pl.Series:
    """0, 1, or null for a value that is neither; blanks around a text do not count. positive: as in `read_target`."""
    import polars as pl

    if positive is not None:
        return (series.cast(pl.String).str.strip_chars() == positive).cast(pl.Int8)
    if not series.dtype.is_numeric() and series.dtype != pl.Boolean:
        series = series.cast(pl.String).str.strip_chars()
    numbers = series.cast(pl.Float64, strict=False)
    return pl.select(pl.when(numbers.is_in([0.0, 1.0])).then(numbers)).to_series().cast(pl.Int8)


def no_positive(series: pl.Series, positive: str) -> dict[str, object]:
    """Details of the sentence that no row holds the value of a click: the values there are instead."""
    values = ", ".join(str(value) for value in series.drop_nulls().unique(maintain_order=True).head(5))
    return {"target": series.name, "positive": positive, "values": values}


def _as_codes(series: pl.Series) -> pl.Series:
    """Known code columns in one spelling: "8.0", "08" and 8 are all "8"; anything else stays as written."""
    import polars as pl

    text = series.cast(pl.String).str.strip_chars()
    whole = text.cast(pl.Float64, strict=False).cast(pl.Int64, strict=False).cast(pl.String)
    return pl.select(pl.coalesce(whole, text)).to_series().alias(series.name)


def _is_too_fine(series: pl.Series) -> bool:
    return len(series) >= MIN_ROWS_FOR_FINENESS and series.drop_nulls().n_unique() > TOO_FINE * len(series)


def _category(series: pl.Series) -> Category:
    import polars as pl

    levels = series.drop_nulls().unique().sort()
    codes = series.replace_strict(levels, pl.Series(range(len(levels)), dtype=pl.Int32), default=MISSING)
    return Category(series.name, codes.fill_null(MISSING).to_numpy().astype(np.int32), tuple(levels.to_list()))
