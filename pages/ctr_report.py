"""CTR report: what a training found, how far it can be trusted, what it is worth, and the same figures as a PDF."""

import streamlit as st

from app.ui import notices, state, theme
from app.ui.ctr_report import (
    calibration_views,
    explanation_views,
    gate_views,
    head,
    impression_views,
    model_views,
    money_views,
    pdf_views,
    publishing_views,
    summary_views,
)
from app.ui.navigation import CTR_TRAINING, link_to
from app.ui.texts import say, say_value
from core.ctr.runs import report_of

TABS = {
    "summary": summary_views.draw,
    "models": model_views.draw,
    "calibration": calibration_views.draw,
    "explanation": explanation_views.draw,
    "impression": impression_views.draw,
    "money": money_views.draw,
    "gate": gate_views.draw,
    "pdf": pdf_views.draw,
    "provenance": gate_views.draw_provenance,
    "published": publishing_views.draw_history,
}

principal = state.principal()
theme.draw_heading("ctr.report_title", "ctr.report_lead")
with notices.errors_shown():
    run_id = head.choose(principal)
    if run_id is None:
        with notices.empty("ctr.no_report", "ctr.no_report_hint", icon=":material/lab_profile:"):
            link_to(CTR_TRAINING, say("ctr.to_training"))
    else:
        report = report_of(run_id, principal=principal)
        head.draw(report)
        publishing_views.draw_challenger(report, principal)
        labels = [say_value("ctr_tab", name) for name in TABS]
        for name, tab in zip(TABS, st.tabs(labels, on_change="rerun", key="ctr-report-tabs"), strict=True):
            if tab.open:
                with tab, notices.errors_shown():
                    TABS[name](report, principal)
