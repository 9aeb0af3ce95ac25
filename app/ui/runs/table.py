"""Runs in short: the table of all, and the last few."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.ui import formats, job_cards, row_choice
from app.ui.navigation import RUNS, go_to, link_to
from app.ui.texts import say, say_value
from core.jobs.records import Job


def say_nothing_runs() -> None:
    st.caption(f":material/check: {say('jobs.idle')}")


def draw_table(jobs: Sequence[Job]) -> None:
    """All runs, newest first; selecting one opens it."""
    rows = [
        {
            "state": say_value("job_state", job.state),
            "title": job_cards.title_of(job),
            "progress": job.fraction,
            "created": formats.moment(job.created_at),
            "duration": formats.duration(job.seconds),
            "run": formats.short(job.id),
        }
        for job in jobs
    ]
    column = st.column_config
    picked = row_choice.draw(
        rows,
        {
            "state": column.TextColumn(say("runs.state"), width="small"),
            "title": column.TextColumn(say("runs.what"), width="large"),
            "progress": column.ProgressColumn(say("runs.progress"), format="percent", min_value=0, max_value=1),
            "created": column.TextColumn(say("runs.created")),
            "duration": column.TextColumn(say("runs.duration"), width="small"),
            "run": column.TextColumn(say("runs.run"), width="small"),
        },
        key="runs-table",
        alt=say("runs.title"),
    )
    st.caption(say("runs.choose"))
    if picked is not None:
        go_to(RUNS, run=jobs[picked].id)


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
