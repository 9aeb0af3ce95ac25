"""Whom the ids in the log stand for."""

from __future__ import annotations

from app.ui.texts import say
from core.accounts.accounts import list_accounts
from core.security.policy import LOCAL_ANALYST, Permission, Principal, is_allowed


def names(principal: Principal) -> dict[str, str]:
    """Display name by id; only those who manage accounts are told of all of them."""
    known = {LOCAL_ANALYST.id: say("audit.local")}
    if is_allowed(principal, Permission.ACCOUNTS_MANAGE):
        known |= {one.id: f"{one.display_name} ({one.login_name})" for one in list_accounts(principal=principal)}
    return known
