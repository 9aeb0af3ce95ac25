"""One ingestion: its plan before it is applied, live progress while it runs, and what became of each file."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from app.ui import formats, job_cards, notices, state
from app.ui.knowledge import collection_views, item_table, plan_views, words
from app.ui.knowledge.ingestion_list import state_of
from app.ui.navigation import RUNS, link_to
from app.ui.texts import say, say_if_known
from core.errors import WorkbenchError
from core.jobs.records import get_job
from core.knowledge.collections import get_collection
from core.knowledge.ingestion.jobs import BEGUN_FROM, WORKING, go_on, stop_ingestion
from core.knowledge.ingestion.plans import Ingestion, get_ingestion, list_items
from core.security.policy import Permission, Principal, is_allowed

REFRESH_S, FILES_REFRESH_S = 1.0, 3.0


def draw(ingestion_id: str, principal: Principal) -> None:
    """All of it. Raises NotFound."""
    one = get_ingestion(ingestion_id, principal=principal)
    collection = get_collection(one.collection_id, principal=principal)
    collection_views.to_collection(collection.id)
    may_write = collection.is_editable and is_allowed(principal, Permission.KNOWLEDGE_WRITE)
    with st.container(border=True, key="hero-ingestion"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"### {formats.plain(one.source)}", width="stretch")
            words.draw_state(state_of(one))
            if one.job_state is not None and _is_mine(one, principal):
                link_to(RUNS, say("jobs.open_run"), icon=":material/open_in_new:", run=str(one.job_id))
        st.caption(f"{formats.plain(collection.name)} · {formats.moment(one.created_at)}")
        if is_live(one):
            _draw_live(one, principal, may_write=may_write)
        elif one.state != "planned":
            _draw_ended(one, principal, may_write=may_write)
    if one.state == "planned" and not is_live(one):
        plan_views.draw(one, principal, may_write=may_write)
    else:
        st.fragment(_draw_files, run_every=FILES_REFRESH_S if is_live(one) else None)(one.id, principal)


def _draw_files(ingestion_id: str, principal: Principal) -> None:
    item_table.draw(list_items(ingestion_id, principal=principal), principal)


def is_live(one: Ingestion) -> bool:
    """Whether a job waits for its turn or works on it."""
    return one.job_state in WORKING and one.state in BEGUN_FROM


def _is_mine(one: Ingestion, principal: Principal) -> bool:
    try:
        get_job(str(one.job_id), principal=principal)
    except WorkbenchError:  # somebody else's job, whose story is theirs
        return False
    return True


def _draw_live(one: Ingestion, principal: Principal, *, may_write: bool) -> None:
    """Progress out of the database, refreshed by itself; the page runs again when it has ended."""

    def watch() -> None:
        now = get_ingestion(one.id, principal=principal)
        if not is_live(now):
            st.rerun()
        st.progress(now.fraction, text=progress_text(now, principal))
        if now.cancel_requested:
            st.caption(say("jobs.stopping"))

    st.fragment(watch, run_every=REFRESH_S)()
    may_stop = may_write and not one.cancel_requested
    if may_stop and st.button(say("jobs.stop"), icon=":material/stop_circle:", key="ingestion-stop"):
        with notices.errors_shown():
            stop_ingestion(one.id, principal=principal)
            st.rerun()


def progress_text(now: Ingestion, principal: Principal) -> str:
    """Stage, file and how many are done, or that it waits for its turn."""
    if now.job_state == "queued":
        return say("ingestions.waiting")
    running = list_items(now.id, states=("running",), principal=principal)
    total = sum(now.states.values())
    done = total - now.states.get("waiting", 0) - len(running)
    step = say_if_known("step", now.stage, say("jobs.starting"))
    name = formats.plain(running[0].name) if running else ""
    parts = [step, name, say("ingestions.done_of", done=done, total=total), formats.share(now.fraction)]
    return " · ".join(part for part in parts if part)


def _draw_ended(one: Ingestion, principal: Principal, *, may_write: bool) -> None:
    done, failed = one.states.get("done", 0), one.states.get("failed", 0)
    facts = st.columns(4)
    facts[0].metric(say("ingestions.done"), f"{done:,}")
    facts[1].metric(say("ingestions.failed"), f"{failed:,}")
    facts[2].metric(say("ingestions.left"), f"{one.states.get('waiting', 0) + one.states.get('cancelled', 0):,}")
    took = (one.finished_at - one.started_at).total_seconds() if one.finished_at and one.started_at else None
    facts[3].metric(say("ingestions.duration"), formats.duration(took))
    if one.error is not None:
        stage = say_if_known("step", str(one.error.get("stage", "")), "")
        st.error(
            f"{formats.plain(words.sentence(one.error))} ({say('ingestions.at_stage', stage=stage)})",
            icon=":material/error:",
        )
    elif one.job_state in ("failed", "lost") and _is_mine(one, principal):
        job_cards.draw_error(get_job(str(one.job_id), principal=principal))
    can_go_on = one.was_left or one.state in ("partial", "failed", "cancelled")
    if can_go_on and may_write and is_allowed(principal, Permission.JOBS_SUBMIT):
        st.caption(say("ingestions.go_on_help"))
        looks: Literal["primary", "secondary"] = "primary" if one.states.get("waiting") or one.was_left else "secondary"
        if st.button(say("ingestions.go_on"), type=looks, icon=":material/play_arrow:", key="ingestion-go-on"):
            with notices.errors_shown():
                go_on(one.id, principal=principal)
                state.forget(plan_views.kept_key(one.id))
                st.rerun()
