"""In whose name work goes on that nobody stands beside: the account that asked for it, as it is now."""

from __future__ import annotations

from core.errors import NotAllowed
from core.security.policy import LOCAL_ANALYST, Principal, Role
from core.settings.current import get_settings


def principal_of(owner: str) -> Principal:
    """Who the owner of a job or schedule is now, with the role of today. Raises NotAllowed.

    Somebody without an account is a person of the Supabase project, where the settings name one: an analyst.
    """
    from core.accounts.accounts import find_account_by_id

    if owner == LOCAL_ANALYST.id:
        return LOCAL_ANALYST
    account = find_account_by_id(owner)
    if account is not None and account.disabled_at is not None:
        raise NotAllowed("jobs.owner_disabled", name=account.login_name)
    if account is not None:
        return account.principal
    if not get_settings().supabase_jwt_secret.get_secret_value():
        raise NotAllowed("jobs.owner_gone", id=owner)
    return Principal(owner, Role.ANALYST)
