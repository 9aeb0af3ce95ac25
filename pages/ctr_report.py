"""CTR report: what a training found, how far it can be trusted, what it is worth, and the same figures as a PDF."""

import streamlit as st

from app.ui import (
    ctr_calibration_views,
    ctr_explanation_views,
    ctr_gate_views,
    ctr_impression_views,
    ctr_model_views,
    ctr_money_views,
    ctr_pdf_views,
    ctr_report_head,
    ctr_summary_views,
    notices,
    state,
    theme,
)
from app.ui.navigation import CTR_TRAINING, link_to
from app.ui.texts import say, say_value
from core.ctr.runs import report_of

TABS = {
    "summary": ctr_summary_views.draw,
    "models": ctr_model_views.draw,
    "calibration": ctr_calibration_views.draw,
    "explanation": ctr_explanation_views.draw,
    "impression": ctr_impression_views.draw,
    "money": ctr_money_views.draw,
    "gate": ctr_gate_views.draw,
    "pdf": ctr_pdf_views.draw,
    "provenance": ctr_gate_views.draw_provenance,
}

principal = state.principal()
theme.draw_heading("ctr.report_title", "ctr.report_lead")
with notices.errors_shown():
    run_id = ctr_report_head.choose(principal)
    if run_id is None:
        with notices.empty("ctr.no_report", "ctr.no_report_hint", icon=":material/lab_profile:"):
            link_to(CTR_TRAINING, say("ctr.to_training"))
    else:
        report = report_of(run_id, principal=principal)
        ctr_report_head.draw(report)
        labels = [say_value("ctr_tab", name) for name in TABS]
        for name, tab in zip(TABS, st.tabs(labels, on_change="rerun", key="ctr-report-tabs"), strict=True):
            if tab.open:
                with tab, notices.errors_shown():
                    TABS[name](report, principal)
