"""The studio: from a brief in words to a formula that adds up, keeps the limits known, and can be weighed out."""

import streamlit as st

from app.ui import notices, state, theme
from app.ui.fragrance_studio import batch_tab, chat_tab, composing, desk, formula_tab, shelf_tab, versions_tab
from app.ui.fragrance_words import draw_advice
from app.ui.texts import say

principal = state.principal()
theme.draw_heading("studio.title", "studio.lead")
draw_advice()
with notices.errors_shown():
    desk.follow_address(principal)
parts = {
    say("studio_tab.formula"): formula_tab,
    say("studio_tab.batch"): batch_tab,
    say("studio_tab.versions"): versions_tab,
    say("studio_tab.talk"): chat_tab,
    say("studio_tab.shelf"): shelf_tab,
}
brief, *others = st.tabs([say("studio_tab.brief"), *parts], on_change="rerun", key=desk.TABS)
with brief, notices.errors_shown():
    composing.draw(principal)  # also while another tab is open: what is not drawn is forgotten
for tab, part in zip(others, parts.values(), strict=True):
    if tab.open:
        with tab, notices.errors_shown():
            part.draw(principal)
