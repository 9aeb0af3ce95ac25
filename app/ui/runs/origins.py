"""Where a run comes from and what it belongs to: its attempts, its schedule or chain, runs with changes."""

from __future__ import annotations

import streamlit as st

from app.ui import choosing, formats, job_cards
from app.ui.navigation import CHAINS, RUNS, SCHEDULES, go_to, link_to
from app.ui.texts import say, say_value
from core.jobs.job import Job
from core.jobs.runs.lineage import attempts_of, changed_runs
from core.jobs.runs.listing import RunSearch, search_jobs
from core.security.policy import Principal

OFFERED = 50


def draw(job: Job, principal: Principal) -> None:
    """Links to what this run belongs to, and the choice of another to compare it with."""
    attempts = attempts_of(job.id, principal=principal)
    changed = changed_runs(job.id, principal=principal)
    with st.container(horizontal=True, vertical_alignment="center", key="run-origin"):
        if job.chain_run_id:
            label = say("runs.of_chain", run=formats.short(job.chain_run_id))
            link_to(CHAINS, label, chain_run=job.chain_run_id)
        if job.schedule_id:
            label = say("runs.of_schedule", at=formats.moment(job.logical_at))
            link_to(SCHEDULES, label, schedule=job.schedule_id)
        if job.changed_from:
            label = say("runs.changed_from", run=formats.short(job.changed_from))
            link_to(RUNS, label, icon=":material/edit:", run=job.changed_from)
            link_to(
                RUNS, say("runs.what_changed"), icon=":material/compare_arrows:", run=job.changed_from,
                **{"with": job.id},
            )  # fmt: skip
        for one in changed:
            link_to(RUNS, say("runs.changed_into", run=formats.short(one.id)), icon=":material/edit:", run=one.id)
        _draw_compare(job, principal)
    if len(attempts) > 1:
        with st.container(horizontal=True, vertical_alignment="center", key="run-attempts-of"):
            st.caption(say("runs.all_attempts"), width="content")
            for one in attempts:
                label = f"{one.attempt} · {say_value('job_state', one.state)}"
                icon = job_cards.LOOKS[one.state][1]
                if one.id == job.id:
                    st.markdown(f"**{icon} {label}**", width="content")
                else:
                    link_to(RUNS, label, icon=icon, run=one.id)
    last = attempts[-1]
    if last.id != job.id and last.state == "queued" and last.not_before is not None:
        st.info(
            say("runs.next_attempt", attempt=last.attempt, at=formats.clock(last.not_before)),
            icon=":material/schedule:",
        )


def _draw_compare(job: Job, principal: Principal) -> None:
    """Another run of the same notebook to compare this one with."""
    search = RunSearch(notebook=job.notebook)
    others = [one for one in search_jobs(search, principal=principal, limit=OFFERED) if one.id != job.id]
    if not others:
        return
    with st.popover(say("runs.compare_with"), icon=":material/compare_arrows:"):
        known = {one.id: one for one in others}
        chosen = choosing.one_of(
            st,
            say("runs.other_run"),
            list(known),
            format_func=lambda run_id: _label_of(known[run_id]),
            key=f"compare-with-{job.id}",
            index=None,
            placeholder=say("runs.choose_run"),
        )
        if chosen is not None:
            go_to(RUNS, run=job.id, **{"with": chosen})


def _label_of(job: Job) -> str:
    return f"{formats.moment(job.created_at)} · {say_value('job_state', job.state)} · {formats.short(job.id)}"
