"""Who is told of an incident: one message when it opens, one when it has closed, none in between."""

from __future__ import annotations

from sqlalchemy import Connection

from core.alerts.incidents import Incident
from core.messages import say
from core.notifications.notifier import store
from core.security.policy import LOCAL_ANALYST
from core.settings.current import get_settings
from core.telemetry.logs import get_logger
from core.telemetry.measures import SYSTEM

LOG = "log"
LONGEST_SUBJECT = 120

log = get_logger("alerts")


def tell(connection: Connection, incident: Incident) -> None:
    """Queue the message within the transaction that opened or closed the incident; `deliver_queued` sends it.

    WORKBENCH_ALERT_CHANNELS says over which channels; `log` writes a line with the sentence. What is told stands in
    the language of the installation.
    """
    settings = get_settings()
    language = "ko" if settings.language == "ko" else "en"
    subject, text = words(incident, language)
    state = "opened" if incident.is_open else "closed"
    line = {"incident": incident.id, "kind": incident.kind, "severity": incident.severity, "run_id": incident.run_id}
    if LOG in settings.alert_channels:
        line["text"] = text
    (log.warning if incident.is_open else log.info)(f"alert_{state}", **line)
    channels = [one for one in settings.alert_channels if one != LOG]
    if channels:
        owner = LOCAL_ANALYST.id if incident.owner == SYSTEM else incident.owner
        about = incident.run_id or SYSTEM
        store(connection, owner, channels=channels, subject=subject, text=text, about=about)


def words(incident: Incident, language: str) -> tuple[str, str]:
    """Subject and text of the message."""
    title = say(f"alerts.title_{incident.kind}", language)
    if incident.is_open:
        subject = say("alerts.opened", language, title=title)
        return subject[:LONGEST_SUBJECT], f"{incident.text(language)} {incident.advice(language)}"
    minutes = max(0, round(((incident.closed_at or incident.opened_at) - incident.opened_at).total_seconds() / 60))
    subject = say("alerts.closed", language, title=title)
    return subject[:LONGEST_SUBJECT], say("alerts.closed_text", language, title=title, minutes=minutes)
