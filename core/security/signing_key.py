"""The keys of our own access tokens: derived from a secret of the settings, or made once for a local machine."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from core.settings.current import get_settings

PURPOSE = b"analyst workbench access tokens"
KEY_ID = b"analyst workbench key id"
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


def verification_keys() -> Mapping[str, bytes]:
    """The keys that access tokens are verified with, by their id: today's first, then those of earlier secrets.

    An earlier secret is only ever verified with, so the last token it signed ends with that token's own expiry.
    """
    return _by_id(signing_key(), tuple(_earlier_secrets()))


@cache
def _by_id(today: bytes, earlier: tuple[str, ...]) -> Mapping[str, bytes]:
    return MappingProxyType({key_id(key): key for key in (today, *(_derived(secret) for secret in earlier))})


@cache
def key_id(key: bytes) -> str:
    """What a token's `kid` says of the key that signed it, and nothing about the key itself."""
    return hmac.digest(key, KEY_ID, hashlib.sha256).hex()[:16]


def audit_keys() -> tuple[bytes, ...]:
    """Keys that seal the audit log, today's first; those of earlier secrets still verify what they sealed.

    So does the key made for a local machine: a workbench that is given a secret keeps its log.
    """
    keys = [signing_key(), *(_derived(secret) for secret in _earlier_secrets())]
    folder = get_settings().data_dir
    if (folder / FILE).exists():
        keys.append(_of_this_home(folder))
    return tuple(hmac.digest(key, AUDIT, hashlib.sha256) for key in dict.fromkeys(keys))


def _earlier_secrets() -> list[str]:
    return [one.get_secret_value() for one in get_settings().previous_token_secrets]


def forget_keys() -> None:
    """Read the file anew, because another one was laid in its place."""
    _of_this_home.cache_clear()


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
