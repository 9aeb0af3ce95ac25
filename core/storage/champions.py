"""Which trained result each room serves: an audited table where the newest row of a slot counts.

Publishing and rolling back only ever add rows. A blocking finding stops a publication unless the person
who publishes accepts it with a reason of their own.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, bindparam, insert, select, text

from core.errors import BadInput, Conflict, NotFound
from core.messages import say
from core.security.policy import Permission, Principal, require
from core.storage import tables
from core.storage.artifacts import SavedArtifact, open_artifact
from core.storage.audit import note
from core.storage.database import engine, reading, utc_now, writing

# Built once: pages and API ask for it all the time.
_NEWEST_FIRST = (
    select(tables.champions)
    .where(tables.champions.c.room == bindparam("of_room"), tables.champions.c.slot == bindparam("of_slot"))
    .order_by(tables.champions.c.id.desc())
)
LOCK = 7_241_991  # of PostgreSQL: one publication of a run at a time
CHECK_EVERY_S = 1.0  # a new champion is seen by every process within this time


@dataclass(frozen=True)
class Champion:
    """One row: what was published, from which run, by whom and why."""

    id: int
    owner: str
    room: str
    slot: str
    run_id: str
    path: str
    sha256: str
    findings: tuple[dict[str, Any], ...]
    why: str
    created_at: datetime

    @property
    def version(self) -> str:
        return str(self.id)


_seen: dict[tuple[Engine, str, str], tuple[float, Champion | None]] = {}


def promote(
    room: str,
    *,
    run_id: str,
    artifact: SavedArtifact,
    findings: Sequence[Mapping[str, Any]] = (),
    why: str,
    principal: Principal,
    slot: str = "champion",
    accept_blocking: bool = False,
    action: str = "champion.promoted",
    once: bool = False,
) -> Champion:
    """Publish an artifact after verifying it.

    findings: plain dicts with `code`, `severity` and `details`, kept with the row. action: for the audit log.
    once: a run that has a row already gets no second one, whoever else publishes it at the same time; its row returns.
    Raises Conflict while a finding of severity "blocking" is not accepted, NotAllowed when it is accepted by a
    role that may not publish, BadInput without a reason, ArtifactMissing when the artifact is not whole.
    """
    if not why.strip():
        raise BadInput("artifacts.reason_missing")
    blocking = [finding for finding in findings if finding.get("severity") == "blocking"]
    if blocking and not accept_blocking:
        sentence = say(blocking[0]["code"], "en", **blocking[0].get("details", {}))
        raise Conflict("artifacts.blocked", room=room, finding=sentence)
    if blocking:  # also from a notebook, whose parameters anybody who may queue a job can set
        require(principal, Permission.CHAMPIONS_PUBLISH)
    open_artifact(artifact.path, artifact.sha256, room=room)
    return _add_row(room, slot, run_id, artifact, list(findings), why.strip(), principal, action, once)


def rollback(room: str, to_id: int, *, why: str, principal: Principal, slot: str = "champion") -> Champion:
    """Serve an earlier row again; the return is a row of its own. Raises NotFound, BadInput, ArtifactMissing."""
    require(principal, Permission.CHAMPIONS_PUBLISH)
    earlier = next((row for row in history(room, slot) if row.id == to_id), None)
    if earlier is None:
        raise NotFound("artifacts.no_such_champion", room=room, id=to_id)
    return promote(
        room,
        run_id=earlier.run_id,
        artifact=SavedArtifact(earlier.path, earlier.sha256),
        findings=earlier.findings,
        why=why,
        principal=principal,
        slot=slot,
        accept_blocking=True,
        action="champion.rolled_back",
    )


def current(room: str, slot: str = "champion") -> Champion | None:
    """The champion, or None. The database is asked at most once a second."""
    key = (engine(), room, slot)
    now = time.monotonic()
    seen = _seen.get(key)
    if seen is not None and now - seen[0] < CHECK_EVERY_S:
        return seen[1]
    rows = _rows(room, slot, limit=1)
    champion = rows[0] if rows else None
    _seen[key] = (now, champion)
    return champion


def history(room: str, slot: str = "champion") -> tuple[Champion, ...]:
    """All publications of a slot, newest first."""
    return _rows(room, slot, limit=None)


def _rows(room: str, slot: str, limit: int | None) -> tuple[Champion, ...]:
    query = _NEWEST_FIRST if limit is None else _NEWEST_FIRST.limit(limit)
    with reading() as connection:
        return tuple(_champion(row) for row in connection.execute(query, {"of_room": room, "of_slot": slot}).mappings())


def _champion(row: Mapping[Any, Any]) -> Champion:
    return Champion(**{**row, "findings": tuple(row["findings"])})


def _add_row(
    room: str,
    slot: str,
    run_id: str,
    artifact: SavedArtifact,
    findings: list[Mapping[str, Any]],
    why: str,
    principal: Principal,
    action: str,
    once: bool,
) -> Champion:
    values = {
        "owner": principal.id,
        "room": room,
        "slot": slot,
        "run_id": run_id,
        "path": artifact.path,
        "sha256": artifact.sha256,
        "findings": [dict(finding) for finding in findings],
        "why": why,
        "created_at": utc_now(),
    }
    with writing() as connection:
        if once:
            if connection.dialect.name == "postgresql":  # SQLite has one writer anyway
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            rows = connection.execute(_NEWEST_FIRST, {"of_room": room, "of_slot": slot}).mappings()
            known = next((row for row in rows if row["run_id"] == run_id), None)
            if known is not None:
                return _champion(known)
        new_id = connection.execute(insert(tables.champions).values(**values)).inserted_primary_key
        assert new_id is not None
        note(connection, principal, action, f"{room}/{slot}", version=new_id[0], run_id=run_id, why=why)
    _seen.pop((engine(), room, slot), None)
    return _champion({"id": new_id[0], **values})
