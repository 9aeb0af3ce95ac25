"""The list of chains: what each does, how its last run ended; and the last runs of all."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.ui import formats, job_cards, notices, state
from app.ui.chains import words
from app.ui.navigation import CHAINS, SCHEDULES, go_to, link_to
from app.ui.texts import say
from core.jobs.chains import chains
from core.jobs.chains.chains import Chain
from core.jobs.chains.records import ChainRun, list_chain_runs
from core.security.policy import Permission, Principal, is_allowed

LAST = 12
REFRESH_S, IDLE_REFRESH_S = 2.0, 10.0


def draw(principal: Principal) -> None:
    found, refused = chains.list_chains(), chains.list_refused()
    if not found and not refused:
        notices.empty("chains.none", "chains.none_hint", icon=":material/account_tree:")
    for chain in found:
        _draw_chain(chain, principal)
    if refused:
        with st.expander(say("chains.refused"), icon=":material/warning:", expanded=True):
            for one in refused:
                st.warning(formats.plain(one.error.text(state.language())))
    st.subheader(say("chains.runs"), anchor=False)
    going_on = list_chain_runs(principal=principal, state="running", limit=1)
    st.fragment(lambda: _draw_last(principal), run_every=REFRESH_S if going_on else IDLE_REFRESH_S)()


def may_run(chain: Chain, principal: Principal) -> bool:
    return all(is_allowed(principal, one) for one in (Permission.JOBS_SUBMIT, *chain.permissions))


def _draw_chain(chain: Chain, principal: Principal) -> None:
    with st.container(border=True, key=f"chain-{chain.name}", gap="small"):
        st.markdown(f"### :material/account_tree: {chain.title(state.language())}")
        st.markdown(chain.about(state.language()))
        st.caption(" → ".join(job_cards.name_of(step.notebook) for step in chain.steps))
        with st.container(horizontal=True, vertical_alignment="center"):
            if may_run(chain, principal):
                if st.button(
                    say("chains.open_form"), icon=":material/play_arrow:", type="primary", key=f"run-{chain.name}"
                ):
                    go_to(CHAINS, chain=chain.name)
                link_to(SCHEDULES, say("chains.schedule"), new=f"chain:{chain.name}")


def _draw_last(principal: Principal) -> None:
    with notices.errors_shown():
        runs = list_chain_runs(principal=principal, limit=LAST)
        if not runs:
            st.caption(say("chains.no_runs"))
        else:
            _draw_runs(runs)


def _draw_runs(runs: Sequence[ChainRun]) -> None:
    titles = {name: words.chain_title(name) for name in {run.chain for run in runs}}
    with st.container(border=True, key="chain-runs"):
        for run in runs:
            with st.container(
                horizontal=True, vertical_alignment="center", wrap=False, gap="xsmall", key=f"chain-run-{run.id}"
            ):
                words.draw_state(run.state)
                link_to(CHAINS, titles[run.chain], icon=":material/open_in_new:", chain_run=run.id)
                told = f"{words.done_steps(run)} · {formats.ago(run.created_at)}"
                st.caption(told, width="stretch", text_alignment="right", wrap=False)
