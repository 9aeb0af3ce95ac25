"""Materials with every fact and its source, tables of limits, and files in and out."""

import streamlit as st

from app.ui import notices, state, theme
from app.ui.fragrance_catalogue import files_tab, limits_tab, materials_tab
from app.ui.texts import say

principal = state.principal()
theme.draw_heading("materials.title", "materials.lead")
parts = {
    say("catalogue_tab.materials"): materials_tab,
    say("catalogue_tab.limits"): limits_tab,
    say("catalogue_tab.files"): files_tab,
}
tabs = st.tabs(list(parts), on_change="rerun", key="catalogue-tabs")
for tab, part in zip(tabs, parts.values(), strict=True):
    if tab.open:
        with tab, notices.errors_shown():
            part.draw(principal)
