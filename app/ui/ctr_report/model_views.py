"""The models tab: every candidate's scores with intervals, trials, paired differences, and the best possible."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import streamlit as st

from app.ui import ctr_words, formats, run_charts, state, theme
from app.ui.ctr_report import resources, why
from app.ui.texts import say, say_value
from core.ctr.reporting import report_charts
from core.ctr.reporting.fact_text import Fact, fact_text, figure_text
from core.ctr.reporting.report_facts import AT_CUT, SCORES
from core.ctr.runs import Report
from core.messages import say as say_sentence
from core.security.policy import Principal

FIRST_SCORES = tuple(SCORES)[:4]  # of the chart and of the differences


def draw(report: Report, principal: Principal) -> None:
    """All of the tab."""
    facts = resources.facts(report)
    st.info(champion_sentence(report.document["champion"]), icon=":material/military_tech:")
    _draw_chart(report)
    _draw_scores(report, facts)
    _draw_cut(report, facts)
    if report.document["evaluation"]["best_share"] is not None:
        _draw_best_share(report, facts)
    _draw_differences(report, facts)
    _draw_trials(report)
    history = report.document["history"].get("lstm") or []
    if history:
        for name, build in (("epochs", report_charts.epochs_figure), ("quality", report_charts.quality_figure)):
            run_charts.draw(name, report.run.id, partial(build, history))


def champion_sentence(champion: Mapping[str, Any]) -> str:
    """Why this candidate was chosen."""
    details = dict(champion["details"])
    details |= {name: ctr_words.model(details[name]) for name in ("model", "other") if name in details}
    return say_sentence(champion["why"], state.language(), **details)


def _draw_chart(report: Report) -> None:
    name = st.segmented_control(
        say("ctr.score"),
        FIRST_SCORES,
        format_func=ctr_words.score,
        default=FIRST_SCORES[0],
        required=True,
        key="ctr-models-score",
    )
    build = partial(report_charts.models_figure, report.document["models"], str(name))
    run_charts.draw(f"models-{name}", report.run.id, build)


def _draw_scores(report: Report, facts: Mapping[str, Fact]) -> None:
    language = state.language()
    models = report.document["models"]
    rows = [
        {
            say("ctr.model_column"): ("★ " if one["chosen"] else "") + ctr_words.model(one["name"]),
            **{ctr_words.score(name): fact_text(facts[f"model.{one['name']}.{name}"], language) for name in SCORES},
            say("ctr.fit_time"): formats.duration(one["fit_seconds"]),
        }
        for one in models
    ]
    base = {ctr_words.score(name): figure_text(facts[f"base.{name}"].value, facts[f"base.{name}"].unit, language)
            for name in SCORES if f"base.{name}" in facts}  # fmt: skip
    rows.append({say("ctr.model_column"): say("ctr.base_row"), **base, say("ctr.fit_time"): "–"})
    pinned = {say("ctr.model_column"): st.column_config.TextColumn(pinned=True)}
    st.dataframe(rows, hide_index=True, alt=say_value("ctr_tab", "models"), height="content", column_config=pinned)
    st.caption(say("ctr.challenge_note"))
    why.draw(report, [facts.get(f"score.{name}") for name in SCORES], "models")


def _draw_cut(report: Report, facts: Mapping[str, Fact]) -> None:
    theme.draw_section("ctr.at_cut")
    threshold = facts["at_threshold.threshold"]
    basis = say_sentence(report.document["threshold"]["basis"], state.language())
    st.caption(f"{say('ctr.cut', value=fact_text(threshold, state.language()))} {basis}")
    why.draw_metrics(facts, {f"at_threshold.{name}": say_cut(name) for name in AT_CUT})
    why.draw(report, [threshold, *(facts.get(f"at_threshold.{name}") for name in AT_CUT)], "cut")


def say_cut(name: str) -> str:
    """What a figure at the cut is called."""
    words = {
        "accuracy": say("ctr.accuracy"),
        "precision": say("ctr.precision"),
        "recall": say("ctr.recall"),
        "f1": say("ctr.f1"),
    }
    return words[name]


def _draw_best_share(report: Report, facts: Mapping[str, Fact]) -> None:
    theme.draw_section("ctr.best_share")
    st.caption(say("ctr.best_share_note"))
    names = ("average_precision", "auc", "log_loss")
    why.draw_metrics(facts, {f"best_share.{name}": ctr_words.score(name) for name in names})
    why.draw(report, [facts.get(f"best_share.{name}") for name in names], "best")


def _draw_differences(report: Report, facts: Mapping[str, Fact]) -> None:
    others = [one["name"] for one in report.document["models"] if one["versus_chosen"]]
    if not others:
        return
    theme.draw_section("ctr.differences")
    st.caption(say("ctr.differences_note", model=ctr_words.model(report.document["champion"]["name"])))
    language = state.language()
    rows = []
    for other in others:
        row = {say("ctr.model_column"): ctr_words.model(other)}
        for name in FIRST_SCORES:
            fact = facts[f"versus.{other}.{name}"]
            row[ctr_words.score(name)] = fact_text(fact, language) + ("" if fact.covers_zero else " ✓")
        rows.append(row)
    st.dataframe(rows, hide_index=True, alt=say("ctr.differences"))


def _draw_trials(report: Report) -> None:
    with st.expander(say("ctr.trials"), icon=":material/tune:"):
        st.dataframe(
            [
                {
                    say("ctr.model_column"): ctr_words.model(one["name"]),
                    say("ctr.settings"): ", ".join(f"{name} {value}" for name, value in trial["settings"].items())
                    or say("ctr.tunes_itself"),
                    say("ctr.validation_loss"): trial["log_loss"],
                }
                for one in report.document["models"]
                for trial in one["trials"]
            ],
            column_config={say("ctr.validation_loss"): st.column_config.NumberColumn(format="%.5f")},
            hide_index=True,
            alt=say("ctr.trials"),
        )
