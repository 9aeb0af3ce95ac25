"""Everybody who has an account: found by name, address, role or organisation; a row opens it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.ui import formats, notices, row_choice, state
from app.ui.accounts import told_once
from app.ui.accounts.choices import draw_standing, role_name
from app.ui.navigation import ACCOUNTS, go_to
from app.ui.texts import say, say_value
from core.accounts.accounts import Account, create_account
from core.accounts.names import comparable
from core.accounts.people import Person, list_people
from core.accounts.sample_analyst import new_password
from core.security.policy import Principal

NEW = "account-new"


def draw(principal: Principal) -> None:
    people = list_people(principal=principal)
    if not people:
        notices.empty("accounts.none", "accounts.none_hint", icon=":material/group:")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input(
            say("accounts.find"), key="account-find", placeholder=say("accounts.find_example"), width=320
        )
        _draw_new(principal)
    told_once.draw("new-account")
    if people:
        _draw_table([one for one in people if _has(one.account, text)], len(people))


def _draw_table(shown: Sequence[Person], total: int) -> None:
    with st.container(key="account-count"):
        st.caption(say("accounts.count", shown=len(shown), total=total))
    if not shown:
        st.info(say("accounts.none_found"), icon=":material/search_off:")
        return
    column = st.column_config
    picked = row_choice.draw(
        [_row(one) for one in shown],
        {
            "name": column.TextColumn(say("account.name"), width="medium"),
            "login": column.TextColumn(say("account.login_name")),
            "role": column.TextColumn(say("account.role")),
            "state": column.TextColumn(say("accounts.state"), width="small"),
            "seen": column.TextColumn(say("accounts.last_seen")),
            "sessions": column.NumberColumn(say("accounts.sessions"), width="small"),
            "kind": column.TextColumn(say("account.kind")),
            "organisation": column.TextColumn(say("account.organisation")),
            "email": column.TextColumn(say("account.email"), width="medium"),
        },
        key="accounts-table",
        alt=say("accounts.table"),
    )
    st.caption(say("accounts.choose"))
    if picked is not None:
        go_to(ACCOUNTS, account=shown[picked].account.id)


def _row(one: Person) -> dict[str, object]:
    account = one.account
    return {
        "name": account.display_name,
        "login": account.login_name,
        "role": role_name(account.role),
        "state": say("accounts.disabled") if account.disabled_at else say("accounts.active"),
        "seen": formats.moment(one.last_seen_at),
        "sessions": one.sessions,
        "kind": say_value("account_kind", str(account.kind)),
        "organisation": account.organisation.name if account.organisation else "–",
        "email": account.email or "–",
    }


def _has(account: Account, text: str) -> bool:
    organisation = account.organisation.name if account.organisation else ""
    words = (account.display_name, account.login_name, account.email, role_name(account.role), organisation)
    whole = " ".join(comparable(word) or "" for word in words)
    return all((comparable(part) or part) in whole for part in text.split())


def _draw_new(principal: Principal) -> None:
    with st.popover(say("accounts.new"), icon=":material/person_add:", key="account-new-open", type="primary"):
        login = st.text_input(say("account.login_name"), key=state.generation(f"{NEW}-login"), autocomplete="off")
        name = st.text_input(say("account.name"), key=state.generation(f"{NEW}-name"), autocomplete="off")
        email = st.text_input(say("sign_up.email"), key=state.generation(f"{NEW}-email"), autocomplete="off")
        standing = draw_standing(principal, key=NEW)
        st.caption(say("accounts.new_hint"))
        if st.button(say("accounts.make"), type="primary", key="account-make"):
            with notices.errors_shown():
                password = new_password()
                made = create_account(
                    login, password, display_name=name.strip() or login, email=email.strip(), role=standing.role,
                    kind=standing.kind, organisation_id=standing.organisation_id, principal=principal,
                )  # fmt: skip
                for field in ("login", "name", "email"):
                    state.reset(f"{NEW}-{field}")
                told_once.keep("new-account", say("accounts.password_of", name=made.login_name), password)
                st.rerun()
