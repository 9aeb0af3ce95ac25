"""CTR training: bring impressions, pass the gate, train, watch, and compare what was trained."""

import streamlit as st

from app.ui import job_cards, notices, state, theme
from app.ui.ctr_training import data_views, history, train_form
from app.ui.ctr_training.live import draw_story
from app.ui.runs import table
from app.ui.texts import say_value
from core.ctr.runs import ROOM, list_runs
from core.security.policy import Permission, is_allowed

TABS = ("data", "train", "history", "compare")

principal = state.principal()
theme.draw_heading("ctr.training_title", "ctr.training_lead")
live, _ = job_cards.newest(principal, room=ROOM, limit=30)
job_cards.draw_live(
    live, principal, ROOM, when_idle=table.say_nothing_runs, beneath=lambda job: draw_story(job, principal)
)

labels = [say_value("ctr_tab", name) for name in TABS]
for name, tab in zip(TABS, st.tabs(labels, on_change="rerun", key="ctr-training-tabs"), strict=True):
    if not tab.open:
        continue
    with tab, notices.errors_shown():
        if name == "data":
            data_views.draw(principal)
        elif name == "train" and not is_allowed(principal, Permission.JOBS_SUBMIT):
            notices.empty("ctr.may_not_train", "ctr.may_not_train_hint", icon=":material/lock:")
        elif name == "train":
            train_form.draw(principal)
        elif name == "history":
            history.draw_table(list_runs(principal=principal))
        else:
            history.draw_comparison(list_runs(principal=principal), principal)
