"""Imported tables of limits, and which one counts. Rows are only ever added, also when an earlier table returns."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from core.errors import BadInput, Conflict, NotFound
from core.fragrance.generations import KeptCopy, raise_generation
from core.fragrance.limits.importing import read_limits
from core.fragrance.limits.rules import LimitTable, Rule
from core.fragrance.limits.shipped import SAMPLE, sample_table
from core.security.policy import Permission, Principal, require
from core.storage.audit import note
from core.storage.database import reading, utc_now, writing
from core.storage.perfumery_tables import fragrance_limit_tables as stored

GENERATION = "limits"


@dataclass(frozen=True)
class Entry:
    """A table became the one that counts: by whom, when and why. id: of this event. rules: how many the table has."""

    id: str
    table_id: str
    name: str
    amendment: str
    amended_on: date
    is_sample: bool
    source: str
    rules: int
    is_current: bool
    owner: str
    reason: str
    created_at: datetime


def current_limits() -> LimitTable:
    """The table that counts now, the sample table where nothing was imported; the same value until that changes.

    While the database is away the earlier one serves on; raises Unavailable where there is none.
    """
    return _kept.get()


def import_table(
    content: bytes, file_name: str, *, reason: str, principal: Principal, name: str = "", source: str = ""
) -> LimitTable:  # fmt: skip
    """Read a file and let its table count from now on.

    Raises NotAllowed, BadInput for what `read_limits` refuses or without a reason, Conflict where it counts already.
    """
    require(principal, Permission.FRAGRANCE_WRITE)
    table = read_limits(content, file_name, name=name, source=source)
    return _add(table, reason, principal, action="limits.imported")


def make_current(table_id: str, *, reason: str, principal: Principal) -> LimitTable:
    """Let a table that was imported before count again, or "sample" the shipped one.

    Raises NotAllowed, NotFound, BadInput without a reason, Conflict where it counts already.
    """
    require(principal, Permission.FRAGRANCE_WRITE)
    return _add(limit_table(table_id, principal), reason, principal, action="limits.restored")


def limit_table(table_id: str, principal: Principal) -> LimitTable:
    """One of the imported tables, or the sample table. Raises NotFound."""
    require(principal, Permission.FRAGRANCE_READ)
    if table_id == SAMPLE:
        return sample_table()
    with reading() as connection:
        row = connection.execute(_newest().where(stored.c.sha256 == table_id)).mappings().first()
    if row is None:
        raise NotFound("fragrance.not_there")
    return _table(row)


def history(principal: Principal) -> tuple[Entry, ...]:
    """Every time that a table became the one that counts, newest first; empty while it was always the sample table."""
    require(principal, Permission.FRAGRANCE_READ)
    with reading() as connection:
        return tuple(map(_entry, connection.execute(_newest()).mappings()))


def imported_tables(principal: Principal) -> tuple[Entry, ...]:
    """Each table once, by its newest entry, the sample table not among them; `make_current` takes their `table_id`."""
    found: dict[str, Entry] = {}
    for entry in history(principal):
        found.setdefault(entry.table_id, entry)
    return tuple(entry for entry in found.values() if not entry.is_sample)


def _add(table: LimitTable, reason: str, principal: Principal, *, action: str) -> LimitTable:
    if not reason.strip():
        raise BadInput("fragrance_limits.reason_missing")
    with writing() as connection:
        raise_generation(connection, GENERATION)
        if _current_id(connection) == table.id:
            raise Conflict("fragrance_limits.counts_already", name=table.name, amendment=table.amendment)
        connection.execute(update(stored).where(stored.c.is_current).values(is_current=False))
        values = {
            "id": str(uuid.uuid4()),
            "owner": principal.id,
            "name": table.name,
            "amendment": table.amendment,
            "amended_on": table.amended_on.isoformat(),
            "is_sample": table.is_sample,
            "source": table.source,
            "sha256": table.id,  # its first digits are the id of a table; the sample table's is a word
            "rules": [_plain(rule) for rule in table.rules],
            "is_current": True,
            "reason": reason.strip(),
            "created_at": utc_now(),
        }
        connection.execute(insert(stored).values(**values))
        told = {"name": table.name, "amendment": table.amendment, "rules": len(table.rules), "reason": reason.strip()}
        note(connection, principal, action, table.id, **told)
    return table


def _current_id(connection: Connection) -> str:
    found = connection.execute(select(stored.c.sha256).where(stored.c.is_current)).scalar()
    return str(found) if found else SAMPLE


def _newest() -> Any:
    return select(stored).order_by(stored.c.created_at.desc(), stored.c.id)


def _read(_generation: int) -> LimitTable:
    with reading() as connection:
        row = connection.execute(select(stored).where(stored.c.is_current)).mappings().first()
    return sample_table() if row is None or row["is_sample"] else _table(row)


_kept = KeptCopy(GENERATION, _read)


def _table(row: Mapping[Any, Any]) -> LimitTable:
    return LimitTable(
        id=row["sha256"],
        name=row["name"],
        amendment=row["amendment"],
        amended_on=date.fromisoformat(row["amended_on"]),
        rules=tuple(Rule(**{**rule, "substances": tuple(rule["substances"])}) for rule in row["rules"]),
        is_sample=row["is_sample"],
        source=row["source"],
    )


def _plain(rule: Rule) -> dict[str, Any]:
    return {**asdict(rule), "substances": list(rule.substances), "limits": dict(rule.limits)}


def _entry(row: Mapping[Any, Any]) -> Entry:
    copied = ("id", "name", "amendment", "is_sample", "source", "is_current", "owner", "reason", "created_at")
    return Entry(
        **{column: row[column] for column in copied},
        table_id=row["sha256"],
        amended_on=date.fromisoformat(row["amended_on"]),
        rules=len(row["rules"]),
    )
