"""The one notifier: every notice is stored first, then delivered through its channel, outside any transaction.

A notice says truthfully what became of it: sent, not configured, or failed and why. Nothing that is told about
ever fails because the telling did.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import timedelta
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, insert, or_, select, update

from core.errors import BadInput, WorkbenchError
from core.notifications.channels import CHANNELS, NOT_CONFIGURED, is_configured, send
from core.notifications.inbox import Notice, columns
from core.security.policy import Principal
from core.storage.database import reading, utc_now, writing
from core.storage.tables import notifications
from core.telemetry.logs import get_logger

MOST_AT_ONCE = 20  # notices
CLAIM_HOLDS = timedelta(minutes=10)  # longer than any delivery with all its retries takes

log = get_logger("notifier")


def notify(principal: Principal, *, channels: Iterable[str], subject: str, text: str, about: str) -> tuple[Notice, ...]:
    """Store one notice per channel and deliver them now; how each ended.

    about: the id of the job or run it tells of. Raises BadInput for an unknown channel, before anything is stored.
    """
    chosen = tuple(dict.fromkeys(channels))
    for channel in chosen:
        if channel not in CHANNELS:
            raise BadInput("notifications.unknown_channel", channel=channel, known=", ".join(CHANNELS))
    with writing() as connection:
        stored = store(connection, principal.id, channels=chosen, subject=subject, text=text, about=about)
    for notice in stored:
        _deliver(notice.id)
    query = select(*columns()).where(notifications.c.id.in_([notice.id for notice in stored]))
    with reading() as connection:
        found = {row["id"]: Notice(**row) for row in connection.execute(query).mappings()}
    return tuple(found[notice.id] for notice in stored)


def store(
    connection: Connection, owner: str, *, channels: Iterable[str], subject: str, text: str, about: str
) -> tuple[Notice, ...]:
    """Write the notices within the caller's transaction; those still `queued` wait for `deliver_queued`."""
    now = utc_now()
    notices = []
    for channel in dict.fromkeys(channels):
        state, error = "queued", None
        if channel not in CHANNELS:
            state = "failed"
            details = {"channel": channel, "known": ", ".join(CHANNELS)}
            error = {"key": "notifications.unknown_channel", "details": details}
        elif not is_configured(channel):
            state, error = "not_configured", {"key": NOT_CONFIGURED[channel], "details": {}}
        elif channel == "push":  # the inbox is this table
            state = "sent"
        sent_at = now if state == "sent" else None
        notices.append(
            Notice(str(uuid4()), owner, about, channel[:20], subject, text, state, error, now, sent_at, read_at=None)
        )
    if notices:
        connection.execute(insert(notifications), [asdict(notice) for notice in notices])
    return tuple(notices)


def deliver_queued() -> int:
    """Deliver notices that wait, oldest first; how many were tried. Of two processes one gets each."""
    query = select(notifications.c.id).where(notifications.c.state == "queued", _unclaimed())
    with reading() as connection:
        waiting = connection.execute(query.order_by(notifications.c.created_at).limit(MOST_AT_ONCE)).scalars().all()
    return sum(_deliver(notice_id) for notice_id in waiting)


def _unclaimed() -> ColumnElement[bool]:
    return or_(notifications.c.claimed_at.is_(None), notifications.c.claimed_at < utc_now() - CLAIM_HOLDS)


def _deliver(notice_id: str) -> bool:
    """Take a queued notice, send it, write down how it went; False when there was nothing to take."""
    mine = notifications.c.id == notice_id
    with writing() as connection:
        taken = connection.execute(
            update(notifications)
            .where(mine, notifications.c.state == "queued", _unclaimed())
            .values(claimed_at=utc_now())
        )
        if taken.rowcount != 1:
            return False
        notice = Notice(**connection.execute(select(*columns()).where(mine)).mappings().one())
    values: dict[str, object] = {"state": "sent"}
    try:
        send(notice)
    except WorkbenchError as error:
        log.warning("notice_failed", notice_id=notice.id, channel=notice.channel, reason=error.code)
        values = {"state": "failed", "error": {"key": error.key, "details": error.details}}
    with writing() as connection:
        done = {"sent_at": utc_now()} if values["state"] == "sent" else {}
        connection.execute(update(notifications).where(mine).values(**values, **done))
    return True
