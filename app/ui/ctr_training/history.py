"""All trainings with what they reached, and two of them side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from app.ui import choosing, ctr_words, formats, notices, row_choice, state
from app.ui.ctr_training import live
from app.ui.navigation import CTR_REPORT, RUNS, go_to
from app.ui.texts import say, say_if_known, say_value
from core.ctr.reporting.fact_text import fact_text
from core.ctr.reporting.report_facts import facts_of
from core.ctr.runs import ROOM, SLOT, Report, Run, report_of
from core.security.policy import Principal
from core.storage import champions

SCORES = ("average_precision", "auc", "log_loss", "weighted_log_loss", "brier", "ece", "challenge")


def draw_table(runs: Sequence[Run]) -> None:
    """One line per training, newest first; selecting one opens its report, or its story where it has none."""
    if not runs:
        notices.empty("ctr.none", "ctr.none_hint", icon=":material/history:")
        return
    champion = champions.current(ROOM, SLOT)
    column = st.column_config
    picked = row_choice.draw(
        [_row(run, is_champion=champion is not None and champion.run_id == run.id) for run in runs],
        {
            "champion": column.TextColumn(say("ctr.champion"), width="small"),
            "state": column.TextColumn(say("runs.state")),
            "name": column.TextColumn(say("ctr.run_name")),
            "model": column.TextColumn(say("ctr.model")),
            "average_precision": column.NumberColumn(ctr_words.score("average_precision"), format="%.4f"),
            "log_loss": column.NumberColumn(ctr_words.score("log_loss"), format="%.5f"),
            "profit": column.NumberColumn(say("ctr.profit"), format="localized", help=say("ctr.profit_help")),
            "created": column.TextColumn(say("runs.created")),
            "duration": column.TextColumn(say("runs.duration"), width="small"),
            "run": column.TextColumn(say("runs.run"), width="small"),
        },
        key="ctr-runs-table",
        alt=say_value("ctr_tab", "history"),
        placeholder="–",
    )
    st.caption(say("ctr.choose_run"))
    if picked is not None:
        run = runs[picked]
        go_to(CTR_REPORT if run.state == "succeeded" else RUNS, run=run.id)


def _row(run: Run, *, is_champion: bool) -> dict[str, Any]:
    result = run.job.result or {}
    metrics = result.get("metrics", {})
    unusable = result.get("verdict") == "no_usable_signal"
    synthetic = f" ({say('ctr.synthetic_short')})" if result.get("synthetic") else ""
    return {
        "champion": "★" if is_champion else "",
        "state": say("ctr.no_signal_short") if unusable else say_value("job_state", run.state),
        "name": (run.experiment or say("ctr.unnamed_run")) + synthetic,
        "model": ctr_words.model(result["model"]) if "model" in result else None,
        "average_precision": metrics.get("average_precision"),
        "log_loss": metrics.get("log_loss"),
        "profit": result.get("profit"),
        "created": formats.moment(run.created_at),
        "duration": formats.duration(run.job.seconds),
        "run": formats.short(run.id),
    }


def draw_comparison(runs: Sequence[Run], principal: Principal) -> None:
    """Two finished trainings: parameters that differ, scores with intervals, and epochs."""
    finished = {run.id: run for run in runs if run.state == "succeeded"}
    if len(finished) < 2:
        notices.empty("ctr.compare_none", "ctr.compare_none_hint", icon=":material/compare_arrows:")
        return
    names = list(finished)
    columns = st.columns(2)
    reports = []
    for place, (column, label) in enumerate(zip(columns, (say("ctr.first"), say("ctr.second")), strict=True)):
        picked = choosing.one_of(
            column,
            label,
            names,
            index=1 - place,  # the older one on the left, as time runs
            format_func=lambda run_id: ctr_words.run(finished[run_id]),
            key=f"compare-{place}",
        )
        reports.append(report_of(picked, principal=principal))
    if reports[0].document["data"]["sha256"] != reports[1].document["data"]["sha256"]:
        st.warning(say("ctr.other_data"), icon=":material/difference:")
    _draw_scores(reports)
    _draw_parameters(reports)
    for column, report in zip(st.columns(2), reports, strict=True):
        history = report.document["history"].get("lstm") or []
        with column:
            if history:
                live.draw_curves(history, f"compare-{report.run.id}")
            else:
                st.caption(say("ctr.no_epochs"))


def _draw_scores(reports: Sequence[Report]) -> None:
    language = state.language()
    facts = [facts_of(report) for report in reports]
    first, second = say("ctr.first"), say("ctr.second")
    rows = [
        {
            say("ctr.score"): say("ctr.model"),
            first: ctr_words.model(reports[0].document["champion"]["name"]),
            second: ctr_words.model(reports[1].document["champion"]["name"]),
        }
    ]
    rows += [
        {
            say("ctr.score"): ctr_words.score(name),
            first: fact_text(facts[0][f"score.{name}"], language),
            second: fact_text(facts[1][f"score.{name}"], language),
        }
        for name in SCORES
    ]
    st.dataframe(rows, hide_index=True, alt=say_value("ctr_tab", "compare"), height="content")


def _draw_parameters(reports: Sequence[Report]) -> None:
    first, second = (report.document["config"] for report in reports)
    changed = [name for name in first if first[name] != second.get(name)]
    if not changed:
        st.caption(say("ctr.same_parameters"))
        return
    st.markdown(f"**{say('ctr.changed_parameters')}**")
    st.dataframe(
        [
            {
                say("ctr.parameter"): say_if_known("parameter", name, name),
                say("ctr.first"): _plain(name, first[name]),
                say("ctr.second"): _plain(name, second.get(name)),
            }
            for name in changed
        ],
        hide_index=True,
        alt=say("ctr.changed_parameters"),
    )


def _plain(name: str, value: Any) -> str:
    if name == "models":
        return ", ".join(ctr_words.model(one) for one in value)
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "–" if value in ("", None) else say_if_known("choice", str(value), str(value))
