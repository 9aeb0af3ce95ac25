"""The newest click model on the overview: its headline figures and the way to its report."""

from __future__ import annotations

import streamlit as st

from app.ui import ctr_words, formats
from app.ui.navigation import CTR_REPORT, link_to
from app.ui.texts import say
from core.ctr.runs import NOTEBOOK
from core.jobs.records import list_jobs
from core.security.policy import Principal

SHOWN = ("average_precision", "auc")


def draw(principal: Principal) -> None:
    """A card of the newest training that succeeded, from its result alone; nothing where there is none."""
    newest = list_jobs(principal=principal, notebook=NOTEBOOK, states=("succeeded",), limit=1)
    if not newest or not newest[0].result:
        return
    job, result = newest[0], newest[0].result or {}
    with st.container(border=True, key="hero-ctr-newest"):
        with st.container(horizontal=True, vertical_alignment="center"):
            name = job.parameters.get("experiment_name") or say("ctr.unnamed_run")
            st.markdown(f"### {name} · {ctr_words.model(result['model'])}", width="stretch")
            if result["synthetic"]:
                st.badge(
                    say("ctr.synthetic"), icon=":material/science:", color="violet", help=say("ctr.synthetic_help")
                )
        for column, score in zip(st.columns(len(SHOWN)), SHOWN, strict=True):
            column.metric(ctr_words.score(score), f"{result['metrics'][score]:.3f}")
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(formats.ago(job.created_at), width="stretch")
            link_to(CTR_REPORT, say("ctr.to_report"), run=job.id)
