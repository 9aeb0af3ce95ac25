"""The steps of a run, drawn from left to right: each stands to the right of what it needs."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.ui import formats, job_cards
from app.ui.chains import words
from app.ui.navigation import RUNS, link_to
from app.ui.texts import say
from core.jobs.chains.records import ChainRun, ChainStep

PER_ROW = 4  # places side by side; more get a row of their own
ARROW = 0.16  # width of the arrow between two places, in widths of a place


def draw(run: ChainRun) -> None:
    """Every step with its state, time, reuse mark and the way to its run."""
    placed = levels(run.steps)
    is_row = all(len(level) == 1 for level in placed)
    for start in range(0, len(placed), PER_ROW):
        row = placed[start : start + PER_ROW]
        widths = [width for _ in row for width in (1.0, ARROW)][:-1]
        with st.container(key=f"chain-row-{start}"):
            columns = st.columns(widths, vertical_alignment="center", gap="xsmall")
        for place, level in enumerate(row):
            if place:
                with columns[2 * place - 1], st.container(key=f"chain-arrow-{start + place}"):
                    st.markdown(":material/arrow_forward:", text_alignment="center")
            with columns[2 * place]:
                for step in level:
                    _draw_step(step, run, tells_needs=not is_row)
    for step in run.steps:  # over the whole width: a sentence is too long for the place of a step
        if problem := words.problem_of(step):
            st.error(f"**{words.step_title(step)}** · {formats.plain(problem)}", icon=":material/error:")


def levels(steps: Sequence[ChainStep]) -> list[list[ChainStep]]:
    """The steps by how many stand in a line before them."""
    depth: dict[str, int] = {}
    for step in steps:  # each comes after what it needs
        depth[step.name] = 1 + max((depth[name] for name in step.needs), default=-1)
    return [[step for step in steps if depth[step.name] == level] for level in range(max(depth.values()) + 1)]


def _draw_step(step: ChainStep, run: ChainRun, *, tells_needs: bool) -> None:
    with st.container(border=True, key=f"chain-step-{step.name}-{step.state}", gap="xsmall"):
        words.draw_state(step.state)
        st.markdown(f"**{words.step_title(step)}**")
        if tells_needs and step.needs:
            names = ", ".join(words.step_title(run.step(name)) for name in step.needs)
            st.caption(say("chains.after", steps=names))
        if step.state == "running" and step.job is not None:
            st.progress(step.job.fraction, text=job_cards.progress_text(step.job))
        elif told := words.told_of(step):
            st.caption(told)
        if step.job_id is not None and step.state != "waiting":
            label = say("chains.earlier_run") if step.state == "reused" else say("chains.step_run")
            link_to(RUNS, label, icon=":material/open_in_new:", run=step.job_id)
