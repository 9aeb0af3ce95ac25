"""Evaluation: how well questions are found, cited and refused, over time, and the cases that tell."""

import streamlit as st

from app.ui import notices, state, theme
from app.ui.evaluation import case_views, result_views, run_form
from app.ui.texts import say

principal = state.principal()
theme.draw_heading("evaluation.title", "evaluation.lead")
with notices.errors_shown():
    results, cases, start = st.tabs([say("evaluation.results"), say("evaluation.cases"), say("evaluation.run")])
    with results:
        result_views.draw(principal)
    with cases:
        case_views.draw(principal)
    with start:
        run_form.draw(principal)
