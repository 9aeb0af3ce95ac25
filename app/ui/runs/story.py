"""One run: how it stands, what it does now, its values, its result and its notebook."""

from __future__ import annotations

import streamlit as st

from app.ui import formats, job_cards, notices, state
from app.ui.navigation import RUNS, go_to
from app.ui.parameter_form import label_of
from app.ui.runs import live, new_run, notebook_view, origins, result_view, share
from app.ui.runs.values import value_text
from app.ui.texts import say
from core.jobs.job import RETRYABLE, Job
from core.jobs.records import cancel, get_job, retry
from core.jobs.runs.cells import failing_cell
from core.security.policy import Principal

TABS = "run-tabs"


def draw_back() -> None:
    """Back to the list."""
    if st.button(say("runs.back"), icon=":material/arrow_back:", type="tertiary", key="run-back"):
        go_to(RUNS)


def draw(job: Job, principal: Principal) -> None:
    """One run; the upper part refreshes by itself while the run lives."""
    drawn = job.state
    known = [job]

    def watch() -> None:
        now = known.pop() if known else get_job(job.id, principal=principal)
        if now.state != drawn:
            st.rerun()
        _draw_summary(now, principal)

    st.fragment(watch, run_every=None if job.has_ended else job_cards.REFRESH_S)()
    origins.draw(job, principal)
    story, parameters, result, notebook = st.tabs(
        [say("runs.story"), say("runs.parameters"), say("runs.result"), say("runs.report")],
        on_change="rerun",
        key=TABS,
    )
    if story.open:
        with story, notices.errors_shown():
            live.draw(job, principal)
    if parameters.open:
        with parameters:
            _draw_values(job)
    if result.open:
        with result:
            result_view.draw(job, principal)
    if notebook.open:
        with notebook, notices.errors_shown():
            notebook_view.draw(job, principal)


def _draw_summary(job: Job, principal: Principal) -> None:
    with st.container(border=True, key="hero-run"):
        with st.container(horizontal=True, vertical_alignment="center"):
            job_cards.draw_state(job)
            st.markdown(f"### {job_cards.title_of(job)}", width="stretch")
            _draw_actions(job, principal)
        if not job.has_ended:
            st.progress(job.fraction, text=job_cards.progress_text(job))
        job_cards.draw_error(job)
        if job.state == "failed":
            _draw_jump(failing_cell(job))
        _draw_facts(job)


def _draw_facts(job: Job) -> None:
    used = job.resources or {}
    peak, processor_s = used.get("peak_memory_mb"), used.get("processor_s")
    with st.container(horizontal=True, key="facts-run"):
        st.metric(
            say("runs.created"), formats.ago(job.created_at), help=formats.moment(job.created_at), width="content"
        )
        st.metric(say("runs.duration"), formats.duration(job.seconds), width="content")
        st.metric(say("runs.attempt"), f"{job.attempt} / {max(job.attempt, job.most_attempts)}", width="content")
        if peak is not None:
            st.metric(say("runs.peak_memory"), formats.size(int(peak * 1e6)), width="content")
        if processor_s is not None:
            st.metric(say("runs.processor"), formats.duration(processor_s), width="content")
        st.metric(say("runs.run"), formats.short(job.id), help=job.id, width="content")


def _draw_actions(job: Job, principal: Principal) -> None:
    with notices.errors_shown():
        if not job.has_ended:
            label = say("jobs.stopping") if job.cancel_requested else say("jobs.stop")
            if st.button(label, icon=":material/stop_circle:", disabled=bool(job.cancel_requested), key="cancel"):
                cancel(job.id, principal=principal)
                st.rerun()
        elif job.state in RETRYABLE and st.button(say("runs.again"), icon=":material/replay:", key="again"):
            go_to(RUNS, run=retry(job.id, principal=principal).id)
        if new_run.may_run(job.notebook, principal) and st.button(
            say("runs.change"), icon=":material/edit:", key="change"
        ):
            go_to(RUNS, **{state.FROM: job.id})
        share.draw(run=job.id)


def _draw_jump(cell: int | None) -> None:
    """Opens the notebook at the cell that failed."""

    def turn() -> None:
        state.preset(TABS, say("runs.report"))
        notebook_view.ask_to_jump()

    label = say("runs.jump") if cell is None else say("runs.jump_to", cell=cell)
    if st.button(label, icon=":material/move_down:", key="jump", on_click=turn):
        st.rerun()


def _draw_values(job: Job) -> None:
    if not job.parameters:
        st.caption(say("runs.no_values"))
    else:
        labelled = {label_of(name, job.room): value_text(value, job.room) for name, value in job.parameters.items()}
        st.table(labelled, border="horizontal", hide_header=True)
