"""Which value of a target is a click, where it is written in words: what to choose from, and the likely one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

MOST_VALUES = 50  # a column with more different words is no target


def click_values(series: pl.Series) -> tuple[str, ...]:
    """The different words of a target, the most frequent first, of which somebody must name the one that is a click.

    Empty where nobody need be asked: numbers (wrong ones are for the gate), truth values, more than MOST_VALUES words.
    """
    import polars as pl

    if series.dtype.is_numeric() or series.dtype.is_nested() or series.dtype == pl.Boolean:
        return ()
    counted = series.drop_nulls().cast(pl.String).str.strip_chars().alias("word").value_counts(name="rows")
    words = counted.sort(["rows", "word"], descending=[True, False])["word"]
    if len(words) > MOST_VALUES or words.cast(pl.Float64, strict=False).null_count() == 0:
        return ()
    return tuple(words.to_list())


def likely_click(values: Sequence[str]) -> str | None:
    """Of two the rarer is the event; of more, only the visitor knows. values: as `click_values` gives them."""
    return values[1] if len(values) == 2 else None
