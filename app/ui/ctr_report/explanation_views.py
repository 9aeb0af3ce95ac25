"""The explanation tab: importance by every method with intervals, where they part, SHAP, and collinear columns."""

from __future__ import annotations

import streamlit as st

from app.ui import job_cards, notices, state
from app.ui.ctr_report import explained_views
from app.ui.texts import say
from core.ctr.runs import EXPLAINING, Report, explaining_job
from core.jobs.records import get_job, submit
from core.security.policy import Permission, Principal, is_allowed


def draw(report: Report, principal: Principal) -> None:
    """The explanation, or how far it is, or the button that starts it."""
    job = explaining_job(report.run, principal=principal)
    if job is not None and not job.has_ended:
        st.info(say("ctr.explaining"), icon=":material/hourglass_top:")
        drawn = job.id

        def watch() -> None:
            now = get_job(drawn, principal=principal)
            if now.has_ended:
                st.rerun()
            job_cards.draw_progress(now, principal)

        st.fragment(watch, run_every=job_cards.REFRESH_S)()
    if report.explanation is not None:
        explained_views.draw(report)
    elif job is None or job.has_ended:
        if job is not None:
            job_cards.draw_error(job)
        with notices.empty("ctr.unexplained", "ctr.unexplained_hint", icon=":material/psychology_alt:"):
            if is_allowed(principal, Permission.JOBS_SUBMIT):
                draw_start(report, principal)


def draw_start(report: Report, principal: Principal) -> None:
    """The button that queues an explanation of the run, once however often it is pressed."""
    form = f"explain-{report.run.id}"
    if st.button(say("ctr.explain_now"), type="primary", icon=":material/psychology:", key="ctr-explain"):
        with notices.errors_shown():
            state.renew_submission_key(form)
            submit(
                EXPLAINING,
                {"run_id": report.run.id},
                principal=principal,
                idempotency_key=state.submission_key(form),
            )
            st.rerun()
