"""The gate of a stored file of impressions that is too long for memory: the findings of `quality`, exactly.

Rows are summarised row group by row group (`file_rows`); then every column is checked on its own beside the target,
a few at a time. What stays in memory is a column or two of numbers, and 64 bits per row and text column.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.ctr.data.file_rows import RowPart, RowSummary, merged, stand_in, summarise_rows
from core.ctr.data.header import header_findings
from core.ctr.data.impressions import clicks_of
from core.ctr.data.leaks import single_column_findings
from core.ctr.data.quality import is_told_apart, kept_findings, schema_for, sequence_findings, target_findings
from core.ctr.data.schema import TARGET
from core.datasets.findings import Finding, gravest_first
from core.datasets.quality import (
    column_problems,
    duplicates,
    fingerprint,
    first_rows,
    identical,
    mixed_types,
    table_problems,
)
from core.datasets.running_profile import runs_of_groups
from core.datasets.schemas import Uncoerced

if TYPE_CHECKING:
    import polars as pl

PARTS = 16  # runs of row groups and of columns that are given out apart


@dataclass(frozen=True)
class ColumnPart:
    """Columns of a file that are checked beside its target."""

    path: Path
    columns: tuple[str, ...]
    target: str | None
    positive: str | None
    uncoerced: tuple[Uncoerced, ...]


@dataclass(frozen=True)
class CheckedColumn:
    """What one column says alone. against: what it says about the clicks in this room. varies: more than one value."""

    name: str
    found: tuple[Finding, ...]
    against: tuple[Finding, ...]
    fingerprint: tuple[str, int, int] | None
    varies: bool


def check_impressions_file(
    path: Path, *, target: str = TARGET, positive: str | None = None, uncoerced: Sequence[Uncoerced] = (),
    progress: Callable[[float], None] = lambda fraction: None,
) -> tuple[Finding, ...]:  # fmt: skip
    """What `quality.check_impressions` says of the whole table at `path`, within bounded memory.

    Parts are checked on the cluster where there is one. progress: share that is done.
    """
    from pyarrow import parquet

    from core.datasets.file_parts import spread_over

    with parquet.ParquetFile(path) as file:
        columns, groups = file.schema_arrow.names, file.metadata.num_row_groups
    parts = [RowPart(path, tuple(one), target) for one in runs_of_groups(groups, PARTS)]
    rows = RowSummary()
    for number, one in enumerate(spread_over(path, summarise_rows, parts, name="gate")):
        rows = merged(rows, one)
        progress(0.4 * (number + 1) / len(parts))
    has_target = target in columns
    numbers = [name for name in columns if name not in rows.texts]
    runs = [numbers[place::PARTS] for place in range(min(PARTS, len(numbers)))]
    asked = target if has_target else None
    column_parts = [ColumnPart(path, tuple(one), asked, positive, tuple(uncoerced)) for one in runs]
    checked: dict[str, CheckedColumn] = {}
    for number, some in enumerate(spread_over(path, check_columns, column_parts, name="gate")):
        checked |= {one.name: one for one in some}
        progress(0.4 + 0.5 * (number + 1) / len(column_parts))
    outcome = _column(path, target) if has_target else None
    for name, text in rows.texts.items():
        series = stand_in(name, text)
        checked[name] = _checked(series, outcome, positive, uncoerced, asked, said=text.first)
    common = [
        *table_problems(columns, schema=schema_for(target, positive), uncoerced=uncoerced),
        *(finding for name in columns for finding in checked[name].found),
        *(one for name, text in rows.texts.items() for one in _mixed(name, text.words, target, positive)),
        *_repeated(rows),
        *_identical(path, columns, checked, rows),
    ]
    found = [
        *kept_findings(common, columns, target, rows.repeats_header),
        *header_findings(columns, rows.repeats_header, target),
        *(sequence_findings(rows.events, rows.rows) if rows.events else _no_sequence()),
        *rows.findings.values(),
    ]
    if outcome is not None:
        clicked = clicks_of(outcome, positive)
        found += target_findings(outcome, clicked, positive)
        known = {one.column for one in found if one.severity == "blocking"}
        if is_told_apart(clicked):
            found += [one for name in columns for one in checked[name].against if one.column not in known]
    progress(1.0)
    return gravest_first(found)


def check_columns(part: ColumnPart) -> list[CheckedColumn]:
    """Some columns of a file, one after the other."""
    outcome = _column(part.path, part.target) if part.target is not None else None
    return [
        _checked(
            outcome if outcome is not None and name == part.target else _column(part.path, name),
            outcome, part.positive, part.uncoerced, part.target,
        )
        for name in part.columns
    ]  # fmt: skip


def _checked(
    series: pl.Series, outcome: pl.Series | None, positive: str | None, uncoerced: Iterable[Uncoerced],
    target: str | None, *, said: str | None = None,
) -> CheckedColumn:  # fmt: skip
    """said: a value of a column that stands in for text, as it was written."""
    from dataclasses import replace

    own = tuple(one for one in uncoerced if one.column == series.name)
    schema = schema_for(TARGET if target is None else target, positive)
    found = column_problems(series, outcome, schema=schema, target=target, uncoerced=own)
    found = [one for one in found if said is None or one.code != "quality.mixed_types"]
    if said is not None:
        found = [
            replace(one, details={**one.details, "value": said}) if one.code == "quality.constant_column" else one
            for one in found
        ]
    against: tuple[Finding, ...] = ()
    if outcome is not None and series.name != target:
        clicked = clicks_of(outcome, positive)
        if is_told_apart(clicked):
            against = tuple(single_column_findings(series.to_frame(), "", clicked))
    nested = series.dtype.is_nested()
    varies = not nested and series.drop_nulls().n_unique() > 1
    return CheckedColumn(series.name, tuple(found), against, None if nested else fingerprint(series), varies)


def _mixed(name: str, words: Any, target: str, positive: str | None) -> Iterable[Finding]:
    expected = schema_for(target, positive).column(name)
    return mixed_types(name, words) if expected is None or expected.kind in ("integer", "number") else ()


def _repeated(rows: RowSummary) -> Iterable[Finding]:
    import polars as pl

    if not rows.hashes:
        return
    again = ~pl.Series(np.concatenate(rows.hashes)).is_first_distinct()
    if again.any():
        yield duplicates(int(again.sum()), rows.rows, first_rows(again))


def _identical(
    path: Path, columns: Sequence[str], checked: dict[str, CheckedColumn], rows: RowSummary
) -> Iterable[Finding]:
    seen: dict[tuple[str, int, int], list[str]] = {}
    for name in columns:
        mark = checked[name].fingerprint
        if mark is None:
            continue
        twins = seen.setdefault(mark, [])
        own = _comparable(path, name, rows) if twins else None
        twin = next((other for other in twins if own is not None and _equal(own, _comparable(path, other, rows))), None)
        if twin is None:
            twins.append(name)
        elif checked[name].varies:  # constants have their own finding
            yield identical(name, twin)


def _equal(series: pl.Series, other: pl.Series) -> bool:
    return series.alias("").equals(other.alias(""), null_equal=True)


def _comparable(path: Path, name: str, rows: RowSummary) -> pl.Series:
    return stand_in(name, rows.texts[name]) if name in rows.texts else _column(path, name)


def _column(path: Path, name: str) -> pl.Series:
    import polars as pl

    return pl.read_parquet(path, columns=[name])[name]


def _no_sequence() -> tuple[Finding, ...]:
    from core.ctr.data.schema import SEQUENCE

    return (Finding("ctr.no_sequence", "warning", SEQUENCE, (), {"column": SEQUENCE}),)
