"""Rows of a file to a table of limits. What cannot be read with certainty is refused, naming row and way out."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import PurePath
from typing import cast

from core.errors import BadInput
from core.fragrance.catalogue.cas import cas_number
from core.fragrance.limits.rules import RULE_KINDS, LimitTable, Rule, RuleKind
from core.fragrance.limits.table_files import FileRow, read_rows
from core.fragrance.products import CATEGORIES

NEEDED = ("amendment", "amended_on", "kind", "rule", "name", "substances")
OPTIONAL = ("specification", "note")
COLUMNS = (*NEEDED, *OPTIONAL, *CATEGORIES)
MOST_RULES = 5_000
_PERCENT = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?) ?%?")


@dataclass(frozen=True)
class _Row:
    number: int
    cells: Mapping[str, str]


def read_limits(
    content: bytes, file_name: str, *, name: str = "", source: str = "", is_sample: bool = False
) -> LimitTable:  # fmt: skip
    """The table that a CSV or XLSX file of our format holds; nothing is stored.

    name: of the table, else that of the file without its ending. source: who published it, else the file's name.
    Its id follows from the bytes. Raises BadInput or TooLarge.
    """
    header, found = read_rows(content, file_name)
    columns = _columns(header, file_name)
    if len(found) > MOST_RULES:
        raise BadInput("fragrance_limits.too_many_rules", name=file_name, count=len(found), most=MOST_RULES)
    rows = [_Row(row.number, dict(zip(columns, row.cells, strict=True))) for row in found]
    for row in rows:
        for column in ("amendment", "amended_on", "kind", "rule", "name"):
            if not row.cells[column]:
                raise BadInput("fragrance_limits.cell_needed", row=row.number, column=column)
    amendment, amended_on = _amendment(rows)
    return LimitTable(
        id=hashlib.sha256(content).hexdigest()[:16],
        name=name.strip() or PurePath(file_name).stem,
        amendment=amendment,
        amended_on=amended_on,
        rules=_rules(rows),
        is_sample=is_sample,
        source=source.strip() or file_name,
    )


def _columns(header: FileRow, name: str) -> tuple[str, ...]:
    known = {column.casefold(): column for column in COLUMNS}
    found = []
    for cell in header.cells:
        column = known.get(cell.casefold())
        if column is None:
            raise BadInput("fragrance_limits.unknown_column", column=cell, known=", ".join(COLUMNS))
        if column in found:
            raise BadInput("fragrance_limits.column_twice", column=column)
        found.append(column)
    missing = [column for column in COLUMNS if column not in found and column not in OPTIONAL]
    if missing:
        raise BadInput("fragrance_limits.column_missing", name=name, columns=", ".join(missing))
    return tuple(found)


def _amendment(rows: list[_Row]) -> tuple[str, date]:
    first = rows[0].cells
    for row in rows[1:]:
        for column in ("amendment", "amended_on"):
            if row.cells[column] != first[column]:
                raise BadInput(
                    "fragrance_limits.two_amendments",
                    row=row.number,
                    first=f"{first['amendment']} ({first['amended_on']})",
                    second=f"{row.cells['amendment']} ({row.cells['amended_on']})",
                )
    try:
        return first["amendment"], date.fromisoformat(first["amended_on"])
    except ValueError:
        raise BadInput("fragrance_limits.bad_date", row=rows[0].number, value=first["amended_on"]) from None


def _rules(rows: list[_Row]) -> tuple[Rule, ...]:
    found: dict[str, Rule] = {}
    where: dict[str, int] = {}
    for row in rows:
        rule = _rule(row)
        if rule.id in found:
            raise BadInput("fragrance_limits.rule_twice", rule=rule.id, row=row.number, first=where[rule.id])
        found[rule.id], where[rule.id] = rule, row.number
    return tuple(found.values())


def _rule(row: _Row) -> Rule:
    """Each kind has what it needs and nothing that would have no effect."""
    cells = row.cells
    kind = cells["kind"].casefold()
    if kind not in RULE_KINDS:
        raise BadInput("fragrance_limits.unknown_kind", row=row.number, kind=cells["kind"], known=", ".join(RULE_KINDS))
    limits: dict[str, float] = {one: _limit(row, one) for one in CATEGORIES if cells[one]}
    specification = cells.get("specification", "")
    substances = _substances(row)
    if kind in ("prohibited", "specification") and limits:
        raise BadInput("fragrance_limits.limits_of_none", row=row.number, kind=kind, column=next(iter(limits)))
    if kind in ("limit", "group") and not limits:
        raise BadInput("fragrance_limits.no_limit", row=row.number, kind=kind)
    if kind == "specification" and not specification:
        raise BadInput("fragrance_limits.cell_needed", row=row.number, column="specification")
    if kind != "specification" and not substances:
        raise BadInput("fragrance_limits.cell_needed", row=row.number, column="substances")
    return Rule(
        cells["rule"], cast(RuleKind, kind), cells["name"], substances, limits, specification, cells.get("note", "")
    )


def _limit(row: _Row, category: str) -> float:
    written = row.cells[category]
    found = _PERCENT.fullmatch(written)
    if found is None:
        key = "fragrance_limits.decimal_comma" if "," in written else "fragrance_limits.not_percent"
        raise BadInput(key, row=row.number, column=category, value=written)
    limit = float(found[1])
    if not 0 <= limit <= 100:
        raise BadInput("fragrance_limits.limit_out_of_range", row=row.number, column=category, value=written)
    return limit


def _substances(row: _Row) -> tuple[str, ...]:
    found = []
    for written in filter(None, map(str.strip, row.cells["substances"].split(";"))):
        cas = cas_number(written)
        if cas is None:
            raise BadInput("fragrance_limits.bad_cas", row=row.number, cas=written)
        found.append(cas)
    return tuple(dict.fromkeys(found))
