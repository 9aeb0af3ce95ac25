"""Passwords as Argon2id hashes; each hash carries the cost it was made with, so that the cost can be raised later."""

from __future__ import annotations

import threading
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

from core.errors import BadInput
from core.settings.current import get_settings

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST = 8  # characters, as NIST SP 800-63B has it
LONGEST = 1024
HASHES_AT_ONCE = 2  # in one process: each takes the memory of `password_memory_mb`

_turns = threading.BoundedSemaphore(HASHES_AT_ONCE)


def hash_password(password: str, *, login_name: str = "") -> str:
    """An Argon2id hash with its cost and salt. Raises BadInput for a password that anybody would guess first."""
    text = unicodedata.normalize("NFC", password)
    if not SHORTEST <= len(text) <= LONGEST:
        raise BadInput("security.password_length", shortest=SHORTEST, longest=LONGEST)
    if len(set(text)) < 3 or text.casefold() == login_name.casefold():
        raise BadInput("security.password_guessable")
    return rehash_password(text)


def rehash_password(password: str) -> str:
    """A hash at today's cost of a password that was accepted before, whatever the rules were then."""
    with _turns:
        return _hasher().hash(_bytes(unicodedata.normalize("NFC", password)))


def verify_password(password: str, password_hash: str | None) -> bool:
    """Whether the password is the one that was hashed.

    With None (there is no such account) the same work is done for nothing: the time must not tell who exists.
    """
    from argon2.exceptions import VerifyMismatchError

    nobody = _nobody(*_cost())  # always, or the first unknown name of a process would take longer
    is_candidate = len(password) <= LONGEST
    compared = password_hash if is_candidate and password_hash is not None else nobody
    text = unicodedata.normalize("NFC", password[:LONGEST])
    with _turns:
        try:
            _hasher().verify(compared, _bytes(text))
        except VerifyMismatchError:
            return False
    return compared is not nobody


def needs_rehash(password_hash: str) -> bool:
    """Whether the hash was made with another cost than the settings ask for."""
    return _hasher().check_needs_rehash(password_hash)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")  # JSON can carry half a character; it is wrong, but no crash


def _cost() -> tuple[int, int]:
    settings = get_settings()
    return settings.password_memory_mb, settings.password_passes


def _hasher() -> PasswordHasher:
    return _hasher_of(*_cost())


@cache
def _hasher_of(memory_mb: int, passes: int) -> PasswordHasher:
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=passes, memory_cost=memory_mb * 1024, parallelism=1)


@cache
def _nobody(memory_mb: int, passes: int) -> str:
    """A hash at today's cost that no password is compared with in earnest."""
    import secrets

    return _hasher_of(memory_mb, passes).hash(secrets.token_bytes(16))
