"""Signing up: with an invitation, or freely where the settings allow it. Counted like a sign-in, good ones too."""

from __future__ import annotations

from datetime import datetime

from core.accounts import invitations, mailboxes, throttling
from core.accounts.accounts import Account, AccountKind, add_account, inserting, new_account
from core.accounts.emails import comparable_email
from core.accounts.invitations import Invitation, open_invitation
from core.accounts.throttling import Purpose
from core.errors import NotAllowed
from core.security.passwords import hash_password
from core.security.policy import Role
from core.settings.current import get_settings
from core.storage import audit
from core.storage.database import utc_now, writing

SIGN_UP = Purpose("sign-up", "security.too_many_sign_ups")


def sign_up(
    login_name: str, password: str, *, display_name: str = "", email: str = "", invitation: str = "",
    address: str = "", now: datetime | None = None,
) -> Account:  # fmt: skip
    """A new account for whoever asks, by `WORKBENCH_SIGN_UP`; open a session for it next.

    invitation: its token; role, kind and organisation are the invitation's, else `user` and personal. address: where
    the attempt comes from, "" when from this machine itself. Raises NotAllowed where signing up is off or needs an
    invitation, NotFound for an invitation that is not open, BadInput, Conflict for a taken name, TooManyRequests.
    """
    when = now or utc_now()
    allowed = get_settings().sign_up
    if allowed == "off":
        raise NotAllowed("security.sign_up_off")
    if allowed == "invitation" and not invitation:
        raise NotAllowed("security.sign_up_needs_invitation")
    throttling.admit(login_name, address, purpose=SIGN_UP, now=when)
    given = open_invitation(invitation, now=when) if invitation else None
    account = _account(login_name, display_name or login_name, email, given)
    hashed = hash_password(password, login_name=account.login_name)
    with inserting(account), writing() as connection:
        throttling.forget_old(connection, when)
        add_account(connection, account, hashed)
        if given is not None:
            invitations.use(connection, given, account.principal, when)
            if account.email and comparable_email(account.email) == comparable_email(given.email):
                mailboxes.confirm(connection, account.id, account.email)
        way = "invitation" if given is not None else "open"
        details = {"role": str(account.role), "kind": str(account.kind), "by": way}
        audit.note(connection, account.principal, "account.created", account.id, **details)
    return account


def _account(login_name: str, display_name: str, email: str, given: Invitation | None) -> Account:
    if given is None:
        return new_account(login_name, display_name, AccountKind.PERSONAL, Role.ANALYST, None, None, email)
    organisation_id = given.organisation.id if given.organisation is not None else None
    return new_account(
        login_name, display_name, given.kind, given.role, organisation_id, None, email.strip() or given.email
    )
