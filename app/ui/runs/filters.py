"""What the list of runs is narrowed to."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from app.ui import choosing, job_cards
from app.ui.audit.names_of_people import names
from app.ui.texts import say, say_if_known, say_value
from core.jobs.runs.listing import ORIGINS, RunSearch, known_values
from core.security.policy import Principal
from core.storage.ownership import only_owner

STATES = ("queued", "running", "succeeded", "failed", "cancelled", "lost")


def draw(principal: Principal) -> RunSearch:
    """One choice each for notebook, state, room and origin, and for the owner where one sees others' runs."""
    known = known_values(principal=principal)
    people = names(principal) if only_owner(principal) is None else {}
    with st.container(horizontal=True, vertical_alignment="bottom", key="run-filters"):
        notebook = _one_of(say("runs.what"), "run-notebook", known["notebook"], job_cards.name_of)
        state = _one_of(say("runs.state"), "run-state", STATES, lambda one: say_value("job_state", one))
        room = _one_of(say("runs.room"), "run-room", known["room"], lambda one: say_if_known("section", one, one))
        origin = _one_of(say("runs.origin"), "run-origin", ORIGINS, lambda one: say_value("run_origin", one))
        owner = None
        if len(known["owner"]) > 1:
            owner = _one_of(say("runs.owner"), "run-owner", known["owner"], lambda one: people.get(one, one))
    asked_by = next((one for one in ORIGINS if one == origin), None)
    return RunSearch(notebook, (state,) if state else (), room, owner, asked_by)


def _one_of(label: str, key: str, options: Sequence[str], name: Callable[[str], str]) -> str | None:
    return choosing.one_of(
        st, label, options, format_func=name, key=key, index=None, placeholder=say("runs.any"), width=170
    )
