"""The key of our own access tokens: derived from a secret of the settings, or made once for a local machine."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from functools import cache
from pathlib import Path

from core.settings.current import get_settings

PURPOSE = b"analyst workbench access tokens"
AUDIT = b"analyst workbench audit log"
FILE = "token.key"  # in data/, readable by its owner only


def signing_key() -> bytes:
    """32 bytes, the same in every process of a workbench.

    Derived, so that a token of the Supabase project and one of ours can never pass for each other although one
    secret may stand behind both. Outside APP_ENV=local the settings refuse to be without a secret.
    """
    settings = get_settings()
    secret = settings.token_secret.get_secret_value() or settings.supabase_jwt_secret.get_secret_value()
    return _derived(secret) if secret else _of_this_home(settings.data_dir)


def audit_keys() -> tuple[bytes, ...]:
    """Keys that seal the audit log, today's first; those of earlier secrets still verify what they sealed."""
    secrets_known = [one.get_secret_value() for one in get_settings().previous_token_secrets]
    earlier = (hmac.digest(_derived(secret), AUDIT, hashlib.sha256) for secret in secrets_known)
    return (hmac.digest(signing_key(), AUDIT, hashlib.sha256), *earlier)


@cache
def _derived(secret: str) -> bytes:
    return hmac.digest(secret.encode("utf-8"), PURPOSE, hashlib.sha256)


@cache
def _of_this_home(folder: Path) -> bytes:
    place = folder / FILE
    if not place.exists():
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = folder / f".{FILE}.{secrets.token_hex(8)}"
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
        try:
            place.hardlink_to(unfinished)  # whole or not at all; of two processes that start at once one wins
        except FileExistsError:
            pass
        finally:
            unfinished.unlink()
    return _derived(place.read_text("ascii").strip())
