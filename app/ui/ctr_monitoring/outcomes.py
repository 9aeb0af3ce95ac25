"""Outcomes that come later: a file of prediction ids and clicks, joined to the log."""

from __future__ import annotations

import streamlit as st

from app.ui import notices, state, uploading
from app.ui.texts import say
from core.ctr.monitoring.outcomes import CLICKED, PREDICTION_ID, read_outcomes
from core.ctr.monitoring.prediction_log import record_clicks
from core.security.policy import Permission, Principal, is_allowed

UPLOAD = "monitoring-outcomes"


def say_where() -> None:
    """Where outcomes are brought."""
    st.caption(say("monitoring.outcomes_where"))


def draw(principal: Principal) -> None:
    """Upload, check and join; what is joined can be corrected by another file."""
    if not is_allowed(principal, Permission.CTR_PREDICT):
        notices.empty("monitoring.may_not_tell", "monitoring.may_not_tell_hint", icon=":material/lock:")
        return
    file = st.file_uploader(
        say("monitoring.outcomes"),
        type=list(uploading.TYPES),
        max_upload_size=uploading.limit_mb(),
        key=state.generation(UPLOAD),
    )
    st.caption(say("monitoring.outcomes_hint", id=PREDICTION_ID, clicked=CLICKED))
    if file is not None and st.button(say("monitoring.join"), type="primary", icon=":material/join:", key="join"):
        clicks = read_outcomes(uploading.read(file).frame)
        done = record_clicks(clicks, principal=principal)
        state.reset(UPLOAD)
        notices.flash(
            say("monitoring.joined", new=f"{done.new:,}", same=f"{done.unchanged:,}", corrected=f"{done.corrected:,}")
        )
        st.rerun()
