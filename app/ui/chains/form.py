"""The form that starts a chain: one widget for each of its parameters, and whether earlier results count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from app.ui import notices, state
from app.ui.chains.cards import may_run
from app.ui.navigation import CHAINS, SCHEDULES, go_to, link_to
from app.ui.parameter_form import draw_grouped
from app.ui.runs import suggestions
from app.ui.texts import say
from core.jobs.chains import chain_runs, chains
from core.jobs.chains.checks import as_notebook
from core.security.policy import Principal


def draw(name: str, given: Mapping[str, Any], before: str, principal: Principal) -> None:
    """given: the values of an earlier run to begin with; before: its id, or empty."""
    chain = chains.describe(name)
    described = replace(as_notebook(chain.name, chain.parameters), room=name.partition("_")[0])
    with st.container(border=True, key="chain-form"):
        st.markdown(f"### :material/account_tree: {chain.title(state.language())}")
        st.markdown(chain.about(state.language()))
        values = draw_grouped(
            described,
            given,
            lambda place, one, widget: suggestions.draw(place, described, one, widget, principal),
            key=f"chain:{before}",
        )
        fresh = st.toggle(say("chains.fresh"), help=say("chains.fresh_help"), key="chain-fresh")
        with st.container(horizontal=True, vertical_alignment="center"):
            asked = st.button(
                say("chains.start"), icon=":material/play_arrow:", type="primary", key="chain-start",
                disabled=not may_run(chain, principal),
            )  # fmt: skip
            link_to(SCHEDULES, say("chains.schedule"), new=f"chain:{name}")
    if asked:
        with notices.errors_shown():
            key = state.submission_key(f"chain:{name}")  # a double click sends the same one twice
            run = chain_runs.start(name, values, principal=principal, idempotency_key=key, fresh=fresh)
            state.renew_submission_key(f"chain:{name}")
            notices.flash(say("chains.started"))
            go_to(CHAINS, chain_run=run.id)
