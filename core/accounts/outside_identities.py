"""Who somebody is at an identity provider, and the account that this signs in to.

An identity is joined to an account by its address only when both the provider and this workbench (`mailboxes`) have
seen that the address is that person's.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from core.accounts import mailboxes
from core.accounts.accounts import (
    ACCOUNTS,
    Account,
    AccountKind,
    add_account,
    credentials_of,
    find_account_by_id,
    find_credentials,
    inserting,
    new_account,
)
from core.accounts.emails import comparable_email
from core.accounts.sessions import new_secret
from core.errors import BadInput, Conflict, NotSignedIn
from core.security.passwords import hash_password
from core.security.policy import Role
from core.settings.current import get_settings
from core.storage import audit, operator_tables
from core.storage.database import reading, utc_now, writing

IDENTITIES = operator_tables.outside_identities
LONGEST = 400  # characters of an issuer or subject


def account_of_identity(
    issuer: str, subject: str, *, email: str = "", email_verified: bool = False, name: str = ""
) -> Account:
    """The account that an identity signs in to, joined or made the first time. The caller has verified its token.

    Raises NotSignedIn for a disabled account, an address whose account never proved it, and where nobody here has
    the address and `WORKBENCH_OIDC_SIGN_UP` makes no accounts; BadInput for an identity without issuer or subject;
    Conflict where the address is somebody's login name.
    """
    if not (0 < len(issuer) <= LONGEST and 0 < len(subject) <= LONGEST) or issuer == mailboxes.MAILBOX:
        raise BadInput("security.bad_identity", limit=LONGEST)
    account = _known(issuer, subject)
    if account is None:
        proven = comparable_email(email) if email_verified is True else None
        try:
            account = _joined(issuer, subject, proven) or _made(issuer, subject, email if proven else "", name)
        except (IntegrityError, Conflict):
            account = _known(issuer, subject)  # the same person at the same moment, in another window
            if account is None:
                raise
    if account is None or account.disabled_at is not None:
        raise NotSignedIn("security.identity_unknown")
    return account


def _known(issuer: str, subject: str) -> Account | None:
    owner = _owner(issuer, subject)
    return find_account_by_id(owner) if owner is not None else None


def _owner(issuer: str, subject: str) -> str | None:
    wanted = select(IDENTITIES.c.owner).where(IDENTITIES.c.issuer == issuer, IDENTITIES.c.subject == subject)
    with reading() as connection:
        return connection.execute(wanted).scalar()


def _joined(issuer: str, subject: str, proven: str | None) -> Account | None:
    found = find_credentials(ACCOUNTS.c.email_key == proven) if proven is not None else None
    if found is None:
        return None
    account = found.account
    if not mailboxes.is_confirmed(account.id, account.email):
        raise NotSignedIn("security.identity_unconfirmed")
    if account.disabled_at is None:
        with writing() as connection:
            connection.execute(insert(IDENTITIES).values(**_row(issuer, subject, account.id, utc_now())))
            audit.note(connection, account.principal, "identity.joined", account.id, issuer=issuer)
    return account


def _made(issuer: str, subject: str, email: str, name: str) -> Account | None:
    if not get_settings().oidc_sign_up:
        return None
    account = new_account(_free_name(email, name, subject), name or email or subject[:80], AccountKind.PERSONAL,
                          Role.ANALYST, None, None, email)  # fmt: skip
    hashed = hash_password(new_secret())  # known to nobody: a reset by mail gives one
    with inserting(account), writing() as connection:
        connection.execute(insert(IDENTITIES).values(**_row(issuer, subject, account.id, utc_now())))
        add_account(connection, account, hashed)
        mailboxes.confirm(connection, account.id, account.email)
        details = {"role": str(account.role), "kind": str(account.kind), "by": "identity", "issuer": issuer}
        audit.note(connection, account.principal, "account.created", account.id, **details)
    return account


def _free_name(email: str, name: str, subject: str) -> str:
    """A login name for somebody who never chose one. Raises BadInput where nothing given can be a name."""
    for wanted in (email, name):
        if wanted and credentials_of(wanted) is None:
            return wanted
    return f"{(name or email or subject)[:80]}-{new_secret()[:8]}"


def _row(issuer: str, subject: str, owner: str, now: datetime) -> dict[str, object]:
    return {"issuer": issuer, "subject": subject, "owner": owner, "created_at": now}
