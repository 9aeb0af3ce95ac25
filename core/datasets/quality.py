"""What is wrong, or suspicious, about a table before anything is trained on it.

A finding says what, where (first rows) and how grave. A blocking one must be accepted with a reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from core.datasets.findings import Finding, Severity, gravest_first
from core.datasets.leakage import find_leaks

if TYPE_CHECKING:
    import polars as pl

    from core.datasets.schemas import ExpectedColumn, Schema, Uncoerced


FIRST_ROWS = 5
MUCH_MISSING = 0.05  # share of missing values in an optional column that is worth a warning
ID_ROWS = 20  # in shorter tables any column may be unique by chance
MIXED_SHARE = 0.5  # at least this share of a text column reads as numbers: the rest is suspicious
LEVELS_NAMED = 5
NOT_OF_KIND = {"integer": "quality.not_integer", "number": "quality.not_number", "boolean": "quality.not_boolean"}


def find_problems(
    frame: pl.DataFrame,
    *,
    schema: Schema | None = None,
    target: str | None = None,
    uncoerced: Sequence[Uncoerced] = (),
) -> tuple[Finding, ...]:
    """Everything suspicious about `frame`, the gravest first.

    schema: what the columns should hold. target: the column to be predicted, checked for leaks.
    uncoerced: values that `mapping.apply_mapping` could not bring to their kind.
    """
    found = [
        *_missing_columns(frame.columns, schema),
        *_uncoerced(uncoerced, schema),
        *_missing_values(frame, schema, uncoerced),
        *_against_schema(frame, schema),
        *(find_leaks(frame, target) if target is not None else ()),
        *_duplicate_rows(frame),
        *_single_columns(frame, schema, target),
        *_identical_columns(frame),
    ]
    return gravest_first(found)


def table_problems(
    columns: Sequence[str], *, schema: Schema | None = None, uncoerced: Sequence[Uncoerced] = ()
) -> list[Finding]:
    """What `find_problems` says from the header and the mapping alone."""
    return [*_missing_columns(columns, schema), *_uncoerced(uncoerced, schema)]


def column_problems(
    series: pl.Series,
    outcome: pl.Series | None,
    *,
    schema: Schema | None = None,
    target: str | None = None,
    uncoerced: Sequence[Uncoerced] = (),
) -> list[Finding]:
    """What `find_problems` says about one column on its own. outcome: the column `target`, for leaks."""
    import polars as pl

    own = _expected(schema, series.name)
    frame = series.to_frame()
    found = [*_missing_values(frame, schema, uncoerced)]
    if own is not None and schema is not None:
        found += _against_schema(frame, replace(schema, columns=(own,)))
    if outcome is not None and outcome.name != series.name:
        found += find_leaks(pl.DataFrame([series, outcome]), outcome.name)
    return [*found, *_single_columns(frame, schema, target)]


def fingerprint(series: pl.Series) -> tuple[str, int, int]:
    """Equal for columns with equal cells; the few that share one are compared cell by cell."""
    return str(series.dtype), series.null_count(), int((series.hash(0) // 2**24).sum())


def first_rows(flags: pl.Series) -> tuple[int, ...]:
    """0-based places of the first few true flags."""
    return tuple(flags.fill_null(False).arg_true().head(FIRST_ROWS).to_list())


def _expected(schema: Schema | None, name: str) -> ExpectedColumn | None:
    return schema.column(name) if schema is not None else None


def _gravity(column: ExpectedColumn | None) -> Severity:
    """What the room needs stands in its way; what it only takes along does not."""
    return "blocking" if column is not None and column.required else "warning"


def _missing_columns(columns: Sequence[str], schema: Schema | None) -> Iterator[Finding]:
    for column in schema.columns if schema is not None else ():
        if column.required and column.name not in columns:
            found = ", ".join(columns)
            details = {"column": column.name, "found": found}
            yield Finding("quality.missing_column", "blocking", column.name, (), details)


def _uncoerced(uncoerced: Sequence[Uncoerced], schema: Schema | None) -> Iterator[Finding]:
    for bad in uncoerced:
        details = {"column": bad.column, "count": bad.count, "kind": bad.kind, "values": ", ".join(bad.values)}
        severity = _gravity(_expected(schema, bad.column))
        yield Finding(NOT_OF_KIND[bad.kind], severity, bad.column, bad.rows, details)


def _missing_values(frame: pl.DataFrame, schema: Schema | None, uncoerced: Sequence[Uncoerced]) -> Iterator[Finding]:
    already_told = {bad.column: bad for bad in uncoerced}
    for series in frame.get_columns():
        missing = series.is_null() | series.is_nan() if series.dtype.is_float() else series.is_null()
        told = already_told.get(series.name)
        count = int(missing.sum()) - (told.count if told else 0)
        if count == 0:
            continue
        rows = tuple(
            row for row in missing.arg_true().head(2 * FIRST_ROWS).to_list() if not told or row not in told.rows
        )
        share = count / frame.height
        details = {"column": series.name, "count": count, "percent": round(100 * share, 1)}
        column = _expected(schema, series.name)
        if column is not None and column.required:
            yield Finding("quality.missing_required", "blocking", series.name, rows[:FIRST_ROWS], details)
        else:
            severity: Severity = "warning" if share >= MUCH_MISSING else "info"
            yield Finding("quality.missing_values", severity, series.name, rows[:FIRST_ROWS], details)


def _against_schema(frame: pl.DataFrame, schema: Schema | None) -> Iterator[Finding]:
    for column in schema.columns if schema is not None else ():
        if column.name not in frame.columns:
            continue
        values = frame[column.name]
        if column.levels and values.dtype == _text():
            yield from _unknown_levels(values, column)
        if values.dtype.is_numeric() and (column.minimum is not None or column.maximum is not None):
            yield from _out_of_range(values, column)


def _unknown_levels(values: pl.Series, column: ExpectedColumn) -> Iterator[Finding]:
    unknown = ~values.is_in(list(column.levels)) & values.is_not_null()
    if unknown.any():
        levels = values.filter(unknown).unique(maintain_order=True).to_list()
        details = {
            "column": column.name,
            "count": int(unknown.sum()),
            "levels": ", ".join(levels[:LEVELS_NAMED]),
            "known": ", ".join(column.levels),
        }
        yield Finding("quality.unknown_levels", _gravity(column), column.name, first_rows(unknown), details)


def _out_of_range(values: pl.Series, column: ExpectedColumn) -> Iterator[Finding]:
    low = -float("inf") if column.minimum is None else column.minimum
    high = float("inf") if column.maximum is None else column.maximum
    outside = ~values.is_between(low, high) & values.is_not_null()
    if values.dtype.is_float():
        outside &= values.is_not_nan()
    if outside.any():
        details = {
            "column": column.name,
            "count": int(outside.sum()),
            "values": ", ".join(f"{value:g}" for value in values.filter(outside).head(FIRST_ROWS)),
            "minimum": "" if column.minimum is None else f"{column.minimum:g}",
            "maximum": "" if column.maximum is None else f"{column.maximum:g}",
        }
        yield Finding("quality.out_of_range", _gravity(column), column.name, first_rows(outside), details)


def _duplicate_rows(frame: pl.DataFrame) -> Iterator[Finding]:
    plain = [name for name, dtype in frame.schema.items() if not dtype.is_nested()]
    again = ~frame.select(plain).hash_rows().is_first_distinct()
    if len(plain) == frame.width and again.any():
        yield duplicates(int(again.sum()), frame.height, first_rows(again))


def duplicates(count: int, rows: int, first: tuple[int, ...]) -> Finding:
    """The finding that rows repeat earlier ones."""
    details = {"count": count, "percent": round(100 * count / rows, 1)}
    return Finding("quality.duplicate_rows", "warning", None, first, details)


def _single_columns(frame: pl.DataFrame, schema: Schema | None, target: str | None) -> Iterator[Finding]:
    for series in frame.get_columns():
        if series.dtype.is_nested():
            continue
        present = series.drop_nulls()
        distinct = present.n_unique()
        expected = _expected(schema, series.name)
        if distinct <= 1:
            value = str(present[0]) if distinct else ""
            severity: Severity = "blocking" if series.name == target else "warning"
            details = {"column": series.name, "value": value}
            yield Finding("quality.constant_column", severity, series.name, (), details)
        elif distinct == frame.height >= ID_ROWS and (series.dtype.is_integer() or series.dtype == _text()):
            yield Finding("quality.id_column", "info", series.name, (), {"column": series.name})
        if series.dtype == _text() and (expected is None or expected.kind in ("integer", "number")):
            yield from mixed_types(series.name, number_words(series))


@dataclass(frozen=True)
class NumberWords:
    """How many cells of a text column read as numbers, and the others: how many, the first rows and values."""

    numbers: int
    odd: int
    rows: tuple[int, ...]
    values: tuple[str, ...]


def number_words(series: pl.Series) -> NumberWords:
    """Count the cells of a text column that read as numbers."""
    import polars as pl

    is_number = series.str.strip_chars().cast(pl.Float64, strict=False).is_not_null()
    odd = ~is_number & series.is_not_null()
    values = series.filter(odd).unique(maintain_order=True).head(LEVELS_NAMED).to_list()
    return NumberWords(int(is_number.sum()), int(odd.sum()), first_rows(odd), tuple(values))


def mixed_types(column: str, words: NumberWords) -> Iterator[Finding]:
    """A finding where most cells of a text column are numbers, and some are not."""
    if words.odd and words.numbers >= MIXED_SHARE * (words.numbers + words.odd):
        details = {"column": column, "count": words.odd, "values": ", ".join(words.values)}
        yield Finding("quality.mixed_types", "warning", column, words.rows, details)


def _identical_columns(frame: pl.DataFrame) -> Iterator[Finding]:
    seen: dict[tuple[str, int, int], list[pl.Series]] = {}
    for series in frame.get_columns():
        if series.dtype.is_nested():
            continue
        twins = seen.setdefault(fingerprint(series), [])
        twin = next((other for other in twins if other.equals(series, null_equal=True)), None)
        if twin is None:
            twins.append(series)
        elif series.drop_nulls().n_unique() > 1:  # constants have their own finding
            yield identical(series.name, twin.name)


def identical(column: str, other: str) -> Finding:
    """The finding that two columns hold the same cells."""
    return Finding("quality.identical_columns", "warning", column, (), {"column": column, "other": other})


def _text() -> type[pl.String]:
    import polars as pl

    return pl.String
