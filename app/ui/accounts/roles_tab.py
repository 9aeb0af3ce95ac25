"""What each role may do, and which role the kinds of user of the former systems have."""

from __future__ import annotations

import streamlit as st

from app.ui import theme
from app.ui.accounts.choices import role_name
from app.ui.texts import say, say_value
from core.accounts.former_kinds import FORMER_KINDS
from core.security.policy import PERMISSIONS, Permission, Role

YES, NO = "●", ""


def draw(_principal: object) -> None:
    theme.draw_section("roles.permissions")
    st.caption(say("roles.permissions_hint"))
    column = st.column_config
    st.dataframe(
        [
            {"what": say_value("permission", str(permission)), **{str(role): _mark(role, permission) for role in Role}}
            for permission in Permission
            if permission is not Permission.PUBLIC
        ],
        column_config={
            "what": column.TextColumn(say("roles.may"), width="medium", pinned=True),
            **{str(role): column.TextColumn(role_name(role), width="small", alignment="center") for role in Role},
        },
        hide_index=True,
        height="content",
        alt=say("roles.permissions"),
    )
    theme.draw_section("roles.former")
    st.caption(say("roles.former_hint"))
    st.dataframe(
        [
            {
                "system": say_value("former_system", one.system),
                "word": one.word,
                "role": role_name(one.role) if one.role is not None else say("roles.nobody"),
                "kind": say_value("account_kind", str(one.kind)) if one.role is not None else "–",
            }
            for one in FORMER_KINDS
        ],
        column_config={
            "system": column.TextColumn(say("roles.system"), width="medium"),
            "word": column.TextColumn(say("roles.word"), width="medium"),
            "role": column.TextColumn(say("account.role")),
            "kind": column.TextColumn(say("account.kind")),
        },
        hide_index=True,
        height="content",
        alt=say("roles.former"),
    )


def _mark(role: Role, permission: Permission) -> str:
    return YES if permission in PERMISSIONS[role] else NO
