"""What evaluations found: the newest one in full, any earlier one on request, and the course of all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st

from app.ui import choosing, formats, notices, run_charts, state
from app.ui.evaluation.set_words import set_name
from app.ui.navigation import RUNS, link_to
from app.ui.texts import say, say_value
from core.jobs.job import Job
from core.knowledge.answers.refusal import shipped_model
from core.knowledge.evaluation import charts, reports
from core.security.policy import Principal

SHARES = charts.SHARES


def draw(principal: Principal) -> None:
    """Results, or what to do first."""
    runs = [job for job in reports.list_evaluations(principal=principal) if job.state == "succeeded"]
    if not runs:
        notices.empty("evaluation.none", "evaluation.none_hint", icon=":material/rule:")
        return
    job = choosing.one_of(st, say("evaluation.which"), runs, format_func=_told, key="evaluation-run", width=420)
    if job is None:
        return
    report = reports.evaluation_report(job.id, principal=principal)
    if not report["sets"]:
        st.info(say("evaluation.no_cases"))
        return
    name = st.segmented_control(
        say("evaluation.set"), list(report["sets"]), format_func=set_name, default=next(iter(report["sets"])),
        key=f"evaluation-set-{job.id}", required=True,
    )  # fmt: skip
    _draw_set(report, str(name), runs, principal)


def _draw_set(report: Mapping[str, Any], name: str, runs: Sequence[Job], principal: Principal) -> None:
    found = report["sets"][name]
    _draw_head(report, found)
    measures, language = found["measures"], state.language()
    st.dataframe(
        [_row(measure, measures, language) for measure in (*SHARES, "brier")],
        hide_index=True, height="auto", alt=say("evaluation.results"),
    )  # fmt: skip
    st.caption(say("evaluation.no_model"))
    left, right = st.columns(2)
    with left:
        run_charts.draw(f"evaluation-{name}", report["run_id"], partial(charts.measures_figure, measures))
    rows = reports.course(runs, name, principal=principal)
    with right:
        if len(rows) > 1:
            run_charts.show("evaluation-course", charts.course_figure(rows, language), f"{name}{len(rows)}")
        else:
            st.caption(say("evaluation.one_run"))
    _draw_outcomes(found["outcomes"])


def _draw_head(report: Mapping[str, Any], found: Mapping[str, Any]) -> None:
    cases, index, confidence = st.columns(3)
    cases.metric(say("evaluation.asked"), found["cases"])
    index.metric(say("evaluation.index"), report["generation"], help=str(report["encoder_id"] or "–"))
    is_shipped = report["evaluation_set"] == shipped_model().evaluation_set
    confidence.metric(say("evaluation.calibrated"), say("evaluation.shipped" if is_shipped else "evaluation.own"),
                      help=report["evaluation_set"])  # fmt: skip
    if found["unaskable"]:
        st.warning(say("evaluation.unaskable", count=len(found["unaskable"])), icon=":material/link_off:")
    link_to(RUNS, say("jobs.open_run"), icon=":material/open_in_new:", run=report["run_id"])


def _row(measure: str, measures: Mapping[str, Mapping[str, Any]], language: str) -> dict[str, str]:
    told = {charts.language_name(name, language): _figure(measure, found[measure]) for name, found in measures.items()}
    return {say("evaluation.measure"): charts.measure_name(measure, language), **told}


def _figure(measure: str, found: Mapping[str, Any]) -> str:
    if found["value"] is None:
        return "–"
    if measure == "brier":
        return f"{found['value']:.3f} ({found['low']:.3f}–{found['high']:.3f}; {found['count']})"
    ends = f"{formats.share(found['low'], 1)}–{formats.share(found['high'], 1)}"
    return f"{formats.share(found['value'], 1)} ({ends}; {found['count']})"


def _draw_outcomes(outcomes: Sequence[Mapping[str, Any]]) -> None:
    """Every case with what came of it; those that went wrong first."""
    rows = sorted(outcomes, key=lambda one: (_is_right(one), one["question"]))
    st.subheader(say("evaluation.outcomes"))
    st.dataframe(
        [
            {
                say("evaluation.right"): _is_right(one),
                say("evaluation.question"): one["question"],
                say("evaluation.expected_state"): say_value(
                    "evaluation_answer", "answerable" if one["is_answerable"] else "unanswerable"
                ),
                say("evaluation.state"): say_value("chat_state", one["state"]),
                say("evaluation.rank"): min(one["ranks"]) if one["ranks"] else None,
                say("evaluation.confidence"): _rounded(one["confidence"]),
            }
            for one in rows
        ],
        hide_index=True,
        alt=say("evaluation.outcomes"),
        placeholder="–",
        column_config={say("evaluation.confidence"): st.column_config.NumberColumn(format="percent")},
    )


def _rounded(share: float | None) -> float | None:
    """To a tenth of a percent: a column would show as many digits as it is given."""
    return None if share is None else round(share, 3)


def _is_right(outcome: Mapping[str, Any]) -> bool:
    return (outcome["state"] in ("answered", "partly")) is bool(outcome["is_answerable"])


def _told(job: Job) -> str:
    return say("evaluation.run_entry", when=formats.moment(job.finished_at), run=formats.short(job.id))
