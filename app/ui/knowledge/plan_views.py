"""A plan before it is applied: what each file would do, why some are refused, and what was flagged inside."""

from __future__ import annotations

import streamlit as st

from app.ui import notices, state
from app.ui.knowledge import item_table
from app.ui.navigation import KNOWLEDGE, go_to
from app.ui.texts import say, say_value
from core.knowledge.ingestion.jobs import start_ingestion
from core.knowledge.ingestion.plan_preview import LookedInto, look_into
from core.knowledge.ingestion.plans import Ingestion, discard_plan, list_items
from core.security.policy import Permission, Principal, is_allowed

ACTIONS = ("add", "change", "remove", "unchanged", "refuse")


def draw(one: Ingestion, principal: Principal, *, may_write: bool) -> None:
    """Counts, the two ways on, and the table of files."""
    counts = st.columns(len(ACTIONS))
    for column, action in zip(counts, ACTIONS, strict=True):
        column.metric(say_value("plan_action", action), f"{one.actions.get(action, 0):,}")
    looked = _looked(one, principal)
    unreadable = sum(1 for found in looked.values() if found.problem is not None)
    flagged = sum(1 for found in looked.values() if found.flags)
    if unreadable:
        st.warning(say("plans.unreadable", count=unreadable), icon=":material/warning:")
    if flagged:
        st.warning(say("plans.flagged", count=flagged), icon=":material/policy_alert:")
    waiting = one.actions.get("add", 0) + one.actions.get("change", 0)
    if len(looked) < waiting:
        st.caption(say("plans.looked_into", count=len(looked), total=waiting))
    if may_write:
        _draw_ways(one, principal)
    item_table.draw_plan(list_items(one.id, principal=principal), looked)


def _draw_ways(one: Ingestion, principal: Principal) -> None:
    if not one.changes_something:
        st.info(say("plans.nothing_to_do"), icon=":material/check:")
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button(
            say("plans.apply"), type="primary", icon=":material/play_arrow:", key="plan-apply",
            disabled=not one.changes_something or not is_allowed(principal, Permission.JOBS_SUBMIT),
        )  # fmt: skip
        given_up = st.button(say("plans.discard"), icon=":material/delete:", key="plan-discard")
    if pressed:
        with notices.errors_shown():
            start_ingestion(one.id, principal=principal)
            st.rerun()
    if given_up:
        with notices.errors_shown():
            discard_plan(one.id, principal=principal)
            go_to(KNOWLEDGE, **{state.COLLECTION: one.collection_id})


def _looked(one: Ingestion, principal: Principal) -> dict[int, LookedInto]:
    """What the files hold, read once in this visit."""
    kept: dict[int, LookedInto] | None = state.kept(kept_key(one.id))
    if kept is None:
        bar = st.progress(0.0, text=say("plans.looking"))
        kept = look_into(
            one.id, principal=principal, progress=lambda done, total: bar.progress(done / total, say("plans.looking"))
        )
        bar.empty()
        state.keep(kept_key(one.id), kept)
    return kept


def kept_key(ingestion_id: str) -> str:
    """Where this visit keeps what was seen in the files of a plan."""
    return f"looked:{ingestion_id}"
