"""The audit log: who did what to which thing, each row sealed together with the row before it.

A row that is changed, taken out or put in between breaks every seal from there on, because the seals are keyed
hashes (HMAC-SHA-256) and the key lies outside the database. Rows cut off at the end are seen by whoever kept the
number and seal of a later one: `verify` tells them, and holds the log to them when they are given again.

Every action has its sentence in `core/messages/audit.toml`, where `account.disabled` stands as `account_disabled`.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, insert, or_, select, text

from core.messages import Language, say
from core.security.policy import Permission, Principal, require
from core.security.signing_key import audit_keys
from core.storage.database import reading, utc_now, writing
from core.storage.operator_tables import audit_log

FIRST_SEAL = "0" * 64
LONGEST_TARGET = 300
LOCK = 7_241_990  # of PostgreSQL: one writer of the chain at a time; SQLite has one writer anyway
MOST_AT_ONCE = 1000


@dataclass(frozen=True)
class Entry:
    """One thing that was done. owner: id of who did it, `name` as that person was called then."""

    id: int
    owner: str
    name: str
    at: datetime
    action: str
    target: str
    details: dict[str, Any]
    seal: str


@dataclass(frozen=True)
class Verified:
    """What a check of all seals found: up to which entry everything fits, and the seal of that entry.

    broken_at: number of the first row that does not fit; None where all do. is_cut_off: whether an entry that somebody
    saw earlier is no longer there, or another one stands in its place.
    """

    entries: int
    last_seal: str
    broken_at: int | None
    is_cut_off: bool = False

    @property
    def is_intact(self) -> bool:
        return self.broken_at is None and not self.is_cut_off


def note(connection: Connection, principal: Principal, action: str, target: str = "", **details: Any) -> None:
    """Write an entry within the caller's transaction: what is undone was never said to be done.

    Call it last: on PostgreSQL writers wait here for each other until they commit, and a lock that was taken
    afterwards could be held by one of those that wait.
    action: `<noun>.<verb>`, e.g. `account.disabled`. details: JSON values without secrets, prompts or file contents.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    last = connection.execute(select(audit_log.c.id, audit_log.c.seal).order_by(audit_log.c.id.desc()).limit(1)).first()
    row: dict[str, Any] = {
        "id": 1 if last is None else last.id + 1, "owner": principal.id, "name": principal.name[:200], "at": utc_now(),
        "action": action, "target": target[:LONGEST_TARGET], "details": json.loads(json.dumps(details, default=str)),
    }  # fmt: skip
    row["seal"] = _seal(row, FIRST_SEAL if last is None else last.seal, audit_keys()[0])
    connection.execute(insert(audit_log).values(**row))


def note_now(principal: Principal, action: str, target: str = "", **details: Any) -> None:
    """The same in a transaction of its own, for what changes nothing in the database (an export, a sign-in)."""
    with writing() as connection:
        note(connection, principal, action, target, **details)


def search_entries(
    *, principal: Principal, owner: str = "", action: str = "", words: str = "", since: datetime | None = None,
    until: datetime | None = None, before: int | None = None, limit: int = 100,
) -> tuple[Entry, ...]:  # fmt: skip
    """Entries, newest first. action: whole or the noun before its dot; words: found in who, what, target or name.

    before: only entries with a smaller number, to go on where an earlier answer ended. Raises NotAllowed.
    """
    require(principal, Permission.AUDIT_READ)
    conditions: list[ColumnElement[bool]] = []
    if owner:
        conditions.append(audit_log.c.owner == owner)
    if action:
        conditions.append(
            or_(audit_log.c.action == action, audit_log.c.action.startswith(f"{action}.", autoescape=True))
        )
    for word in words.split():
        columns = (audit_log.c.owner, audit_log.c.name, audit_log.c.action, audit_log.c.target)
        conditions.append(or_(*(column.icontains(word, autoescape=True) for column in columns)))
    if since is not None:
        conditions.append(audit_log.c.at >= since)
    if until is not None:
        conditions.append(audit_log.c.at < until)
    if before is not None:
        conditions.append(audit_log.c.id < before)
    query = select(audit_log).where(*conditions).order_by(audit_log.c.id.desc()).limit(min(limit, MOST_AT_ONCE))
    with reading() as connection:
        return tuple(Entry(**row) for row in connection.execute(query).mappings())


def sentence(action: str, language: Language) -> str:
    """What an action is in words; one that no sentence tells (a later version's) as it is."""
    try:
        return say(f"audit.{action.replace('.', '_')}", language)
    except KeyError:
        return action


def verify(*, principal: Principal, expected_number: int = 0, expected_seal: str = "") -> Verified:
    """Compute every seal anew, in order; reads the whole log.

    expected_number, expected_seal: of an entry that was the last one when somebody looked, to see whether the log was
    cut off since. Raises NotAllowed.
    """
    require(principal, Permission.AUDIT_READ)
    entries, seal, seen, keys = 0, FIRST_SEAL, expected_number == 0, audit_keys()
    for entry in _all_entries():
        row = {name: getattr(entry, name) for name in ("id", "owner", "name", "at", "action", "target", "details")}
        fits = any(hmac.compare_digest(_seal(row, seal, key), entry.seal) for key in keys)
        if entry.id != entries + 1 or not fits:
            return Verified(entries, seal, entry.id)
        entries, seal = entry.id, entry.seal
        seen = seen or (entry.id == expected_number and entry.seal == expected_seal.strip().lower())
    return Verified(entries, seal, None, is_cut_off=not seen)


def _all_entries() -> Iterator[Entry]:
    with reading() as connection:
        found: Iterable[Mapping[Any, Any]] = connection.execute(select(audit_log).order_by(audit_log.c.id)).mappings()
        for row in found:
            yield Entry(**row)


def _seal(row: Mapping[str, Any], before: str, key: bytes) -> str:
    content = {**row, "at": row["at"].astimezone(UTC).isoformat(), "before": before}
    text_of_row = json.dumps(content, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hmac.digest(key, text_of_row.encode("ascii"), hashlib.sha256).hex()
