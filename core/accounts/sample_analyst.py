"""The account a new workbench begins with, so that its first visitor can sign in."""

from __future__ import annotations

import secrets

from core.accounts.accounts import ClientFields, create_account, has_accounts
from core.errors import Conflict
from core.security.policy import LOCAL_ANALYST, Role
from core.settings.current import get_settings

LOGIN_NAME = "analyst"
RECORD = 17  # the generated aptitude record that is about this person
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # without those that look alike: i l o 0 1


def ensure_sample_analyst() -> tuple[str, str] | None:
    """Login name and password of an account made just now; None where there are accounts, or samples are off.

    The password is told here and kept nowhere.
    """
    if not get_settings().sample_data or has_accounts():
        return None
    password = new_password()
    try:
        create_account(
            LOGIN_NAME,
            password,
            display_name="Sample analyst",
            role=Role.ANALYST,
            client_fields=ClientFields(ins_seq=RECORD),
            principal=LOCAL_ANALYST,
        )
    except Conflict:  # another process was faster
        return None
    return LOGIN_NAME, password


def new_password() -> str:
    """Sixteen random letters and digits in groups of four: 79 bits, and easy to type."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(4))
