"""What is chosen for a new account or invitation: role, kind and organisation."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from app.ui import choosing
from app.ui.texts import say, say_value
from core.accounts.accounts import AccountKind
from core.accounts.organisations import list_organisations
from core.accounts.ranks import is_above
from core.security.policy import Principal, Role


@dataclass(frozen=True)
class Standing:
    """Role, kind and organisation together."""

    role: Role
    kind: AccountKind
    organisation_id: str | None


def roles_within(principal: Principal) -> list[Role]:
    """Those one may give, from most to least trusted."""
    return [role for role in Role if not is_above(role, principal.role)]


def role_name(role: Role) -> str:
    return say_value("role", str(role))


def draw_standing(principal: Principal, *, key: str) -> Standing:
    """The fields; an organisation is asked for where the kind has one."""
    roles = {role: role_name(role) for role in roles_within(principal)}
    role = choosing.one_of(
        st, say("account.role"), list(roles), format_func=roles.__getitem__, key=f"{key}-role",
        index=_place(list(roles), Role.ANALYST),
    )  # fmt: skip
    organisations = {one.id: one.name for one in list_organisations(principal=principal)}
    kinds = {one: say_value("account_kind", str(one)) for one in AccountKind}
    allowed = list(kinds) if organisations else [AccountKind.PERSONAL]
    kind = choosing.one_of(
        st, say("account.kind"), allowed, format_func=kinds.__getitem__, key=f"{key}-kind",
        help=None if organisations else say("accounts.no_organisation_yet"),
    )  # fmt: skip
    chosen = None
    if kind not in (None, AccountKind.PERSONAL):
        chosen = choosing.one_of(
            st, say("account.organisation"), list(organisations), format_func=organisations.__getitem__,
            key=f"{key}-organisation",
        )  # fmt: skip
    return Standing(role or Role.ANALYST, kind or AccountKind.PERSONAL, chosen)


def _place(roles: list[Role], wanted: Role) -> int:
    return roles.index(wanted) if wanted in roles else 0
