"""Runs in short: the table of them, and the last few."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from app.ui import formats, job_cards, row_choice, state
from app.ui.navigation import RUNS, go_to, link_to
from app.ui.texts import say, say_value
from core.jobs.job import Job

PAGES = "run-pages"


def say_nothing_runs() -> None:
    st.caption(f":material/check: {say('jobs.idle')}")


def held_page(pages: int) -> int:
    """The page that is turned to in the choice drawn further down."""
    return min(int(state.held(PAGES, 1)), pages)


def draw_table(jobs: Sequence[Job]) -> None:
    """Runs, newest first; selecting one opens it."""
    picked = row_choice.draw(_rows(jobs), _columns(), key="runs-table", alt=say("runs.title"))
    st.caption(say("runs.choose"))
    if picked is not None:
        go_to(RUNS, run=jobs[picked].id)


def draw_choosable(jobs: Sequence[Job]) -> list[Job]:
    """The same, and those that are selected."""
    chosen = st.dataframe(
        _rows(jobs), column_config=_columns(), hide_index=True, on_select="rerun", selection_mode="multi-row",
        key="runs-to-compare", alt=say("runs.title"),
    )  # fmt: skip
    return [jobs[place] for place in chosen.selection.rows if place < len(jobs)]


def _rows(jobs: Sequence[Job]) -> list[dict[str, Any]]:
    return [
        {
            "state": say_value("job_state", job.state),
            "title": job_cards.title_of(job),
            "progress": job.fraction,
            "created": formats.moment(job.created_at),
            "duration": formats.duration(job.seconds),
            "attempt": f"{job.attempt}/{max(job.attempt, job.most_attempts)}",
            "origin": say_value("run_origin", origin_of(job)),
            "run": formats.short(job.id),
        }
        for job in jobs
    ]


def origin_of(job: Job) -> str:
    """What asked for a run: a person, a schedule or a chain."""
    return "chain" if job.chain_run_id else "schedule" if job.schedule_id else "person"


def _columns() -> dict[str, Any]:
    column = st.column_config
    return {
        "state": column.TextColumn(say("runs.state"), width="small"),
        "title": column.TextColumn(say("runs.what"), width="medium"),
        "progress": column.ProgressColumn(say("runs.progress"), format="percent", min_value=0, max_value=1),
        "created": column.TextColumn(say("runs.created")),
        "duration": column.TextColumn(say("runs.duration"), width="small"),
        "attempt": column.TextColumn(say("runs.attempt"), width="small"),
        "origin": column.TextColumn(say("runs.origin"), width="small"),
        "run": column.TextColumn(say("runs.run"), width="small"),
    }


def draw_recent(jobs: Sequence[Job]) -> None:
    """The last runs in short, each with a link to its story."""
    with st.container(border=True, key="recent-runs"):
        for job in jobs:
            with st.container(
                horizontal=True, vertical_alignment="center", wrap=False, gap="xsmall", key=f"recent-{job.id}"
            ):
                job_cards.draw_state(job)
                link_to(RUNS, job_cards.title_of(job), icon=":material/open_in_new:", run=job.id)
                st.caption(formats.ago(job.finished_at), width="stretch", text_alignment="right", wrap=False)
