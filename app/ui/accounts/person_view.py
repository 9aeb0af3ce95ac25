"""One account, as whoever manages accounts sees it: role, ways back in, sessions, and whether it may sign in."""

from __future__ import annotations

import streamlit as st

from app.ui import formats, notices, session_views, state, theme
from app.ui.accounts import told_once
from app.ui.accounts.choices import role_name, roles_within
from app.ui.navigation import ACCOUNTS, link_to
from app.ui.texts import say, say_value
from core.accounts.accounts import Account, get_account
from core.accounts.changing import change_role, disable_account, enable_account
from core.accounts.ranks import is_above
from core.accounts.resets import make_reset
from core.accounts.sessions import end_all_sessions, list_sessions
from core.security.policy import Principal

DISABLED = "disabled-account"


def draw(account_id: str, principal: Principal) -> None:
    """All of it. Raises NotFound."""
    link_to(ACCOUNTS, say("accounts.back"), icon=":material/arrow_back:")
    account = get_account(account_id, principal=principal)
    _draw_facts(account)
    _draw_undo(account, principal)
    if is_above(account.role, principal.role):
        st.info(say("accounts.above_you"), icon=":material/shield_person:")
        return
    _draw_role(account, principal)
    _draw_actions(account, principal)
    told_once.draw("reset")
    theme.draw_section("accounts.sessions_of")
    _draw_sessions(account, principal)


def _draw_facts(account: Account) -> None:
    facts = {
        say("account.login_name"): account.login_name,
        say("account.email"): account.email or say("account.no_email"),
        say("account.kind"): say_value("account_kind", str(account.kind)),
        say("account.organisation"): account.organisation.name if account.organisation else "–",
        say("accounts.created"): formats.moment(account.created_at),
        say("accounts.password_changed"): formats.moment(account.password_changed_at),
    }
    with st.container(border=True, key="hero-account", gap="small"):
        state_mark = f":red-badge[{say('accounts.disabled')}]" if account.disabled_at else ""
        role = f":blue-badge[{role_name(account.role)}]"
        st.markdown(f"### {formats.plain(account.display_name)} {role} {state_mark}")
        with st.container(horizontal=True, gap="large", key="facts-person"):
            for label, value in facts.items():
                with st.container(gap=None, width="content"):
                    st.caption(label)
                    st.text(value)


def _draw_role(account: Account, principal: Principal) -> None:
    """Choosing another role asks; only the answer changes it."""
    roles = {role: role_name(role) for role in roles_within(principal)}
    key = state.generation(f"account-role-{account.id}-{account.role}")
    with st.container(key="account-role"):
        chosen = st.segmented_control(
            say("account.role"),
            list(roles),
            format_func=roles.__getitem__,
            default=account.role,
            required=True,
            key=key,
        )
        if chosen is None or chosen is account.role:
            return
        question = say("accounts.role_question", name=formats.plain(account.display_name),
                       before=role_name(account.role), after=role_name(chosen))  # fmt: skip
        with st.container(border=True, key="account-role-confirm"):
            st.markdown(question)
            with st.container(horizontal=True):
                is_sure = st.button(say("accounts.role_change"), type="primary", key="account-role-yes")
                if st.button(say("accounts.cancel"), key="account-role-no"):
                    state.reset(f"account-role-{account.id}-{account.role}")
                    st.rerun()
            if is_sure:
                with notices.errors_shown():
                    change_role(account.id, chosen, principal=principal)
                    notices.flash(say("accounts.role_changed"))
                    st.rerun()


def _draw_actions(account: Account, principal: Principal) -> None:
    with st.container(horizontal=True, key="account-actions"):
        if account.disabled_at is not None:
            if st.button(say("accounts.enable"), icon=":material/lock_open:", key="account-enable", type="primary"):
                with notices.errors_shown():
                    enable_account(account.id, principal=principal)
                    state.forget(DISABLED)
                    notices.flash(say("accounts.enabled"))
                    st.rerun()
            return
        if st.button(say("accounts.make_reset"), icon=":material/lock_reset:", key="account-reset"):
            with notices.errors_shown():
                made = make_reset(account.id, principal=principal)
                label = say("accounts.reset_of", name=account.display_name)
                hint = say("accounts.reset_hint", until=formats.moment(made.expires_at))
                told_once.keep("reset", label, made.link, hint=hint)
                st.rerun()
        if account.id != principal.id and st.button(
            say("accounts.disable"), icon=":material/block:", key="account-disable"
        ):
            with notices.errors_shown():
                disable_account(account.id, principal=principal)
                state.keep(DISABLED, account.id)
                st.rerun()


def _draw_undo(account: Account, principal: Principal) -> None:
    """The way back from what was done last."""
    if state.kept(DISABLED) != account.id or account.disabled_at is None:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="account-undo"):
        st.markdown(say("accounts.was_disabled", name=formats.plain(account.display_name)), width="stretch")
        if st.button(say("documents.undo"), icon=":material/undo:", key="undo-disable"):
            with notices.errors_shown():
                state.forget(DISABLED)
                enable_account(account.id, principal=principal)
                st.rerun()


def _draw_sessions(account: Account, principal: Principal) -> None:
    sessions = list_sessions(account.id, principal=principal)
    if not sessions:
        st.caption(say("accounts.no_sessions"))
        return
    session_views.draw(sessions, principal)
    if st.button(say("accounts.end_all"), icon=":material/logout:", key="account-end-all"):
        with notices.errors_shown():
            ended = end_all_sessions(account.id, principal=principal)
            notices.flash(say("accounts.ended", count=ended))
            st.rerun()
