"""Organisations: making one, and those there are with their session code and people."""

from __future__ import annotations

from collections import Counter

import streamlit as st

from app.ui import notices, state
from app.ui.texts import say
from core.accounts.accounts import list_accounts
from core.accounts.organisations import create_organisation, list_organisations
from core.security.policy import Principal

FORM = "organisation-new"


def draw(principal: Principal) -> None:
    organisations = list_organisations(principal=principal)
    if not organisations:
        notices.empty("organisations.none", "organisations.none_hint", icon=":material/apartment:")
    else:
        accounts = list_accounts(principal=principal)
        people = Counter(one.organisation.id for one in accounts if one.organisation is not None)
        st.dataframe(
            [{"name": one.name, "code": one.session_code, "people": people[one.id]} for one in organisations],
            column_config={
                "name": st.column_config.TextColumn(say("account.organisation"), width="large"),
                "code": st.column_config.TextColumn(say("sign_in.code")),
                "people": st.column_config.NumberColumn(say("organisations.people"), width="small"),
            },
            hide_index=True,
            alt=say("organisations.table"),
        )
    with st.form(state.generation(FORM), width=420):
        st.markdown(f"**{say('organisations.new')}**")
        name = st.text_input(say("organisations.name"), autocomplete="organization")
        code = st.text_input(say("sign_in.code"), autocomplete="off", help=say("organisations.code_help"))
        is_sent = st.form_submit_button(say("organisations.make"), type="primary")
    if is_sent:
        with notices.errors_shown():
            create_organisation(name, session_code=code, principal=principal)
            state.reset(FORM)
            notices.flash(say("organisations.made"))
            st.rerun()
