"""A finished explanation: importance by every method, agreement and disagreement, SHAP, tests, collinear columns."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import streamlit as st

from app.ui import ctr_words, formats, run_charts, state, theme
from app.ui.ctr_report import resources, why
from app.ui.texts import say, say_value
from core.ctr.explaining.charts import contributions_figure, correlation_figure, importance_figure, method_label
from core.ctr.runs import Report
from core.messages import say as say_sentence

METHODS = ("forest", "permutation", "shap", "contribution")  # of each column; the network's stand apart
SQUARE = 640  # [px]
WHY_SHOWN = 10  # columns whose origin is listed


def draw(report: Report) -> None:
    """All of the tab, once the explanation is there."""
    explanation: dict[str, Any] = report.explanation or {}
    version = f"{report.run.id}-{explanation['run_id']}"
    st.caption(say("ctr.explained", model=ctr_words.model(explanation["model"]), seed=explanation["seed"]))
    if explanation["notes"]:
        notes = [f"- {say_sentence(note, state.language())}" for note in explanation["notes"]]
        st.info("\n".join(notes), icon=":material/info:")
    _draw_importance(report, explanation, version)
    _draw_agreement(explanation)
    drawn = explanation.get("contributions")
    if drawn:
        run_charts.draw("shap", version, partial(contributions_figure, explanation))
        surrogate = explanation["surrogate"]
        st.caption(say("ctr.surrogate", agreement=f"{surrogate['spearman']:.3f}", r2=f"{surrogate['r2']:.3f}"))
    _draw_tests(explanation)
    _draw_correlation(explanation, version)
    _draw_lime(explanation)


def _method(name: str) -> str:
    return method_label(name, state.language())


def _draw_importance(report: Report, explanation: Mapping[str, Any], version: str) -> None:
    features = explanation["features"]
    methods = [method for method in METHODS if any(one.get(method) for one in features)]
    methods += ["network"] if explanation["network"] else []
    method = str(
        st.segmented_control(
            say("ctr.method_choice"),
            methods,
            format_func=_method,
            default=methods[0],
            required=True,
            key="ctr-importance",
        )
    )
    st.caption(say_value("ctr_importance_help", method))
    run_charts.draw(f"importance-{method}", version, partial(importance_figure, explanation, method))
    facts = resources.facts(report)
    listed = {"forest": "importance"}.get(method, method)
    named = [facts.get(f"{listed}.{one['name']}") for one in features[:WHY_SHOWN]]
    why.draw(report, named, "explanation")


def _draw_agreement(explanation: Mapping[str, Any]) -> None:
    agreement = explanation["agreement"]
    theme.draw_section("ctr.agreement")
    st.caption(say("ctr.agreement_note"))
    st.dataframe(
        [
            {
                say("ctr.methods"): f"{_method(one['first'])} – {_method(one['second'])}",
                say("ctr.rank_correlation"): one["rank_correlation"],
                say("ctr.overlap"): one["overlap"],
            }
            for one in agreement["pairs"]
        ],
        column_config={say("ctr.rank_correlation"): st.column_config.NumberColumn(format="%.2f")},
        hide_index=True,
        alt=say("ctr.agreement"),
    )
    if not agreement["disagreements"]:
        st.success(say("ctr.no_disagreement"), icon=":material/handshake:")
        return
    st.markdown(f"**{say('ctr.disagreements')}**")
    st.dataframe(
        [
            {
                say("profile.column"): one["feature"],
                say("ctr.ranks_high"): f"{_method(one['high'])} #{one['high_rank']}",
                say("ctr.ranks_low"): f"{_method(one['low'])} #{one['low_rank']}",
                say("ctr.reason"): say_sentence(one["reason"], state.language()),
            }
            for one in agreement["disagreements"]
        ],
        hide_index=True,
        alt=say("ctr.disagreements"),
    )


def _draw_tests(explanation: Mapping[str, Any]) -> None:
    theme.draw_section("ctr.tests")
    st.caption(say("ctr.tests_note"))
    column = st.column_config
    st.dataframe(
        [
            {
                "name": one["name"],
                **{part: (one["welch"] or {}).get(part) for part in ("effect", "effect_low", "effect_high", "p", "q")},
                "why": say_sentence(one["welch_reason"], state.language()) if one.get("welch_reason") else "",
            }
            for one in explanation["features"]
        ],
        column_config={
            "name": column.TextColumn(say("profile.column"), pinned=True),
            "effect": column.NumberColumn(say("ctr.effect_size"), format="%.3f"),
            "effect_low": column.NumberColumn(say("ctr.low"), format="%.3f"),
            "effect_high": column.NumberColumn(say("ctr.high"), format="%.3f"),
            "p": column.NumberColumn("p", format="%.2g"),
            "q": column.NumberColumn("q", format="%.2g"),
            "why": column.TextColumn(say("ctr.reason")),
        },
        hide_index=True,
        alt=say("ctr.tests"),
        placeholder="–",
    )


def _draw_correlation(explanation: Mapping[str, Any], version: str) -> None:
    correlation = explanation["correlation"]
    if not correlation["features"]:
        return
    theme.draw_section("ctr.correlation")
    for cluster in correlation["clusters"]:
        names = ", ".join(cluster["features"])
        st.markdown(f"- {say('ctr.cluster', names=names, lowest=formats.number(cluster['lowest']))}")
    run_charts.draw("correlation", version, partial(_square, correlation))


def _square(correlation: Mapping[str, Any], language: str) -> Any:
    """High enough to tell a hundred columns apart."""
    return correlation_figure(correlation, language).update_layout(height=SQUARE)


def _draw_lime(explanation: Mapping[str, Any]) -> None:
    """Weights of a few impressions with how far repeats agree and how well the straight line fits around them."""
    lime = explanation.get("lime")
    if not lime:
        return
    with st.expander(say("ctr.lime", repeats=lime["repeats"]), icon=":material/biotech:"):
        column = st.column_config
        for one in lime["instances"]:
            overlap = formats.share(one["top_overlap"])
            st.caption(say("ctr.lime_fit", row=one["row"] + 1, r2=formats.number(one["r2"]), overlap=overlap))
            st.dataframe(
                one["weights"],
                column_order=["condition", "weight", "low", "high"],
                column_config={
                    "condition": column.TextColumn(say("ctr.condition"), width="medium"),
                    "weight": column.NumberColumn(say("ctr.contribution"), format="%+.3f"),
                    "low": column.NumberColumn(say("ctr.low"), format="%+.3f"),
                    "high": column.NumberColumn(say("ctr.high"), format="%+.3f"),
                },
                hide_index=True,
                alt=say("ctr.lime", repeats=lime["repeats"]),
            )
