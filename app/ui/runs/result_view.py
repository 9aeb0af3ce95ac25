"""The result of a run as readable values, with the page that shows it where there is one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from app.ui import findings_panel, navigation
from app.ui.navigation import PageEntry, link_to
from app.ui.runs.values import name_text, number_text, value_text
from app.ui.texts import say, say_value
from core.jobs.job import Job
from core.security.policy import Principal, is_allowed

# Where a notebook's result is shown, and the parameter of that page that takes the run's id.
SHOWN_ON: dict[str, tuple[PageEntry, str]] = {
    "ctr_train": (navigation.CTR_REPORT, "run"),
    "ctr_explain": (navigation.CTR_REPORT, ""),
    "ctr_score": (navigation.CTR_MONITORING, ""),
    "customers_train_clusters": (navigation.CLUSTERS, ""),
    "images_build_prototypes": (navigation.IMAGE_DOMAINS, ""),
    "images_calibrate": (navigation.IMAGE_DOMAINS, ""),
    "knowledge_ingest": (navigation.KNOWLEDGE, ""),
    "knowledge_evaluate": (navigation.EVALUATION, ""),
    "fragrance_prepare": (navigation.PERFUMES, ""),
    "fragrance_evaluate": (navigation.PERFUMES, ""),
    "fragrance_tune_embeddings": (navigation.PERFUMES, ""),
    "fragrance_tune_generator": (navigation.STUDIO, ""),
}
MOST_ROWS = 200
DEEPEST = 3  # names within each other; what lies deeper is read as JSON


def draw(job: Job, principal: Principal) -> None:
    """Figures first, then what else there is; all of it as JSON at the end."""
    if job.result is None:
        st.caption(say("runs.no_result"))
        return
    _draw_link(job, job.result, principal)
    with st.container(key="run-result"):
        _draw_values(job.result)
    with st.expander(say("runs.as_json"), icon=":material/data_object:"):
        st.json(job.result, expanded=2)


def _draw_link(job: Job, result: Mapping[str, Any], principal: Principal) -> None:
    page, parameter = SHOWN_ON.get(job.notebook, (None, ""))
    if page is None or job.state != "succeeded" or not is_allowed(principal, page.permission):
        return
    parameters = {parameter: job.id} if parameter else {}
    if job.notebook == "ctr_explain" and isinstance(result.get("explains"), str):
        parameters = {"run": result["explains"]}
    if page is navigation.IMAGE_DOMAINS and isinstance(result.get("domain"), str) and result["domain"]:
        parameters = {"domain": result["domain"]}
    link_to(page, say("runs.shown_on", page=say_value("page", page.name)), **parameters)


def _draw_values(result: Mapping[str, Any], within: str = "") -> None:
    plain = {name: value for name, value in result.items() if not isinstance(value, Mapping | list)}
    if plain:
        told = {name_text(name): _text(value) for name, value in plain.items()}
        st.table(told, border="horizontal", hide_header=True)
    for name, value in result.items():
        full = f"{within}.{name}" if within else name
        if not isinstance(value, Mapping | list) or not value:
            continue
        st.markdown(f"**{name_text(full)}**")
        if name == "findings" and isinstance(value, list):
            findings_panel.draw_plain(value)
        elif isinstance(value, list):
            _draw_list(value, name)
        elif full.count(".") < DEEPEST - 1:
            _draw_values(value, full)
        else:
            st.json(dict(value), expanded=False)


def _draw_list(value: list[Any], name: str) -> None:
    if all(isinstance(one, Mapping) for one in value):
        rows = [{name_text(str(key)): _cell(each) for key, each in one.items()} for one in value[:MOST_ROWS]]
        st.dataframe(rows, hide_index=True, alt=name_text(name))
    else:
        st.markdown(", ".join(_text(one).replace("*", "\\*").replace("_", "\\_") for one in value[:MOST_ROWS]))


def _cell(value: Any) -> Any:
    """Numbers stay numbers, so that a column sorts by them."""
    return value if isinstance(value, int | float | None) else _text(value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return value_text(value)
    if isinstance(value, int | float):
        return number_text(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{name_text(str(name))} {_text(each)}" for name, each in value.items())
    return ", ".join(map(_text, value)) if isinstance(value, list) else value_text(value)
