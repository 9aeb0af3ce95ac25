"""Accounts: who may sign in and do what, invitations, organisations; one account is `?account=ID`."""

import streamlit as st

from app.ui import notices, state, theme
from app.ui.accounts import invitations_tab, organisations_tab, people_tab, person_view, roles_tab
from app.ui.texts import say

principal = state.principal()
theme.draw_heading("accounts.title", "accounts.lead")
account_id = state.opened(state.ACCOUNT)
if account_id:
    with notices.errors_shown():
        person_view.draw(account_id, principal)
else:
    parts = {
        say("accounts_tab.people"): people_tab,
        say("accounts_tab.invitations"): invitations_tab,
        say("accounts_tab.organisations"): organisations_tab,
        say("accounts_tab.roles"): roles_tab,
    }
    tabs = st.tabs(list(parts), on_change="rerun", key="accounts-tabs")
    for tab, part in zip(tabs, parts.values(), strict=True):
        if tab.open:
            with tab, notices.errors_shown():
                part.draw(principal)
