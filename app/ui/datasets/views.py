"""Stored datasets: the list, and one with its findings, profile and column dictionary."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.ui import findings_panel, formats, notices, resources, row_choice, theme
from app.ui.customer_clusters import train_form
from app.ui.datasets import column_dictionary, table_profile_view
from app.ui.navigation import CLUSTERS, CTR_TRAINING, DATASETS, go_to
from app.ui.texts import say, say_if_known
from core.ctr.data.schema import CTR_SCHEMA
from core.datasets.records import delete_dataset, open_findings
from core.datasets.rows import Dataset
from core.security.policy import Permission, Principal, is_allowed


def draw_back() -> None:
    """Back to the list."""
    if st.button(say("datasets.back"), icon=":material/arrow_back:", type="tertiary"):
        go_to(DATASETS)


def draw_list(stored: Sequence[Dataset]) -> None:
    """All stored datasets, newest first; selecting one opens it."""
    theme.draw_section("datasets.stored")
    column = st.column_config
    picked = row_choice.draw(
        [
            {
                "name": one.name,
                "room": say_if_known("section", one.room, one.room),
                "rows": one.rows,
                "columns": len(one.columns),
                "size": formats.size(one.bytes),
                "findings": _findings_line(one),
                "created": formats.moment(one.created_at),
            }
            for one in stored
        ],
        {
            "name": column.TextColumn(say("datasets.name"), width="medium"),
            "room": column.TextColumn(say("datasets.room"), width="small"),
            "rows": column.NumberColumn(say("datasets.rows"), format="localized", width="small"),
            "columns": column.NumberColumn(say("datasets.columns"), width="small"),
            "size": column.TextColumn(say("datasets.size"), width="small"),
            "findings": column.TextColumn(say("datasets.findings"), width="medium"),
            "created": column.TextColumn(say("datasets.created")),
        },
        key="datasets-table",
        alt=say("datasets.stored"),
    )
    st.caption(say("datasets.choose"))
    if picked is not None:
        go_to(DATASETS, dataset=stored[picked].id)


def _findings_line(dataset: Dataset) -> str:
    if open_findings(dataset):
        return say("datasets.open_findings", count=len(open_findings(dataset)))
    if dataset.findings:
        return say("datasets.some_findings", count=len(dataset.findings))
    return say("datasets.no_findings")


def draw(dataset: Dataset, principal: Principal) -> None:
    """One dataset: what it is, what stands in the way, and what can be done with it."""
    waiting = open_findings(dataset)
    with st.container(border=True, key="hero-dataset"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"### {dataset.name}", width="stretch")
            _draw_train(dataset, blocked=bool(waiting), principal=principal)
            _draw_delete(dataset, principal)
        facts = st.columns(4)
        facts[0].metric(say("datasets.rows"), f"{dataset.rows:,}")
        facts[1].metric(say("datasets.columns"), len(dataset.columns))
        facts[2].metric(say("datasets.size"), formats.size(dataset.bytes))
        facts[3].metric(
            say("datasets.created"), formats.ago(dataset.created_at), help=formats.moment(dataset.created_at)
        )
        parts = [dataset.format.upper(), dataset.encoding, dataset.sheet, f"SHA-256 {dataset.sha256[:16]}…"]
        st.caption(" · ".join(part for part in parts if part))
    findings, profile, words = st.tabs(
        [
            say("datasets.tab_findings", count=len(dataset.findings)),
            say("datasets.tab_profile"),
            say("datasets.tab_words"),
        ],
        on_change="rerun",
        key="dataset-tabs",
    )
    if findings.open:
        with findings:
            findings_panel.draw_dataset_findings(dataset, principal)
    if profile.open:
        with profile:
            table_profile_view.draw(dataset, principal)
    if words.open:
        with words:
            column_dictionary.draw(dataset, principal)


def _draw_train(dataset: Dataset, *, blocked: bool, principal: Principal) -> None:
    if not is_allowed(principal, Permission.JOBS_SUBMIT):
        return
    hint = say("datasets.train_blocked") if blocked else None
    of_clicks = dataset.room == CTR_SCHEMA.room
    if st.button(
        say("ctr.train_on_this") if of_clicks else say("datasets.train"),
        type="primary",
        icon=":material/play_arrow:",
        disabled=blocked,
        help=hint,
        key="dataset-train",
    ):
        if of_clicks:  # its training has choices to make first
            go_to(CTR_TRAINING, dataset=dataset.id)
        with notices.errors_shown():
            train_form.queue(dataset.id, {}, principal)
            go_to(CLUSTERS)


def _draw_delete(dataset: Dataset, principal: Principal) -> None:
    if not is_allowed(principal, Permission.DATASETS_WRITE):
        return
    with st.popover(say("datasets.delete"), icon=":material/delete:"):
        st.write(say("datasets.delete_question", name=dataset.name))
        if st.button(say("datasets.delete_now"), type="primary", key="dataset-delete"):
            with notices.errors_shown():
                delete_dataset(dataset.id, principal=principal)
                resources.has_datasets.clear()
                notices.flash(say("datasets.deleted", name=dataset.name))
                go_to(DATASETS)
