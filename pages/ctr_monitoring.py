"""Monitoring: what a trained model answers now, whether that still holds, how the system is, and late outcomes."""

import streamlit as st

from app.ui import notices, state, theme
from app.ui.ctr_monitoring import outcomes, system, views
from app.ui.navigation import CTR_TRAINING, link_to
from app.ui.texts import say, say_value
from core.ctr.runs import list_runs

principal = state.principal()
theme.draw_heading("monitoring.title", "monitoring.lead")

finished = [run for run in list_runs(principal=principal) if run.state == "succeeded"]
run = None
if not finished:
    with notices.empty("monitoring.none", "monitoring.none_hint", icon=":material/monitor_heart:"):
        link_to(CTR_TRAINING, say("monitoring.train"))
else:
    run = views.choose(finished)

names = views.TABS if run else views.TABS_WITHOUT_RUN
labels = [say_value("monitoring_tab", name) for name in names]
for name, tab in zip(names, st.tabs(labels, on_change="rerun", key="monitoring-tabs"), strict=True):
    if not tab.open:
        continue
    with tab, notices.errors_shown():
        if name == "system":
            system.draw(principal)
        elif name == "outcomes":
            outcomes.draw(principal)
        else:
            views.draw(name, run, principal)
