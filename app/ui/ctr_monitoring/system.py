"""The system behind the answers: open alerts, processor and memory, and what the API's workers measured.

Its course, the queue, the disk and everything that the workbench leans on are the operations page's.
"""

from __future__ import annotations

from datetime import timedelta

import streamlit as st

from app.ui import formats, incident_cards, notices, request_tiles
from app.ui.navigation import OPERATIONS, link_to
from app.ui.texts import say
from core.alerts.incidents import open_incidents
from core.security.policy import Principal, is_allowed
from core.storage.database import utc_now
from core.telemetry.measures import latest_system, requests_since, uptime

OVER = timedelta(hours=1)
REFRESH_S = 10.0


def draw(principal: Principal) -> None:
    """Measures of the last hour, drawn anew every ten seconds."""

    def watch() -> None:
        with notices.errors_shown():
            incident_cards.draw(open_incidents(principal=principal))
            _draw_machine()
            request_tiles.draw(requests_since(utc_now() - OVER))

    st.fragment(watch, run_every=REFRESH_S)()
    if is_allowed(principal, OPERATIONS.permission):
        link_to(OPERATIONS, say("monitoring.to_operations"))


def _draw_machine() -> None:
    measure = latest_system()
    tiles = st.columns(4)
    tiles[0].metric(say("monitoring.processor"), formats.share(measure.processor_share if measure else None))
    tiles[1].metric(say("monitoring.memory"), formats.share(measure.memory_share if measure else None))
    tiles[2].metric(say("monitoring.uptime"), formats.share(uptime(), 1), help=say("monitoring.uptime_help"))
    tiles[3].metric(say("monitoring.checked"), formats.ago(measure.at if measure else None))
    if measure is None:
        st.warning(say("monitoring.no_checks"), icon=":material/power_off:")
