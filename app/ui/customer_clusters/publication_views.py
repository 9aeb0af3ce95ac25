"""Publishing: trainings that were refused, what stands in their way, the history, and the way back."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.ui import findings_panel, formats, notices, state
from app.ui.customer_clusters import champion_card
from app.ui.navigation import RUNS, link_to
from app.ui.texts import say
from core.customers.serving import ROOM
from core.jobs.held_back import publish_held_back
from core.jobs.job import Job
from core.security.policy import Permission, Principal, is_allowed
from core.storage import champions


def draw_outcome(jobs: Sequence[Job], candidates: Sequence[Job]) -> None:
    """Say so when the newest training was not published, with the findings that stand in the way."""
    last = next((job for job in jobs if job.state == "succeeded"), None)
    if last is not None and last in candidates:
        with st.container(border=True, key="refused"):
            st.markdown(f"**:material/block: {say('candidates.refused', when=formats.ago(last.finished_at))}**")
            findings_panel.draw_plain((last.result or {})["findings"])
            st.caption(say("candidates.refused_hint"))


def draw_candidates(candidates: Sequence[Job], principal: Principal) -> None:
    """Trainings that were not published, why not, and publishing them all the same with a reason."""
    if not candidates:
        st.caption(f":material/check: {say('candidates.none')}")
    for job in candidates:
        result = job.result or {}
        with st.container(border=True, key=f"candidate-{job.id}"):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(
                    say("candidates.title", count=len(result["clusters"]), when=formats.ago(job.finished_at)),
                    width="stretch",
                )
                link_to(RUNS, say("jobs.open_run"), icon=":material/open_in_new:", run=job.id)
                if is_allowed(principal, Permission.CHAMPIONS_PUBLISH):
                    _draw_publish(job, principal)
            st.markdown(" · ".join(f"{one[state.language()]} ({one['size']:,})" for one in result["clusters"]))
            champion_card.draw_metrics(result["metrics"])
            findings_panel.draw_plain(result["findings"])


def _draw_publish(job: Job, principal: Principal) -> None:
    with (
        st.popover(say("candidates.publish"), icon=":material/publish:"),
        st.form(f"publish-{job.id}", border=False),
    ):
        st.caption(say("candidates.publish_help"))
        why = st.text_area(say("candidates.reason"), key=f"why-{job.id}")
        if st.form_submit_button(say("candidates.publish_with_reason"), type="primary"):
            with notices.errors_shown():
                publish_held_back(job.id, room=ROOM, why=why or "", principal=principal)
                notices.flash(say("candidates.published"))
                st.rerun()


def draw_history(slot: str, principal: Principal) -> None:
    """All publications, newest first; an earlier one can be served again."""
    rows = champions.history(ROOM, slot)
    for row in rows:
        with st.container(border=True, key=f"published-{row.id}", horizontal=True, vertical_alignment="center"):
            if row is rows[0]:
                st.badge(say("history.current"), color="green", icon=":material/verified:")
            st.markdown(
                f"**{say('champion.version', version=row.version)}** · {formats.moment(row.created_at)} · {row.owner}"
            )
            st.caption(row.why, width="stretch")
            link_to(RUNS, say("jobs.open_run"), icon=":material/open_in_new:", run=row.run_id)
            if row is not rows[0] and is_allowed(principal, Permission.CHAMPIONS_PUBLISH):
                _draw_rollback(row, slot, principal)


def _draw_rollback(row: champions.Champion, slot: str, principal: Principal) -> None:
    with st.popover(say("history.rollback"), icon=":material/undo:"), st.form(f"rollback-{row.id}", border=False):
        why = st.text_area(say("history.reason"), key=f"rollback-why-{row.id}")
        if st.form_submit_button(say("history.rollback_now"), type="primary"):
            with notices.errors_shown():
                champions.rollback(ROOM, row.id, why=why or "", principal=principal, slot=slot)
                notices.flash(say("history.rolled_back", version=row.version))
                st.rerun()
