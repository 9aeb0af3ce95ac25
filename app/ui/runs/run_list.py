"""The list of runs: what runs now, then all of them, narrowed down and page by page; two of them can be compared."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.ui import job_cards, notices
from app.ui.navigation import CLUSTERS, DATASETS, RUNS, go_to, link_to
from app.ui.runs import filters, new_run, table
from app.ui.texts import say
from core.jobs.job import Job
from core.jobs.runs.listing import ALL_RUNS, count_jobs, search_jobs
from core.security.policy import Principal

PAGE = 50


def draw(principal: Principal) -> None:
    """Everything one may see, the newest first."""
    live, newest = job_cards.newest(principal, limit=PAGE)
    if not newest:
        _draw_first_steps(principal)
        return
    with st.container(horizontal=True, vertical_alignment="center", key="run-actions"):
        if new_run.may_run_any(principal) and st.button(
            say("runs.new"), icon=":material/play_arrow:", type="primary", key="new-run"
        ):
            go_to(RUNS, new="1")
        comparing = st.toggle(say("runs.compare_two"), key="compare-two")
    job_cards.draw_live(live, principal, when_idle=table.say_nothing_runs)
    search = filters.draw(principal)
    count = len(newest) if search == ALL_RUNS and len(newest) < PAGE else count_jobs(search, principal=principal)
    if not count:
        st.info(say("runs.none_found"), icon=":material/search_off:")
        return
    pages = -(-count // PAGE)
    turned = table.held_page(pages)
    is_first = search == ALL_RUNS and turned == 1
    jobs = newest if is_first else search_jobs(search, principal=principal, limit=PAGE, offset=PAGE * (turned - 1))
    if comparing:
        _draw_choice_of_two(jobs)
    else:
        table.draw_table(jobs)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(say("runs.count", count=f"{count:,}"), width="stretch")
        if pages > 1:
            st.pagination(pages, key=table.PAGES)


def _draw_choice_of_two(jobs: Sequence[Job]) -> None:
    chosen = table.draw_choosable(jobs)
    if len(chosen) == 2:
        first, second = sorted(chosen, key=lambda job: job.created_at)  # what changed since the earlier one
        if st.button(say("runs.compare"), icon=":material/compare_arrows:", type="primary", key="compare-chosen"):
            go_to(RUNS, run=first.id, **{"with": second.id})
    else:
        st.caption(say("runs.choose_two"))


def _draw_first_steps(principal: Principal) -> None:
    with notices.empty("runs.none", "runs.none_hint", icon=":material/history:"):
        link_to(DATASETS, say("next.upload"))
        link_to(CLUSTERS, say("next.train"))
        if new_run.may_run_any(principal):
            link_to(RUNS, say("runs.new"), icon=":material/play_arrow:", new="1")
