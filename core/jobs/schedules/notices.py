"""What is told of a schedule beside how its runs end: times that were missed, and that it may not run any more.

Told over the channels that the schedule's parameter `notifications` names; over none, the history alone says it.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from core.errors import WorkbenchError
from core.jobs.schedules.schedules import Schedule
from core.messages import say
from core.notifications.notifier import store
from core.settings.current import get_settings


def tell_missed(connection: Connection, schedule: Schedule, count: int, first: datetime, last: datetime) -> None:
    """One message about all times that were missed at a stretch, within the caller's transaction."""
    language = _language()
    between = f"{first:%Y-%m-%d %H:%M} – {last:%Y-%m-%d %H:%M} UTC" if count > 1 else f"{first:%Y-%m-%d %H:%M} UTC"
    subject = say("schedules.missed_subject", language, name=schedule.name)
    text = say("schedules.missed_text", language, name=schedule.name, count=count, between=between)
    _store(connection, schedule, subject, text)


def tell_refused(connection: Connection, schedule: Schedule, error: WorkbenchError) -> None:
    """That a run was refused, and why."""
    language = _language()
    subject = say("schedules.refused_subject", language, name=schedule.name)
    text = say("schedules.refused_text", language, name=schedule.name) + "\n" + error.text(language)
    _store(connection, schedule, subject, text)


def _store(connection: Connection, schedule: Schedule, subject: str, text: str) -> None:
    named = str(schedule.parameters.get("notifications") or "")
    channels = [part.strip() for part in named.split(",") if part.strip()]
    if channels:
        store(connection, schedule.owner, channels=channels, subject=subject, text=text, about=schedule.id)


def _language() -> str:
    return "ko" if get_settings().language == "ko" else "en"  # no visitor here whose browser could decide
