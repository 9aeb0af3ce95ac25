"""When a session was last used, to some minutes. Written beside the request, which neither waits for it nor fails."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import or_, update

from core.storage import tables
from core.storage.database import writing

SESSIONS = tables.sessions
EVERY = timedelta(minutes=5)
MOST_WAITING = 1000  # sessions; beyond that a busy database is left in peace

_waiting: set[str] = set()
_lock = threading.Lock()


def remember(session_id: str, last_seen_at: datetime | None, now: datetime) -> None:
    """Have it written that the session was used now, unless that was written in the last five minutes.

    A time in the future, from before a clock was set back, counts for nothing.
    """
    if last_seen_at is not None and abs(now - last_seen_at) < EVERY:
        return
    with _lock:
        if session_id in _waiting or len(_waiting) >= MOST_WAITING:
            return
        _waiting.add(session_id)
    _writer().submit(_write, session_id, now)


def wait_until_written() -> None:
    """Return once everything that was to be remembered so far is written, or could not be."""
    _writer().submit(lambda: None).result()


def _write(session_id: str, now: datetime) -> None:
    """An error ends here, kept in a result that nobody asks for: the time is only for show."""
    old = or_(
        SESSIONS.c.last_seen_at.is_(None),
        SESSIONS.c.last_seen_at <= now - EVERY,
        SESSIONS.c.last_seen_at >= now + EVERY,
    )
    try:
        with writing() as connection:
            connection.execute(update(SESSIONS).where(SESSIONS.c.id == session_id, old).values(last_seen_at=now))
    finally:
        with _lock:
            _waiting.discard(session_id)


@cache
def _writer() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix="last-seen")
