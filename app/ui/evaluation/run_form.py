"""Start an evaluation: one job however often the button is hit, and the live ones."""

from __future__ import annotations

import streamlit as st

from app.ui import job_cards, notices, state
from app.ui.parameter_form import draw_parameters
from app.ui.texts import say
from core.jobs.notebooks.catalogue import describe
from core.jobs.records import submit
from core.knowledge.evaluation.reports import NOTEBOOK
from core.security.policy import Permission, Principal, is_allowed

FORM = "evaluate"


def draw(principal: Principal) -> None:
    """The form, for those who may queue jobs."""
    if not is_allowed(principal, Permission.JOBS_SUBMIT):
        st.caption(f":material/lock: {say('evaluation.may_not_run')}")
        return
    job_cards.draw_submitted(FORM, principal)
    live, _ = job_cards.newest(principal, limit=100, room="knowledge")
    job_cards.draw_live(live, principal, "knowledge")
    with st.form(FORM, border=True):
        values = draw_parameters(describe(NOTEBOOK), leave_out=set())
        pressed = st.form_submit_button(say("evaluation.start"), type="primary", icon=":material/play_arrow:")
    if pressed:
        with notices.errors_shown():
            job = submit(NOTEBOOK, values, principal=principal, idempotency_key=state.submission_key(FORM))
            state.set_submitted_job(FORM, job.id)
            notices.flash(say("evaluation.queued"))
            st.rerun()
