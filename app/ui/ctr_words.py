"""Words of click models that the core already holds, in the visitor's language, and how a run is called in a list."""

from __future__ import annotations

from app.ui import formats, state
from app.ui.texts import say
from core.ctr.reporting import report_charts
from core.ctr.runs import Run


def model(name: str) -> str:
    """A candidate."""
    return report_charts.model_label(name, state.language())


def score(name: str) -> str:
    """A score."""
    return report_charts.score_label(name, state.language())


def run(one: Run) -> str:
    """A run in a list: what it was called, when it was asked for, and the start of its id."""
    name = one.experiment or say("ctr.unnamed_run")
    return f"{name} · {formats.moment(one.created_at)} · {formats.short(one.id)}"
