"""What is told when a job ends: one notice per channel that its parameter `notifications` names.

They are queued in the transaction that ends the job, so each end is told exactly once; the dispatcher delivers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from core.messages import say, say_kept
from core.notifications.notifier import store
from core.settings.current import get_settings

MOST_PROBLEM = 500  # characters of an error that a notice quotes


def queue_notices(
    connection: Connection,
    job_id: str,
    owner: str,
    notebook: str,
    parameters: Mapping[str, Any],
    state: str,
    error: Mapping[str, Any] | None,
) -> None:
    """Store the notices of a job that just came to `state`, within the caller's transaction."""
    channels = [part.strip() for part in str(parameters.get("notifications") or "").split(",") if part.strip()]
    if not channels:
        return
    language = "ko" if get_settings().language == "ko" else "en"  # no visitor here whose browser could decide
    title = str(parameters.get("experiment_name") or notebook)
    text = say("notifications.job_text", language, id=job_id, notebook=notebook)
    if problem := say_kept(error, language):
        text += "\n" + (problem if len(problem) <= MOST_PROBLEM else problem[:MOST_PROBLEM] + " …")
    subject = say(f"notifications.job_{state}", language, title=title)
    store(connection, owner, channels=channels, subject=subject, text=text, about=job_id)
