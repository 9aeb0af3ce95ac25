"""Figures of a report, each with what it is read against, and where they come from: run, cell, parameters, data."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from app.ui import resources, state
from app.ui.navigation import RUNS, link_to
from app.ui.texts import say, say_if_known
from core.ctr.reporting.fact_text import Fact, base_text, fact_text, figure_text
from core.ctr.runs import EXPLAINING, NOTEBOOK, Report
from core.jobs.notebooks.catalogue import describe
from core.messages import say as say_sentence

# The call that computes each part of a report; the cell that holds it is where the figure was made.
CALLS = {"data": "load_impressions(", "split": "load_impressions(", "explanation.json": "explain_case("}
TRAINED, WRITTEN = "train_candidates(", "report_document("
TRAINED_PARTS = ("models", "evaluation", "champion", "verdict", "economics", "history", "threshold")


def draw_metrics(facts: Mapping[str, Fact], wanted: Mapping[str, str], *, columns: int = 4) -> None:
    """Tiles for the facts named by `wanted`, `{id: label}`, each with its interval and its base below."""
    known = [(label, facts[fact_id]) for fact_id, label in wanted.items() if fact_id in facts]
    for start in range(0, len(known), columns):
        for place, (label, fact) in zip(st.columns(columns), known[start : start + columns], strict=False):
            with place:
                _draw_metric(label, fact)


def _draw_metric(label: str, fact: Fact) -> None:
    language = state.language()
    st.metric(label, fact_text(fact, language, interval=False))
    if fact.value is None and fact.reason:
        st.caption(say_sentence(fact.reason, language))
        return
    parts = [interval_text(fact)] if fact.low is not None else []
    parts += [say("ctr.base", value=base_text(fact, language))] if fact.base is not None else []
    if parts:
        st.caption(" · ".join(parts))


def interval_text(fact: Fact) -> str:
    """The 95 % interval in the digits of the figure."""
    language = state.language()
    low, high = (figure_text(end, fact.unit, language) for end in (fact.low, fact.high))
    return say("ctr.interval", low=low, high=high)


def draw(report: Report, facts: Sequence[Fact | None], key: str) -> None:
    """Why these numbers: the run, the cell that computed them, the parameters and the data they rest on."""
    with st.popover(say("origin.title"), icon=":material/help_center:", key=f"why-{key}", on_change="rerun") as place:
        if place.open:
            _draw_origin(report, [fact for fact in facts if fact is not None])


def _draw_origin(report: Report, facts: Sequence[Fact]) -> None:
    document, language = report.document, state.language()
    lines = [f"- **{say('origin.run')}**: `{report.run.id}`"]
    lines += [f"- **{say('ctr.cell')}**: {where}" for where in dict.fromkeys(_cell_of(report, one) for one in facts)]
    data = document["data"]
    lines += [
        f"- **{say('origin.data')}**: {data['source']} · {data['rows']:,}",
        f"- **{say('origin.checksum')}**: `{data['sha256']}`",
        f"- **{say('origin.settings')}**: {_parameters(document['config'])}",
    ]
    st.markdown("\n".join(lines))
    st.markdown("\n".join(f"- `{one.source}` → {fact_text(one, language)}" for one in facts))
    link_to(RUNS, say("origin.open_run"), run=report.run.id)


def _parameters(config: Mapping[str, Any]) -> str:
    shown = {name: value for name, value in config.items() if value not in ("", None)}
    return ", ".join(f"{say_if_known('parameter', name, name)} {_plain(value)}" for name, value in shown.items())


def _plain(value: object) -> str:
    return "+".join(map(str, value)) if isinstance(value, list) else str(value)


def _cell_of(report: Report, fact: Fact) -> str:
    """`ctr_train [7]`: the notebook and the number of the code cell that made the figure."""
    file, _, pointer = fact.source.partition("#/")
    part = pointer.partition("/")[0]
    notebook = EXPLAINING if file == "explanation.json" else NOTEBOOK
    call = CALLS.get(file) or CALLS.get(part) or (TRAINED if part in TRAINED_PARTS else WRITTEN)
    number = _cell_with(notebook, report.run.id if notebook == NOTEBOOK else "", call)
    return f"{notebook} [{number}]" if number else notebook


@st.cache_data(max_entries=64, show_spinner=False)
def _cell_with(notebook: str, run_id: str, call: str) -> int | None:
    executed = resources.run_file(run_id, "notebook.ipynb") if run_id else None
    content = executed or describe(notebook).path.read_bytes()
    cells = [cell for cell in json.loads(content)["cells"] if cell["cell_type"] == "code"]
    return next((number for number, cell in enumerate(cells, 1) if call in "".join(cell["source"])), None)
