"""The way from nothing to an answer, with what is already done ticked off."""

from __future__ import annotations

import streamlit as st

from app.ui import resources
from app.ui.navigation import CLUSTERS, DATASETS, LOOKUP, PageEntry, link_to
from app.ui.texts import say
from core.security.policy import Principal


def draw(principal: Principal, *, published: bool, room: str) -> None:
    """Three steps: data, clusters, lookup."""
    has_data = resources.has_datasets(principal, principal.id, room)
    with st.container(border=True, key="next-steps"):
        _draw_step(DATASETS, say("next.upload"), say("next.upload_hint"), done=has_data)
        _draw_step(CLUSTERS, say("next.train"), say("next.train_hint"), done=published)
        _draw_step(LOOKUP, say("next.lookup"), say("next.lookup_hint"), done=False)


def _draw_step(page: PageEntry, label: str, hint: str, *, done: bool) -> None:
    link_to(page, f"**{label}**", icon=":material/check_circle:" if done else ":material/arrow_circle_right:")
    st.caption(hint)
