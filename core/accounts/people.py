"""Accounts as whoever manages them sees them: with where and when each was last signed in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select

from core.accounts.accounts import Account, list_accounts
from core.accounts.sessions import SESSIONS
from core.security.policy import Principal
from core.storage.database import reading, utc_now


@dataclass(frozen=True)
class Person:
    """One account. last_seen_at: None where it was not signed in lately. sessions: how many stand now."""

    account: Account
    last_seen_at: datetime | None
    sessions: int


def list_people(*, principal: Principal, now: datetime | None = None) -> tuple[Person, ...]:
    """Everybody by sign-in name, disabled accounts too. Raises NotAllowed."""
    accounts = list_accounts(principal=principal)
    stands = SESSIONS.c.ended_at.is_(None) & (SESSIONS.c.expires_at > (now or utc_now()))
    query = select(
        SESSIONS.c.owner,
        func.max(SESSIONS.c.last_seen_at).label("seen"),
        func.sum(case((stands, 1), else_=0)).label("all"),
    ).group_by(SESSIONS.c.owner)
    with reading() as connection:
        seen = {row.owner: (row.seen, int(row.all)) for row in connection.execute(query)}
    return tuple(Person(account, *seen.get(account.id, (None, 0))) for account in accounts)
