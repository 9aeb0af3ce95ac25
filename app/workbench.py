"""The script behind every page: set-up, language, sign-in gate and navigation over ../pages."""

from __future__ import annotations

import streamlit as st

from app.ui import navigation, notices, sign_in, state, theme, visitor
from app.ui.texts import say

state.follow_address()
st.set_page_config(page_title=say("app.name"), page_icon=theme.ICON, layout="wide")
theme.apply()

page = navigation.build(visitor.look().principal)
theme.draw_sidebar(sign_in.draw_who)
with notices.errors_shown():
    if page is None or visitor.followed_link() is not None:
        sign_in.draw_gate()
    else:
        page.run()
        notices.draw_flash()
