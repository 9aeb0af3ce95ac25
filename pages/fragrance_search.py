"""Perfumes found by mood and ingredients together, by a photo, or by likeness; every result says why."""

import streamlit as st

from app.ui import notices, state, theme
from app.ui.fragrance_search import filter_form, perfume_view, photo_tab, words_tab
from app.ui.texts import say

principal = state.principal()
theme.draw_heading("perfumes.title", "perfumes.lead")
place = state.open_place(state.PERFUME)
if place is not None:
    with notices.errors_shown():
        perfume_view.draw(place[1], principal)
else:
    filters = filter_form.draw()
    by_words, by_photo = st.tabs(
        [say("perfumes.by_words"), say("perfumes.by_photo")], on_change="rerun", key="perfume-tabs"
    )
    with by_words, notices.errors_shown():
        words_tab.draw(filters, principal)  # also while the other tab is open: what is not drawn is forgotten
    if by_photo.open:
        with by_photo, notices.errors_shown():
            photo_tab.draw(filters, principal)
