"""What has been told to whom: the stored notices, and which of them were read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, select, update

from core.errors import NotFound
from core.messages import say_kept
from core.security.policy import Principal
from core.storage.database import reading, utc_now, writing
from core.storage.ownership import visible
from core.storage.tables import notifications


@dataclass(frozen=True)
class Notice:
    """One notice on one channel; state is queued, sent, not_configured or failed, `about` the job's id."""

    id: str
    owner: str
    about: str
    channel: str
    subject: str
    text: str
    state: str
    error: dict[str, Any] | None
    created_at: datetime
    sent_at: datetime | None
    read_at: datetime | None

    def problem(self, language: str = "en") -> str | None:
        """Why it was not sent, in one sentence; None where nothing is wrong."""
        return say_kept(self.error, language)


def columns() -> list[Column[Any]]:
    """The columns a Notice is made of."""
    return [notifications.c[name] for name in Notice.__dataclass_fields__]


def list_notices(
    principal: Principal, unread_only: bool = False, *, channel: str | None = None, about: str | None = None,
    limit: int = 100,
) -> tuple[Notice, ...]:  # fmt: skip
    """The principal's own notices, newest first. The in-app inbox is `channel="push"`."""
    query = select(*columns()).where(notifications.c.owner == principal.id)
    if unread_only:
        query = query.where(notifications.c.read_at.is_(None))
    if channel is not None:
        query = query.where(notifications.c.channel == channel)
    if about is not None:
        query = query.where(notifications.c.about == about)
    query = query.order_by(notifications.c.created_at.desc(), notifications.c.id).limit(limit)
    with reading() as connection:
        return tuple(Notice(**row) for row in connection.execute(query).mappings())


def mark_read(notice_id: str, *, principal: Principal) -> Notice:
    """Remember that it was read; the first time counts. Raises NotFound, also for somebody else's."""
    mine: tuple[ColumnElement[bool], ...] = (
        notifications.c.id == notice_id,
        visible(notifications, principal),
    )
    with writing() as connection:
        connection.execute(
            update(notifications).where(*mine, notifications.c.read_at.is_(None)).values(read_at=utc_now())
        )
        row = connection.execute(select(*columns()).where(*mine)).mappings().first()
    if row is None:
        raise NotFound("notifications.no_such_notice", id=notice_id)
    return Notice(**row)
