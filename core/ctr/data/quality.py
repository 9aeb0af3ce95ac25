"""The gate of an impression file: what the common checks find, and what only clicks can get wrong.

A blocking finding stands in the way of a promotion until someone accepts it with a reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.ctr.data.header import NAMED, a_few, header_findings, header_rows, is_repeated_header
from core.ctr.data.impressions import clicks_of, no_positive
from core.ctr.data.leaks import single_column_findings, time_findings
from core.ctr.data.schema import CTR_SCHEMA, SEQUENCE, TARGET
from core.ctr.data.sequences import MAX_EVENTS, parse_sequences
from core.ctr.data.splits import twin_groups
from core.datasets.findings import Finding, gravest_first
from core.datasets.quality import find_problems, first_rows
from core.datasets.schemas import Schema, Uncoerced

if TYPE_CHECKING:
    import polars as pl

LOW_RATE, HIGH_RATE = 0.01, 0.50  # plausible shares of clicks
FORMULA_STARTS = "^[=+@\\-\t\r]"  # a spreadsheet would run such a cell
BLOCK_COLUMNS = 3  # missing together from here on are told as one block


def check_impressions(
    frame: pl.DataFrame, *, target: str = TARGET, positive: str | None = None, uncoerced: Sequence[Uncoerced] = ()
) -> tuple[Finding, ...]:
    """Everything suspicious about an impression table, the gravest first.

    target: the column of clicks. positive: the value that is a click where the target is not 0 and 1.
    uncoerced: values the mapping could not bring to their kind. Never raises for bad content: it is what it reports.
    """
    has_target = target in frame.columns
    common = find_problems(
        frame, schema=schema_for(target, positive), target=target if has_target else None, uncoerced=uncoerced
    )
    in_data = header_rows(frame)
    found = [
        *kept_findings(common, frame.columns, target, in_data),
        *header_findings(frame.columns, in_data, target),
        *_sequences(frame),
        *formula_cells(frame),
        *time_findings(frame, target),
    ]
    if has_target:
        clicked = clicks_of(frame[target], positive)
        found += target_findings(frame[target], clicked, positive)
        if is_told_apart(clicked):
            known = {one.column for one in found if one.severity == "blocking"}
            found += [one for one in single_column_findings(frame, target, clicked) if one.column not in known]
    return gravest_first(found)


def kept_findings(
    common: Sequence[Finding], columns: Sequence[str], target: str, in_data: tuple[int, ...]
) -> list[Finding]:
    """The common findings that stand in this room, in its words. in_data: rows that repeat the header."""
    own_words = {"quality.out_of_range", "quality.constant_column", "quality.not_integer"}  # said better elsewhere
    found = [one for one in common if not (one.column == target and one.code in own_words)]
    # A click history is different in almost every row and still no identifier.
    found = [one for one in found if not (one.column == SEQUENCE and one.code == "quality.id_column")]
    found = [_with_few_names(one, columns) for one in found]
    if in_data:
        found = [one for one in found if not is_repeated_header(one)]
    return _gaps_together(found)


def is_told_apart(clicked: pl.Series) -> bool:
    """Whether every row is a click or none, and both are there: then columns can be held against it."""
    return clicked.n_unique() == 2 and clicked.null_count() == 0


def check_split(
    frame: pl.DataFrame, parts: Mapping[str, NDArray[np.intp]], *, target: str = TARGET,
    groups: NDArray[np.int64] | None = None,
) -> tuple[Finding, ...]:  # fmt: skip
    """A finding for rows that stand in more than one part with the same values; parts: name -> row numbers.

    groups: `twin_groups` of the frame, where they are known.
    """
    groups = twin_groups(frame, target) if groups is None else groups
    names = list(parts)
    found = []
    for place, name in enumerate(names):
        for other in names[place + 1 :]:
            shared = np.isin(groups[parts[other]], groups[parts[name]])
            if shared.any():
                count = int(shared.sum())
                details = {
                    "part": other, "other": name, "count": count, "percent": round(100 * count / len(parts[other]), 2),
                }  # fmt: skip
                rows = tuple(int(row) for row in parts[other][shared][:NAMED])
                found.append(Finding("ctr.rows_in_two_parts", "blocking", None, rows, details))
    return tuple(found)


def schema_for(target: str, positive: str | None) -> Schema:
    """The schema of impressions with the target under its own name and kind."""
    columns = []
    for column in CTR_SCHEMA.columns:
        if column.name == TARGET:
            kind, limits = ("category", None) if positive is not None else (column.kind, column.minimum)
            columns.append(
                replace(column, name=target, kind=kind, minimum=limits, maximum=None if limits is None else 1)
            )
        else:
            columns.append(column)
    return Schema(CTR_SCHEMA.room, tuple(columns))


def target_findings(series: pl.Series, clicked: pl.Series, positive: str | None) -> Iterator[Finding]:
    """Values that are neither a click nor none, a single class, and click rates nobody expects."""
    odd = clicked.is_null() & series.is_not_null()
    if odd.any():
        values = ", ".join(str(value) for value in series.filter(odd).unique(maintain_order=True).head(NAMED))
        details = {"target": series.name, "values": values, "count": int(odd.sum())}
        yield Finding("ctr.target_values", "blocking", series.name, first_rows(odd), details)
    known = clicked.drop_nulls()
    if not len(known) or (known.n_unique() < 2 and odd.any()):
        return  # the other values and the blanks are said already, and mending them may bring both classes
    if positive is not None and not (known == 1).any():
        yield Finding("ctr.no_positive", "blocking", series.name, (), no_positive(series, positive))
        return
    if known.n_unique() < 2:
        value = str(int(known[0])) if positive is None else positive
        yield Finding("ctr.one_class", "blocking", series.name, (), {"target": series.name, "value": value})
        return
    rate = float(known.cast(float).mean() or 0)  # type: ignore[arg-type]
    counted: dict[str, float] = {"percent": round(100 * rate, 3), "clicks": int(known.sum()), "rows": len(known)}
    if rate < LOW_RATE:
        yield Finding("ctr.low_click_rate", "warning", series.name, (), {**counted, "limit": 100 * LOW_RATE})
    elif rate > HIGH_RATE:
        yield Finding("ctr.high_click_rate", "warning", series.name, (), {**counted, "limit": 100 * HIGH_RATE})


def _gaps_together(found: list[Finding]) -> list[Finding]:
    """Columns that are missing on the same rows are one fact, told once, in place of a line for each."""
    blocks: dict[tuple[object, ...], list[Finding]] = {}
    for one in found:
        if one.code == "quality.missing_values":
            blocks.setdefault((one.severity, one.details["count"], one.rows), []).append(one)
    told: list[Finding] = []
    for one in found:
        block = blocks.get((one.severity, one.details.get("count"), one.rows), [one])
        if one.code != "quality.missing_values" or len(block) < BLOCK_COLUMNS:
            told.append(one)
        elif one is block[0]:
            names = ", ".join(str(each.column) for each in block[:NAMED])
            counted = {name: one.details[name] for name in ("count", "percent")}
            told.append(
                Finding(
                    "ctr.missing_block",
                    one.severity,
                    None,
                    one.rows,
                    {"columns": len(block), "names": names, **counted},
                )
            )
    return told


def _with_few_names(finding: Finding, columns: Sequence[str]) -> Finding:
    """A sentence that tells the columns of the file names a few of them, not a hundred."""
    if finding.code != "quality.missing_column":
        return finding
    return replace(finding, details={**finding.details, "found": a_few(columns)})


def _sequences(frame: pl.DataFrame) -> Iterator[Finding]:
    if SEQUENCE not in frame.columns:
        yield Finding("ctr.no_sequence", "warning", SEQUENCE, (), {"column": SEQUENCE})
        return
    yield from sequence_findings(event_counts(frame[SEQUENCE]), frame.height)


@dataclass(frozen=True)
class EventCounts:
    """What reading the sequences found, as in `ParsedSequences`."""

    longest: int = 0
    cut: int = 0
    empty: int = 0
    unreadable: int = 0

    def __add__(self, other: EventCounts) -> EventCounts:
        return EventCounts(
            max(self.longest, other.longest), self.cut + other.cut, self.empty + other.empty,
            self.unreadable + other.unreadable,
        )  # fmt: skip


def event_counts(column: pl.Series) -> EventCounts:
    """Count what is odd about a column of sequences."""
    parsed = parse_sequences(column)
    return EventCounts(parsed.longest, parsed.cut, parsed.empty, parsed.unreadable)


def sequence_findings(counts: EventCounts, rows: int) -> Iterator[Finding]:
    """Sequences that are cut, unreadable or empty, among `rows`."""
    details: dict[str, object]
    if counts.cut:
        details = {"column": SEQUENCE, "count": counts.cut, "longest": counts.longest, "limit": MAX_EVENTS}
        yield Finding("ctr.long_sequences", "warning", SEQUENCE, (), details)
    if counts.unreadable:
        details = {"column": SEQUENCE, "count": counts.unreadable}
        yield Finding("ctr.unreadable_ids", "warning", SEQUENCE, (), details)
    if counts.empty:
        details = {"column": SEQUENCE, "count": counts.empty, "percent": round(100 * counts.empty / rows, 2)}
        yield Finding("ctr.empty_sequences", "info", SEQUENCE, (), details)


def formula_cells(frame: pl.DataFrame) -> Iterator[Finding]:
    """Text cells that a spreadsheet would take for a formula; "+1.5" and "-3" are plain numbers."""
    import polars as pl

    for series in frame.get_columns():
        if series.dtype != pl.String:
            continue
        suspicious = series.str.contains(FORMULA_STARTS)
        if not suspicious.any():
            continue
        suspicious &= series.str.strip_chars().cast(pl.Float64, strict=False).is_null()
        suspicious &= series.str.strip_chars() != "-"
        if suspicious.any():
            details = {"column": series.name, "count": int(suspicious.sum())}
            yield Finding("ctr.formula_cells", "warning", series.name, first_rows(suspicious), details)
