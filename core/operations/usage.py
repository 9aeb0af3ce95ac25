"""How much the workbench was used in the last days: counted rows of what was stored, nothing estimated.

What nobody records is None, with the reason beside it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select

from core.security.policy import Permission, Principal, require
from core.storage import knowledge_tables, perfumery_tables, tables
from core.storage.database import reading, utc_now
from core.telemetry.measures import KEPT, Requests, requests_since

MOST_DAYS = KEPT.days  # windows of requests are kept no longer


@dataclass(frozen=True)
class Day:
    """One day in UTC. errors: answered with 5xx or not at all."""

    on: date
    requests: int
    errors: int


@dataclass(frozen=True)
class Usage:
    """The days up to now. people: who had a sign-in that was seen in these days.

    jobs: by state; notebooks: runs of each. unavailable: figure to the key of the sentence that says why it is None.
    """

    since: datetime
    until: datetime
    days: int
    requests: Requests
    by_day: tuple[Day, ...]
    people: int
    sign_ins: int
    jobs: dict[str, int]
    notebooks: dict[str, int]
    questions: int
    formulas: int
    uploads: int
    searches: int | None = None
    unavailable: dict[str, str] = field(default_factory=lambda: {"searches": "administration.searches_not_kept"})


def usage(*, days: int, principal: Principal) -> Usage:
    """The last `days` (1 to MOST_DAYS). Raises NotAllowed."""
    require(principal, Permission.SYSTEM_READ)
    until = utc_now()
    since = until - timedelta(days=days)
    sessions, jobs, messages = tables.sessions.c, tables.jobs.c, knowledge_tables.chat_messages.c
    requests = requests_since(since)
    with reading() as connection:

        def count(wanted: Any, *conditions: ColumnElement[bool]) -> int:
            return int(connection.execute(select(func.count(wanted)).where(*conditions)).scalar_one())

        windows = tables.request_windows.c
        seen = select(windows.started_at, windows.requests, windows.errors).where(windows.started_at >= since)
        rows = connection.execute(seen).all()
        states = select(jobs.state, func.count()).where(jobs.created_at >= since).group_by(jobs.state)
        notebooks = select(jobs.notebook, func.count()).where(jobs.created_at >= since).group_by(jobs.notebook)
        return Usage(
            since=since, until=until, days=days, requests=requests, by_day=_by_day(rows, since, until),
            people=count(sessions.owner.distinct(), sessions.last_seen_at >= since),
            sign_ins=count(sessions.id, sessions.created_at >= since),
            jobs={row[0]: row[1] for row in connection.execute(states)},
            notebooks={row[0]: row[1] for row in connection.execute(notebooks)},
            questions=count(messages.id, messages.created_at >= since, messages.role == "user"),
            formulas=count(
                perfumery_tables.fragrance_formulas.c.id, perfumery_tables.fragrance_formulas.c.created_at >= since
            ),
            uploads=count(tables.datasets.c.id, tables.datasets.c.created_at >= since),
        )  # fmt: skip


def _by_day(windows: Iterable[Any], since: datetime, until: datetime) -> tuple[Day, ...]:
    """Every day of the stretch, those without requests too."""
    requests: Counter[date] = Counter()
    errors: Counter[date] = Counter()
    for row in windows:
        requests[row.started_at.date()] += row.requests
        errors[row.started_at.date()] += row.errors
    span = range((until.date() - since.date()).days + 1)
    return tuple(Day(on, requests[on], errors[on]) for on in (since.date() + timedelta(days=one) for one in span))
