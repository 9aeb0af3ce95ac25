"""The header of an impression file: its columns against the 119 known ones, and headers that stand twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from core.ctr.data.schema import COLUMNS, TARGET, missing_and_extra
from core.datasets.findings import Finding
from core.datasets.quality import first_rows

if TYPE_CHECKING:
    import polars as pl

UNREADABLE = ("quality.not_integer", "quality.not_number")
LARGELY_KNOWN = 0.5  # of the 119 columns there: the file is meant to be this layout, and what lacks is news
NAMED = 5  # columns or values named in one finding


def header_findings(columns: Sequence[str], in_data: tuple[int, ...], target: str) -> Iterator[Finding]:
    """Known columns that lack, unknown ones, a column named twice, and data rows that repeat the header.

    in_data: the rows that do, as `header_rows` finds them.
    """
    found = [TARGET if name == target else name for name in columns]
    missing, extra = missing_and_extra(found)
    missing = tuple(name for name in missing if name != TARGET)  # models cannot go without it: said on its own
    details: dict[str, object]
    if len(missing) > (1 - LARGELY_KNOWN) * len(COLUMNS):
        details = {"found": len(found), "known": len(COLUMNS) - len(missing), "expected": len(COLUMNS)}
        yield Finding("ctr.other_layout", "info", None, (), details)
    else:
        if missing:
            details = {"count": len(missing), "found": len(found), "expected": len(COLUMNS), "names": a_few(missing)}
            yield Finding("ctr.columns_missing", "warning", None, (), details)
        if extra:
            details = {"count": len(extra), "found": len(found), "expected": len(COLUMNS), "names": a_few(extra)}
            yield Finding("ctr.columns_extra", "warning", None, (), details)
    # Readers rename the second of two equal headers; a repeated header is then a column nobody meant.
    twice = [name for name in found if name.endswith("_duplicated_0") or _is_numbered_twin(name, found)]
    if twice:
        yield Finding("ctr.header_twice", "blocking", twice[0], (), {"names": a_few(twice)})
    if in_data:
        yield Finding("ctr.header_in_data", "warning", None, in_data, {"row": in_data[0] + 1})


def is_repeated_header(finding: Finding) -> bool:
    """A cell that is its column's own name: said once for the whole row, not once for every column."""
    return finding.code in UNREADABLE and set(finding.details["values"].split(", ")) == {finding.column}


def header_rows(frame: pl.DataFrame) -> tuple[int, ...]:
    """Data rows that repeat the header, as in files that were pasted together."""
    import polars as pl

    texts = [name for name, dtype in frame.schema.items() if dtype == pl.String]
    if not texts or frame.height == 0:
        return ()
    return first_rows(frame.select(pl.all_horizontal([pl.col(name) == name for name in texts])).to_series())


def a_few(names: Sequence[str]) -> str:
    """The first names, and whether there are more."""
    return ", ".join(names[:NAMED]) + (", ..." if len(names) > NAMED else "")


def _is_numbered_twin(name: str, found: Sequence[str]) -> bool:
    start, dot, number = name.rpartition(".")
    return bool(dot) and number.isdigit() and start in found  # "hour.1", as pandas writes it
