"""Parts of a build's report: what was found, the classes one by one, and other ways of telling them apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st

from app.ui import findings_panel, formats, run_charts, state, theme
from app.ui.image_domains import measures
from app.ui.texts import say, say_if_known, say_value
from core.images.building import charts
from core.messages import say as say_sentence
from core.security.policy import Principal


def draw_result(report: Mapping[str, Any], domain: str, principal: Principal) -> None:
    """Findings, why it is not calibrated, what was refused, and where the time went."""
    if report["findings"]:
        findings_panel.draw_plain(report["findings"])
    else:
        st.success(say("findings.none"), icon=":material/verified:")
    if any(one["severity"] == "blocking" for one in report["findings"]) and not report["published"]:
        st.caption(say("builds.not_published_hint"))
    missing = report["calibration_missing"]
    if not report["calibration"] and missing:
        st.warning(_sentence(missing), icon=":material/warning:")
    if report["refused"]:
        theme.draw_section("builds.refused")
        measures.draw_rows(say("builds.refused"), [_refused_row(one) for one in report["refused"]])
    theme.draw_section("builds.seconds")
    rows = [
        {say("builds.step"): say_if_known("build_seconds", name, name), say("builds.time"): formats.duration(value)}
        for name, value in report["seconds"].items()
    ]
    measures.draw_rows(say("builds.seconds"), rows)


def _sentence(told: Mapping[str, Any] | str) -> str:
    if isinstance(told, str):
        return say_sentence(told, state.language())
    return say_sentence(told["key"], state.language(), **told.get("details", {}))


def _refused_row(one: Mapping[str, Any]) -> dict[str, str]:
    return {
        say("ingestion.class"): one["class_name"],
        say("ingestion.file"): one["file_name"],
        say("ingestion.reason"): _sentence(one),
    }


def draw_classes(report: Mapping[str, Any], domain: str, principal: Principal) -> None:
    """Held-out accuracy of each class."""
    classes: Sequence[Mapping[str, Any]] = report["classes"]
    run_charts.draw("classes", report["run_id"], partial(charts.classes_figure, classes))
    rows = [
        {
            say("ingestion.class"): one["name"],
            say("pictures.english"): one["english"],
            say("domains.pictures_now"): one["pictures"],
            say("builds.held_out"): one["held_out"],
            say("builds.right"): one["right"],
            say("builds.top_1"): one["top_1"],
            say("builds.similarity"): one["similarity"],
        }
        for one in classes
    ]
    columns = {
        say("builds.top_1"): st.column_config.NumberColumn(format="percent"),
        say("builds.similarity"): st.column_config.NumberColumn(format="%.3f"),
    }
    measures.draw_rows(say_value("build_part", "classes"), rows, **columns)


def draw_methods(report: Mapping[str, Any], domain: str, principal: Principal) -> None:
    """Other ways of telling classes apart, on the same pictures."""
    st.caption(say("builds.methods_help"))
    methods: Sequence[Mapping[str, Any]] = report["methods"]
    run_charts.draw("methods", report["run_id"], partial(charts.methods_figure, methods))
    measures.draw_rows(
        say_value("build_part", "methods"),
        [
            {
                say("builds.method"): say_value("image_method", one["name"]),
                say("builds.top_1"): measures.share_with_interval(one["top_1"]),
                say("builds.auroc"): measures.share_with_interval(one["auroc"]),
                say("builds.weight"): formats.number(one["weight"]),
            }
            for one in methods
        ],
    )
    for key in sorted({one["unavailable"] for one in methods if one["unavailable"]}):
        st.caption(f":material/info: {_sentence(key)}")
