"""Brings one column to its expected kind and names the values that do not fit."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from core.datasets.schemas import ExpectedColumn, Uncoerced

if TYPE_CHECKING:
    import polars as pl

EXAMPLES = 5  # rows shown for each column that held values of another type
TRUE_WORDS = ("yes", "y", "true", "t", "1", "1.0", "예", "네", "참")
FALSE_WORDS = ("no", "n", "false", "f", "0", "0.0", "아니오", "아니요", "거짓")
# What people and programs write into an empty cell; read as missing, not as a bad value.
EMPTY_WORDS = ("", "na", "n/a", "nan", "null", "none", "-")


def coerce_column(values: pl.Series, column: ExpectedColumn) -> tuple[pl.Series, Uncoerced | None]:
    """The typed column and what could not be read as its kind (None when everything could).

    integer -> Int64, number -> Float64, boolean -> Boolean, category and text -> String.
    A fraction in an integer column is not rounded: it counts as unreadable. A level written in another
    case takes the schema's spelling, and any word for yes or no becomes the schema's Yes or No; an unknown
    level stays as it is, for `quality` to report.
    """
    import polars as pl

    if column.kind in ("category", "text"):
        return _as_words(values, column), None
    if column.kind == "integer" and values.dtype.is_integer():
        return values.cast(pl.Int64).alias(column.name), None
    if column.kind == "boolean":
        typed, missing = _as_boolean(values)
    else:
        typed, missing = _as_number(values)
        if column.kind == "integer":
            whole = typed.is_finite() & (typed == typed.floor()) & (typed.abs() < 2**53)
            typed = typed.zip_with(whole.fill_null(False), pl.Series([None], dtype=pl.Float64)).cast(pl.Int64)
    bad = (typed.is_null() & ~missing).arg_true()
    typed = typed.alias(column.name)
    if bad.is_empty():
        return typed, None
    rows = bad.head(EXAMPLES)
    examples = tuple(str(value) for value in values.gather(rows).to_list())
    return typed, Uncoerced(column.name, column.kind, len(bad), tuple(rows.to_list()), examples)


def _written(values: pl.Series) -> tuple[pl.Series, pl.Series]:
    """The cells as trimmed text, and where they are empty."""
    import polars as pl

    text = values.cast(pl.String).str.strip_chars()
    return text, values.is_null() | text.str.to_lowercase().is_in(list(EMPTY_WORDS)).fill_null(True)


def _as_number(values: pl.Series) -> tuple[pl.Series, pl.Series]:
    import polars as pl

    if values.dtype.is_numeric() or values.dtype == pl.Boolean:
        typed = values.cast(pl.Float64).fill_nan(None)
        return typed, typed.is_null()
    text, missing = _written(values)
    # 1,234,567 is a number; 1,5 is not: a decimal comma would silently become fifteen.
    grouped = text.str.contains(r"^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$").fill_null(False)
    text = text.str.replace_all(",", "").zip_with(grouped, text)
    return text.cast(pl.Float64, strict=False).fill_nan(None), missing


def _as_boolean(values: pl.Series) -> tuple[pl.Series, pl.Series]:
    import polars as pl

    if values.dtype == pl.Boolean:
        return values, values.is_null()
    text, missing = _written(values)
    words = dict.fromkeys(TRUE_WORDS, True) | dict.fromkeys(FALSE_WORDS, False)
    typed = text.str.to_lowercase().replace_strict(words, default=None, return_dtype=pl.Boolean)
    return typed, missing


def _as_words(values: pl.Series, column: ExpectedColumn) -> pl.Series:
    import polars as pl

    text = values.cast(pl.String).str.strip_chars()
    if not text.str.contains(r"^[\x00-\x7f]*$").all():
        text = text.str.normalize("NFC")
    text = text.replace("", None)
    if column.levels:
        known = {_level(level): level for level in column.levels}
        if set(known) == {"yes", "no"}:
            known |= dict.fromkeys(TRUE_WORDS, known["yes"]) | dict.fromkeys(FALSE_WORDS, known["no"])
        text = text.str.to_lowercase().replace_strict(known, default=text, return_dtype=pl.String)
    return text.alias(column.name)


def _level(level: str) -> str:
    return unicodedata.normalize("NFC", level).lower()
