"""The data tab of the training page: upload, then one stored file with its gate findings and its profile."""

from __future__ import annotations

import streamlit as st

from app.ui import choosing, dataset_choice, findings_panel, formats, notices, state, theme
from app.ui.ctr_training import intake
from app.ui.datasets import table_profile_view
from app.ui.navigation import DATASETS, link_to
from app.ui.texts import say
from core.ctr.runs import ROOM
from core.datasets.records import list_datasets, open_findings
from core.datasets.rows import Dataset
from core.security.policy import Principal


def draw(principal: Principal) -> None:
    """Upload a file; look at a stored one."""
    with notices.errors_shown():
        intake.draw(principal)
    stored = {one.id: one for one in list_datasets(principal=principal, room=ROOM)}
    if not stored:
        notices.empty("ctr.no_data", "ctr.no_data_hint", icon=":material/database:")
        return
    wanted, options = state.open_dataset(), list(stored)
    dataset_id = choosing.one_of(
        st,
        say("ctr.stored"),
        options,
        index=options.index(wanted) if wanted in options else 0,
        format_func=lambda key: dataset_choice.name_of(stored[key]),
        key=f"ctr-look:{wanted}",
    )
    with notices.errors_shown():
        _draw_dataset(stored[dataset_id], principal)


def _draw_dataset(dataset: Dataset, principal: Principal) -> None:
    waiting = open_findings(dataset)
    with st.container(border=True, key="hero-dataset"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"### {dataset.name}", width="stretch")
            link_to(DATASETS, say("ctr.open_dataset"), icon=":material/open_in_new:", dataset=dataset.id)
        facts = st.columns(4)
        facts[0].metric(say("datasets.rows"), f"{dataset.rows:,}")
        facts[1].metric(say("datasets.columns"), len(dataset.columns))
        facts[2].metric(say("ctr.target"), dataset.target or "–")
        facts[3].metric(say("datasets.size"), formats.size(dataset.bytes))
        st.caption(f"SHA-256 `{dataset.sha256}`")
    if waiting:
        st.warning(say("datasets.open_findings", count=len(waiting)), icon=":material/gpp_maybe:")
    theme.draw_section("ctr.gate")
    findings_panel.draw_dataset_findings(dataset, principal)
    with st.expander(say("datasets.tab_profile"), icon=":material/table_chart:", on_change="rerun") as profile:
        if profile.open:
            table_profile_view.draw(dataset, principal)
