"""Alerts: opened once for each kind and run when two checks in a row are bad, closed when two in a row are good.

A check that cannot tell, for want of rows, changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, delete, insert, or_, select, update

from core.messages import say
from core.security.policy import Principal
from core.storage.database import reading, utc_now, writing
from core.storage.tables import alerts

Severity = Literal["critical", "warning", "info"]
Kind = Literal[
    "accuracy", "average_precision", "calibration", "drift", "prediction_time", "response_time", "error_rate"
]
KINDS: tuple[Kind, ...] = (
    "accuracy",
    "average_precision",
    "calibration",
    "drift",
    "prediction_time",
    "response_time",
    "error_rate",
)
MOST_OPEN, RECENT = 100, 50  # told at once
IN_A_ROW = 2  # checks that must agree before an alert opens or closes


@dataclass(frozen=True)
class Observation:
    """What one check found. is_bad is None where it cannot tell; details fill the sentence of the kind."""

    kind: Kind
    owner: str
    run_id: str | None
    is_bad: bool | None
    severity: Severity = "warning"
    value: float = 0.0
    limit: float = 0.0
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return f"{self.owner}:{self.kind}:{self.run_id or ''}"


@dataclass(frozen=True)
class Alert:
    """An alert that was raised; open until closed_at."""

    id: int
    owner: str
    kind: Kind
    severity: Severity
    run_id: str | None
    opened_at: datetime
    closed_at: datetime | None
    last_seen_at: datetime
    value: float
    limit: float
    details: dict[str, Any]

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    def text(self, language: str = "en") -> str:
        """One sentence with value and limit."""
        return say(f"monitoring.alert_{self.kind}", language, **self.details)


def settle(observations: Iterable[Observation]) -> tuple[tuple[Alert, ...], tuple[Alert, ...]]:
    """Take in one round of checks; the alerts it opened and those it closed."""
    opened, closed = [], []
    with writing() as connection:
        for one in observations:
            if one.is_bad is None:
                continue
            row = connection.execute(select(alerts).where(alerts.c.active_key == one.key)).first()
            if one.is_bad and (found := _seen_bad(connection, one, row)) is not None:
                opened.append(found)
            elif not one.is_bad and row is not None and (found := _seen_good(connection, row)) is not None:
                closed.append(found)
    return tuple(opened), tuple(closed)


def open_alerts(*, principal: Principal, run_id: str | None = None) -> tuple[Alert, ...]:
    """Visible open alerts, of one run and the system or of everything, newest first."""
    return _read(principal, run_id, alerts.c.closed_at.is_(None), MOST_OPEN)


def recent_alerts(*, principal: Principal) -> tuple[Alert, ...]:
    """The newest RECENT visible alerts, open and closed, newest first."""
    return _read(principal, None, None, RECENT)


def _read(principal: Principal, run_id: str | None, condition: Any, limit: int) -> tuple[Alert, ...]:
    query = select(alerts).where(alerts.c.opened_at.is_not(None))
    if condition is not None:
        query = query.where(condition)
    if not principal.sees_everything:
        query = query.where(alerts.c.owner.in_((principal.id, "system")))
    if run_id is not None:
        query = query.where(or_(alerts.c.run_id == run_id, alerts.c.run_id.is_(None)))
    with reading() as connection:
        rows = connection.execute(query.order_by(alerts.c.opened_at.desc(), alerts.c.id.desc()).limit(limit)).all()
    return tuple(_alert(row) for row in rows)


def _seen_bad(connection: Connection, one: Observation, row: Row[Any] | None) -> Alert | None:
    now = utc_now()
    figures = {"severity": one.severity, "value": one.value, "limit": one.limit, "details": one.details}
    if row is None:
        connection.execute(
            insert(alerts).values(
                owner=one.owner, kind=one.kind, run_id=one.run_id, active_key=one.key, streak=1, last_seen_at=now,
                **figures,
            )
        )  # fmt: skip
        return None
    values: dict[str, Any] = {**figures, "last_seen_at": now, "streak": 0}
    if row.opened_at is None:
        opens = row.streak + 1 >= IN_A_ROW
        values |= {"opened_at": now} if opens else {"streak": row.streak + 1}
        connection.execute(update(alerts).where(alerts.c.id == row.id).values(**values))
        return _again(connection, row.id) if opens else None
    connection.execute(update(alerts).where(alerts.c.id == row.id).values(**values))
    return None


def _seen_good(connection: Connection, row: Row[Any]) -> Alert | None:
    if row.opened_at is None:  # one bad check among good ones
        connection.execute(delete(alerts).where(alerts.c.id == row.id))
        return None
    closes = row.streak + 1 >= IN_A_ROW
    values: dict[str, Any] = {"streak": row.streak + 1}
    if closes:
        values |= {"closed_at": utc_now(), "active_key": None}
    connection.execute(update(alerts).where(alerts.c.id == row.id).values(**values))
    return _again(connection, row.id) if closes else None


def _again(connection: Connection, alert_id: int) -> Alert:
    return _alert(connection.execute(select(alerts).where(alerts.c.id == alert_id)).one())


def _alert(row: Row[Any]) -> Alert:
    values = dict(row._mapping)
    return Alert(**{name: values[name] for name in Alert.__dataclass_fields__})
