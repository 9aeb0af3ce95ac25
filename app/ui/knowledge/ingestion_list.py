"""Earlier ingestions of a collection, and those that wait for somebody or run."""

from __future__ import annotations

import streamlit as st

from app.ui import formats, notices, state
from app.ui.knowledge import words
from app.ui.navigation import KNOWLEDGE, go_to, link_to
from app.ui.texts import say, say_value
from core.knowledge.ingestion.jobs import BEGUN_FROM
from core.knowledge.ingestion.plans import Ingestion, list_ingestions
from core.security.policy import Principal

SHOWN, WATCHED = 100, 20
UNFINISHED = ("planned", "running")
LIVE = {"queued": "waiting", "running": "running"}


def state_of(one: Ingestion) -> str:
    """Its state as it is shown: that of its job while that waits or works, and left where the job died."""
    if one.was_left:
        return "left"
    return LIVE.get(one.job_state or "", one.state) if one.state in BEGUN_FROM else one.state


def draw_unfinished(collection_id: str, principal: Principal) -> None:
    """Plans that wait to be applied, and what runs, each with the way to it."""
    newest = list_ingestions(collection_id=collection_id, principal=principal, limit=WATCHED)
    for one in newest:
        if one.state not in UNFINISHED:
            continue
        with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"unfinished-{one.id}"):
            words.draw_state(state_of(one))
            st.markdown(f"**{formats.plain(one.source)}**", width="stretch")
            if one.state == "running":
                st.caption(formats.share(one.fraction))
            link_to(KNOWLEDGE, say("ingestions.open"), icon=":material/open_in_new:", **{state.INGESTION: one.id})


def draw(collection_id: str, principal: Principal) -> None:
    """All of the tab: what was brought in, newest first; selecting a row opens it."""
    known = list_ingestions(collection_id=collection_id, principal=principal, limit=SHOWN)
    if not known:
        notices.empty("ingestions.none", "ingestions.none_hint", icon=":material/move_to_inbox:")
        return
    column = st.column_config
    chosen = st.dataframe(
        [_row(one) for one in known],
        column_config={
            "state": column.TextColumn(say("ingestions.state"), width="small"),
            "source": column.TextColumn(say("ingestions.source"), width="large"),
            "files": column.NumberColumn(say("ingestions.files"), width="small"),
            "failed": column.NumberColumn(say("ingestions.failed"), width="small"),
            "created": column.TextColumn(say("ingestions.created")),
            "duration": column.TextColumn(say("ingestions.duration"), width="small"),
        },
        hide_index=True,
        alt=say_value("collection_tab", "ingestions"),
        on_select="rerun",
        selection_mode=["single-row", "single-cell"],
        key="ingestions-table",
    )
    st.caption(say("ingestions.choose"))
    picked = [*chosen.selection.rows, *(cell[0] for cell in chosen.selection.cells)]
    if picked:
        go_to(KNOWLEDGE, **{state.INGESTION: known[picked[0]].id})


def _row(one: Ingestion) -> dict[str, object]:
    took = (one.finished_at - one.started_at).total_seconds() if one.finished_at and one.started_at else None
    return {
        "state": say_value("ingestion_state", state_of(one)),
        "source": one.source,
        "files": sum(one.states.values()),
        "failed": one.states.get("failed", 0),
        "created": formats.moment(one.created_at),
        "duration": formats.duration(took),
    }
