"""Chains and their steps in words and colours."""

from __future__ import annotations

import streamlit as st

from app.ui import formats, job_cards, state
from app.ui.texts import say, say_value
from core.errors import WorkbenchError
from core.jobs.chains import chains
from core.jobs.chains.records import ChainRun, ChainStep
from core.messages import say as say_sentence

LOOKS = {
    "waiting": ("gray", ":material/schedule:"),
    "running": ("blue", ":material/progress_activity:"),
    "succeeded": ("green", ":material/check_circle:"),
    "reused": ("violet", ":material/recycling:"),
    "failed": ("red", ":material/error:"),
    "skipped": ("gray", ":material/skip_next:"),
    "cancelled": ("orange", ":material/block:"),
}


def chain_title(name: str) -> str:
    """What a chain is called; its name where the file is gone or no chain any more."""
    try:
        return chains.describe(name).title(state.language())
    except WorkbenchError:
        return name.replace("_", " ")


def draw_state(word: str) -> None:
    """The state of a step or of a run as a badge."""
    color, icon = LOOKS[word]
    st.badge(say_value("chain_step", word), color=color, icon=icon)


def told_of(step: ChainStep) -> str:
    """One line under the name of a step: how long it took, what it waits for, or what it reuses."""
    if step.state == "waiting":
        return say("chains.waiting_why")
    if step.state == "skipped":
        return say("chains.skipped_why")
    if step.state == "reused":
        return say("chains.reused_from", when=formats.moment(step.job.finished_at if step.job else None))
    if step.job is None or step.seconds is None:
        return ""
    parts = [say("chains.took", time=formats.duration(step.seconds))]
    if step.job.attempt > 1:
        parts.append(say("chains.attempt", count=step.job.attempt))
    return " · ".join(parts)


def problem_of(step: ChainStep) -> str:
    """Why a step failed, in one sentence; empty where it did not."""
    error = step.error or (step.job.error if step.job is not None and step.state == "failed" else None)
    return say_sentence(error["key"], state.language(), **error["details"]) if error else ""


def step_title(step: ChainStep) -> str:
    return job_cards.name_of(step.notebook)


def done_steps(run: ChainRun) -> str:
    done = sum(step.state in ("succeeded", "reused") for step in run.steps)
    return say("chains.of_steps", done=done, all=len(run.steps))
