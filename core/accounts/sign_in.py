"""Signing in: name (or e-mail address) and password, for people of an organisation its session code too."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlalchemy import update

from core.accounts import sessions, throttling, token_pairs
from core.accounts.accounts import ACCOUNTS, Account, AccountKind, Credentials, credentials_of
from core.accounts.names import comparable
from core.errors import NotSignedIn
from core.security.passwords import needs_rehash, rehash_password, verify_password
from core.security.policy import GUEST
from core.storage import audit
from core.storage.database import utc_now, writing

LoginType = Literal["personal", "organization"]


def sign_in(
    login_name: str, password: str, *, login_type: LoginType = "personal", session_code: str = "", address: str = "",
    now: datetime | None = None,
) -> Account:  # fmt: skip
    """The account; open a session for it next.

    login_name: or the e-mail address. address: where the attempt comes from, "" when from this machine itself.
    Raises TooManyRequests with `retry_after` [s]; NotSignedIn in the same words for an unknown name, a wrong password,
    a disabled account and a wrong session code. Only who knows the password is told that the other form is the right
    one.
    """
    when = now or utc_now()
    found = credentials_of(login_name)
    # By account and not by what was typed: its name and its address together have one number of tries.
    counted = found.account.login_name if found is not None else login_name
    attempt = throttling.admit(counted, address, now=when)
    is_right = verify_password(password, found.password_hash if found is not None else None)
    if found is None or not is_right or found.account.disabled_at is not None:
        _note_failure(found, login_name, address)
        raise NotSignedIn("security.sign_in_failed")
    _require_form(found.account, login_type, session_code, address)
    throttling.forgive(attempt)
    _renew_hash(found, password)
    with writing() as connection:
        for room in (throttling, token_pairs, sessions):
            room.forget_old(connection, when)
    return found.account


def _note_failure(found: Credentials | None, login_name: str, address: str) -> None:
    """Never the name that was typed: people type their passwords there."""
    target = found.account.id if found is not None else throttling.account_hash(login_name)
    audit.note_now(GUEST, "sign_in.failed", target, address=address)


def _require_form(account: Account, login_type: LoginType, session_code: str, address: str) -> None:
    is_personal = account.kind is AccountKind.PERSONAL
    if is_personal is not (login_type == "personal"):
        raise NotSignedIn("security.sign_in_other_form" if is_personal else "security.sign_in_with_organisation")
    if is_personal:
        return
    if account.organisation is None or comparable(session_code) != comparable(account.organisation.session_code):
        audit.note_now(GUEST, "sign_in.failed", account.id, address=address)
        raise NotSignedIn("security.sign_in_failed")


def _renew_hash(found: Credentials, password: str) -> None:
    """Hash again when the settings ask for another cost than the kept hash has."""
    if not needs_rehash(found.password_hash):
        return
    renewed = rehash_password(password)
    same = (ACCOUNTS.c.id == found.account.id) & (ACCOUNTS.c.password_hash == found.password_hash)
    with writing() as connection:
        connection.execute(update(ACCOUNTS).where(same).values(password_hash=renewed))
