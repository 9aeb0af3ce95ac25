"""One's own account: who it is, its e-mail address and password, and where it is signed in."""

from __future__ import annotations

import streamlit as st

from app.ui import notices, session_views, state, theme
from app.ui.texts import say, say_value
from core.accounts.accounts import Account, get_account
from core.accounts.changing import change_email, change_password
from core.accounts.sessions import Caller, end_all_sessions, list_sessions

FORM = "account-password"


def draw(caller: Caller) -> None:
    """The whole page of somebody who is signed in."""
    account = get_account(caller.principal.id, principal=caller.principal)
    _draw_facts(account)
    theme.draw_section("account.sessions")
    _draw_sessions(account, caller)
    theme.draw_section("account.password")
    _draw_password_form(account, caller)


def _draw_facts(account: Account) -> None:
    facts = {
        say("account.name"): account.display_name,
        say("account.login_name"): account.login_name,
        say("account.kind"): say_value("account_kind", str(account.kind)),
        say("account.role"): say_value("role", str(account.role)),
        say("account.email"): account.email or say("account.no_email"),
    }
    if account.organisation is not None:
        facts[say("account.organisation")] = account.organisation.name
    with st.container(border=True, key="account-facts"):
        with st.container(horizontal=True, gap="large", key="facts-own"):
            for label, value in facts.items():
                with st.container(gap=None, width="content"):
                    st.caption(label)
                    st.text(value)
        _draw_email_form(account)


def _draw_email_form(account: Account) -> None:
    with st.popover(say("account.change_email"), icon=":material/mail:", key="account-email-open"):
        with st.form(state.generation("account-email"), border=False):
            email = st.text_input(
                say("account.email"), account.email, autocomplete="email", help=say("account.email_help")
            )
            current = st.text_input(say("account.current"), type="password", autocomplete="current-password")
            is_sent = st.form_submit_button(say("account.save"), type="primary")
        if is_sent:
            with notices.errors_shown():
                change_email(account.id, email.strip(), current=current, principal=account.principal)
                state.reset("account-email")
                notices.flash(say("account.email_changed"))
                st.rerun()


def _draw_sessions(account: Account, caller: Caller) -> None:
    sessions = list_sessions(account.id, principal=caller.principal)
    st.caption(say("account.sessions_hint"))
    session_views.draw(
        sorted(sessions, key=lambda one: one.id != caller.session_id), caller.principal, this_one=caller.session_id
    )
    with st.container(horizontal=True):
        if len(sessions) > 1 and st.button(
            say("account.others"), icon=":material/devices:", key="account-others", type="primary"
        ):
            ended = end_all_sessions(account.id, principal=caller.principal, except_id=caller.session_id)
            notices.flash(say("account.ended_others", count=ended))
            st.rerun()
        if st.button(say("account.everywhere"), icon=":material/logout:", key="account-everywhere"):
            end_all_sessions(account.id, principal=caller.principal)
            st.rerun()


def _draw_password_form(account: Account, caller: Caller) -> None:
    """Emptied once the password is changed; what was typed stays where something is wrong with it."""
    with st.form(state.generation(FORM), width=420):
        current = st.text_input(say("account.current"), type="password", autocomplete="current-password")
        new = st.text_input(say("account.new"), type="password", autocomplete="new-password")
        again = st.text_input(say("account.again"), type="password", autocomplete="new-password")
        is_sent = st.form_submit_button(say("account.change"), type="primary")
    if not is_sent:
        return
    if new != again:
        st.error(say("account.differ"), icon=":material/error:")
        return
    with notices.errors_shown():
        change_password(account.id, new, current=current, keep_session=caller.session_id, principal=caller.principal)
        state.reset(FORM)
        notices.flash(say("account.changed"))
        st.rerun()
