"""One run of a chain: its steps, followed while they run; stop it, or go on from what failed."""

from __future__ import annotations

import streamlit as st

from app.ui import formats, notices
from app.ui.chains import graph, words
from app.ui.navigation import CHAINS, go_to
from app.ui.parameter_form import label_of
from app.ui.texts import say, say_if_known
from core.jobs.chains import chain_runs
from core.jobs.chains.records import RETRYABLE, ChainRun, get_chain_run
from core.security.policy import Permission, Principal, is_allowed

REFRESH_S = 2.0


def draw_back() -> None:
    if st.button(say("chains.all"), icon=":material/arrow_back:", type="tertiary"):
        go_to(CHAINS)


def draw(run_id: str, principal: Principal) -> None:
    """The run as it is now; it follows by itself until it has ended."""
    run = get_chain_run(run_id, principal=principal)
    known = [run]

    def watch() -> None:
        with notices.errors_shown():
            now = known.pop() if known else get_chain_run(run_id, principal=principal)
            if now.has_ended != run.has_ended:
                st.rerun()
            _draw_summary(now, principal)
            graph.draw(now)

    st.fragment(watch, run_every=None if run.has_ended else REFRESH_S)()
    _draw_values(run)


def _draw_summary(run: ChainRun, principal: Principal) -> None:
    with st.container(border=True, key="hero-chain"):
        with st.container(horizontal=True, vertical_alignment="center"):
            words.draw_state(run.state)
            st.markdown(f"### {words.chain_title(run.chain)}", width="stretch")
            if is_allowed(principal, Permission.JOBS_SUBMIT):
                _draw_actions(run, principal)
        facts = st.columns(4)
        facts[0].metric(say("chains.asked"), formats.ago(run.created_at), help=formats.moment(run.created_at))
        facts[1].metric(say("chains.duration"), formats.duration(run.seconds))
        facts[2].metric(say("chains.steps_done"), words.done_steps(run))
        facts[3].metric(say("chains.reused_steps"), sum(step.state == "reused" for step in run.steps))


def _draw_actions(run: ChainRun, principal: Principal) -> None:
    if not run.has_ended:
        label = say("chains.stopping") if run.is_stopping else say("chains.stop")
        if st.button(label, icon=":material/stop_circle:", disabled=run.is_stopping, key="chain-stop"):
            with notices.errors_shown():
                chain_runs.cancel(run.id, principal=principal)
                st.rerun()
        return
    if run.state in RETRYABLE and st.button(
        say("chains.retry"), icon=":material/resume:", type="primary", key="chain-retry"
    ):
        with notices.errors_shown():
            chain_runs.retry(run.id, principal=principal)
            st.rerun()
    if st.button(say("chains.again"), icon=":material/replay:", key="chain-again"):
        go_to(CHAINS, chain=run.chain, run=run.id)


def _draw_values(run: ChainRun) -> None:
    room = run.chain.partition("_")[0]
    with st.expander(say("chains.values"), icon=":material/tune:"):
        if run.is_fresh:
            st.caption(say("chains.is_fresh"))
        shown = {label_of(name, room): _value(value) for name, value in run.parameters.items()}
        st.table(shown, border="horizontal", hide_header=True)


def _value(value: object) -> str:
    return "–" if value in ("", None) else say_if_known("choice", str(value), str(value))
