"""Open incidents as every page shows them: how bad, since when, and one sentence with the limit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import streamlit as st

from app.ui import formats, state
from app.ui.texts import say, say_value
from core.alerts.incidents import Incident
from core.alerts.rules import Severity
from core.messages import say as say_sentence

LOOKS: dict[Severity, tuple[Literal["red", "orange", "blue"], str]] = {
    "critical": ("red", ":material/error:"),
    "warning": ("orange", ":material/warning:"),
    "info": ("blue", ":material/info:"),
}


def draw(incidents: Sequence[Incident], beneath: Callable[[Incident], None] = lambda one: None) -> None:
    """Each incident, or that there is none. beneath: drawn under the sentence of each."""
    if not incidents:
        st.success(say("monitoring.no_alerts"), icon=":material/check_circle:")
    for one in incidents:
        color, icon = LOOKS[one.severity]
        with st.container(border=True, key=f"alert-{one.id}"):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.badge(say_value("alert_severity", one.severity), color=color, icon=icon)
                st.markdown(f"**{formats.plain(title_of(one))}**", width="stretch")
                st.caption(say("monitoring.since", when=formats.ago(one.opened_at)), width="content")
            st.markdown(formats.plain(one.text(state.language())))
            beneath(one)


def title_of(one: Incident) -> str:
    """What its rule is called."""
    return say_sentence(f"alerts.title_{one.kind}", state.language())
