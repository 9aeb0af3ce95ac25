"""The accounts a new workbench begins with, so that its first visitor can sign in and its operator look after it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from sqlalchemy import select

from core.accounts.accounts import ACCOUNTS, ClientFields, create_account, has_accounts
from core.errors import Conflict
from core.security.policy import LOCAL_ANALYST, Role
from core.settings.current import get_settings
from core.storage.database import reading

LOGIN_NAME = "analyst"
ADMINISTRATOR = "admin"
RECORD = 17  # the generated aptitude record that is about this person
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # without those that look alike: i l o 0 1


@dataclass(frozen=True)
class FirstAccount:
    """An account made just now; its password is told here and kept nowhere."""

    login_name: str
    password: str
    role: Role


def ensure_first_accounts() -> tuple[FirstAccount, ...]:
    """What was made just now, nothing on a later start.

    The sample analyst comes where there are no accounts and samples are on; an administrator where nobody is one and
    the workbench is not one person's own (APP_ENV=local, where the command line is the operator's).
    """
    settings = get_settings()
    made = []
    if settings.sample_data and not has_accounts():
        made.append(_make(LOGIN_NAME, "Sample analyst", Role.ANALYST, ClientFields(ins_seq=RECORD)))
    if settings.app_env != "local" and not _has_administrator():
        made.append(_make(ADMINISTRATOR, "Administrator", Role.ADMIN, None))
    return tuple(one for one in made if one is not None)


def new_password() -> str:
    """Sixteen random letters and digits in groups of four: 79 bits, and easy to type."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(4))


def _make(login_name: str, display_name: str, role: Role, fields: ClientFields | None) -> FirstAccount | None:
    password = new_password()
    try:
        create_account(
            login_name, password, display_name=display_name, role=role, client_fields=fields, principal=LOCAL_ANALYST
        )
    except Conflict:  # another process was faster, or somebody else has that name
        return None
    return FirstAccount(login_name, password, role)


def _has_administrator() -> bool:
    wanted = select(ACCOUNTS.c.id).where(ACCOUNTS.c.role == str(Role.ADMIN)).limit(1)
    with reading() as connection:
        return connection.execute(wanted).first() is not None
