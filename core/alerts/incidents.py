"""Incidents: opened once for each rule and thing when enough looks in a row are bad, closed when as many are good.

A look that cannot tell, for want of rows, changes nothing. Telling is part of the same transaction as the change,
so whoever opens an incident tells of it, and nobody else does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, or_, select, text, update

from core.alerts.rules import Severity, shipped_rules
from core.errors import BadInput, NotAllowed, NotFound
from core.messages import say
from core.security.policy import Permission, Principal, is_allowed
from core.storage.audit import note
from core.storage.database import reading, utc_now, writing
from core.storage.ownership import visible
from core.storage.tables import alerts
from core.telemetry.measures import SYSTEM

MOST_OPEN, RECENT = 100, 50  # told at once
LONGEST_NOTE = 1000
LONGEST_KEY = 300
LOCK = 7_241_991  # of PostgreSQL: one round settles at a time; SQLite has one writer anyway


@dataclass(frozen=True)
class Observation:
    """What one look found. is_bad is None where it cannot tell; details fill the sentence of the rule.

    kind: the name of the rule. run_id: the run it is about; subject: any other thing it is about.
    """

    kind: str
    owner: str
    run_id: str | None
    is_bad: bool | None
    severity: Severity = "warning"
    value: float = 0.0
    limit: float = 0.0
    details: dict[str, Any] = field(default_factory=dict)
    subject: str = ""
    in_a_row: int = 2

    @property
    def key(self) -> str:
        return f"{self.owner}:{self.kind}:{self.run_id or self.subject}"[:LONGEST_KEY]


@dataclass(frozen=True)
class Incident:
    """Something that was found bad; open until closed_at. note: what whoever acknowledged it wrote."""

    id: int
    owner: str
    kind: str
    severity: Severity
    run_id: str | None
    opened_at: datetime
    closed_at: datetime | None
    last_seen_at: datetime
    value: float
    limit: float
    details: dict[str, Any]
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    note: str | None = None

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    @property
    def is_acknowledged(self) -> bool:
        return self.acknowledged_at is not None

    def text(self, language: str = "en") -> str:
        """One sentence with value and limit."""
        return say(f"alerts.text_{self.kind}", language, **self.details)

    def advice(self, language: str = "en") -> str:
        """What to do about it."""
        return say(f"alerts.advice_{self.kind}", language)


Teller = Callable[[Connection, Incident], None]


def settle(
    observations: Iterable[Observation], *, tell: Teller | None = None
) -> tuple[tuple[Incident, ...], tuple[Incident, ...]]:
    """Take in one round of looks; the incidents it opened and those it closed.

    tell: is handed each of them within the transaction that opens or closes it.
    """
    found = [one for one in observations if one.is_bad is not None]  # looked first: the lock is held for writing only
    opened, closed = [], []
    with writing() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        for one in found:
            row = connection.execute(select(alerts).where(alerts.c.active_key == one.key)).first()
            if one.is_bad and (new := _seen_bad(connection, one, row)) is not None:
                opened.append(new)
            elif not one.is_bad and row is not None and (old := _seen_good(connection, one, row)) is not None:
                closed.append(old)
        for incident in (*opened, *closed):
            if tell is not None:
                tell(connection, incident)
    return tuple(opened), tuple(closed)


def open_incidents(*, principal: Principal, run_id: str | None = None) -> tuple[Incident, ...]:
    """Visible open incidents, of one run and the system or of everything, newest first."""
    return _read(principal, run_id, alerts.c.closed_at.is_(None), MOST_OPEN)


def recent_incidents(*, principal: Principal, limit: int = RECENT) -> tuple[Incident, ...]:
    """The newest visible incidents, open and closed, newest first."""
    return _read(principal, None, None, min(limit, 10 * RECENT))


def get_incident(incident_id: int, *, principal: Principal) -> Incident:
    """One visible incident. Raises NotFound."""
    found = _read(principal, None, alerts.c.id == incident_id, 1)
    if not found:
        raise NotFound("alerts.no_such_incident", id=incident_id)
    return found[0]


def acknowledge(incident_id: int, note_text: str = "", *, principal: Principal) -> Incident:
    """Say that somebody looks after it; the first acknowledgement stays. Audited.

    Raises NotFound, BadInput for a note that is too long, NotAllowed for an incident of the system without the right
    to configure it.
    """
    seen = get_incident(incident_id, principal=principal)
    if len(note_text) > LONGEST_NOTE:
        raise BadInput("alerts.note_too_long", limit=LONGEST_NOTE)
    if seen.owner != principal.id and not is_allowed(principal, Permission.SYSTEM_CONFIGURE):
        permission = str(Permission.SYSTEM_CONFIGURE)
        raise NotAllowed("security.not_allowed", permission=permission, role=str(principal.role))
    values = {"acknowledged_at": utc_now(), "acknowledged_by": principal.id, "note": note_text.strip()}
    unseen = alerts.c.id == incident_id, alerts.c.acknowledged_at.is_(None)
    with writing() as connection:
        if connection.execute(update(alerts).where(*unseen).values(**values)).rowcount == 1:
            note(connection, principal, "alert.acknowledged", str(incident_id), kind=seen.kind)
    return get_incident(incident_id, principal=principal)


def close_quietly(kinds: Iterable[str]) -> int:
    """Close open incidents of rules that are switched off, and forget what was building up; nobody is told."""
    mine = alerts.c.kind.in_(list(kinds)), alerts.c.active_key.is_not(None)
    with reading() as connection:
        if connection.execute(select(alerts.c.id).where(*mine).limit(1)).first() is None:
            return 0
    with writing() as connection:
        connection.execute(delete(alerts).where(*mine, alerts.c.opened_at.is_(None)))
        return connection.execute(update(alerts).where(*mine).values(closed_at=utc_now(), active_key=None)).rowcount


def active_subjects(kind: str) -> Iterator[tuple[str, str]]:
    """Owner and subject of whatever of this rule is open or building up: what has gone away closes by being good."""
    query = select(alerts.c.owner, alerts.c.active_key).where(alerts.c.kind == kind, alerts.c.active_key.is_not(None))
    with reading() as connection:
        rows = connection.execute(query).all()
    for row in rows:
        yield row.owner, row.active_key.removeprefix(f"{row.owner}:{kind}:")


def _read(principal: Principal, run_id: str | None, condition: Any, limit: int) -> tuple[Incident, ...]:
    query = select(alerts).where(alerts.c.opened_at.is_not(None))
    if condition is not None:
        query = query.where(condition)
    of_system = alerts.c.owner == SYSTEM
    if not is_allowed(principal, Permission.SYSTEM_READ):
        of_system &= alerts.c.kind.in_([one.name for one in shipped_rules() if one.is_shared])
    query = query.where(or_(visible(alerts, principal), of_system))
    if run_id is not None:
        query = query.where(or_(alerts.c.run_id == run_id, alerts.c.run_id.is_(None)))
    with reading() as connection:
        rows = connection.execute(query.order_by(alerts.c.opened_at.desc(), alerts.c.id.desc()).limit(limit)).all()
    return tuple(_incident(row) for row in rows)


def _seen_bad(connection: Connection, one: Observation, row: Row[Any] | None) -> Incident | None:
    now = utc_now()
    figures = {"severity": one.severity, "value": one.value, "limit": one.limit, "details": one.details}
    if row is None:
        opens = one.in_a_row <= 1
        values = {"owner": one.owner, "kind": one.kind, "run_id": one.run_id, "active_key": one.key, **figures}
        begun = insert(alerts).values(
            **values, streak=0 if opens else 1, last_seen_at=now, opened_at=now if opens else None
        )
        key = connection.execute(begun).inserted_primary_key
        return _again(connection, key[0]) if opens and key is not None else None
    changed: dict[str, Any] = {**figures, "last_seen_at": now, "streak": 0}
    opens = False
    if row.opened_at is None:
        opens = row.streak + 1 >= one.in_a_row
        changed |= {"opened_at": now} if opens else {"streak": row.streak + 1}
    connection.execute(update(alerts).where(alerts.c.id == row.id).values(**changed))
    return _again(connection, row.id) if opens else None


def _seen_good(connection: Connection, one: Observation, row: Row[Any]) -> Incident | None:
    if row.opened_at is None:  # bad looks among good ones
        connection.execute(delete(alerts).where(alerts.c.id == row.id))
        return None
    closes = row.streak + 1 >= one.in_a_row
    values: dict[str, Any] = {"streak": row.streak + 1}
    if closes:
        values |= {"closed_at": utc_now(), "active_key": None}
    connection.execute(update(alerts).where(alerts.c.id == row.id).values(**values))
    return _again(connection, row.id) if closes else None


def _again(connection: Connection, incident_id: int) -> Incident:
    return _incident(connection.execute(select(alerts).where(alerts.c.id == incident_id)).one())


def _incident(row: Row[Any]) -> Incident:
    values = dict(row._mapping)
    return Incident(**{name: values[name] for name in Incident.__dataclass_fields__})
