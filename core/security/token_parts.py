"""What a token says of itself before anything of it is believed: it only decides which key has to verify it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Any

from core.errors import NotSignedIn

LONGEST = 8192  # characters; genuine ones have some hundreds


@dataclass(frozen=True)
class Unverified:
    """Header and claims as they came. key_id: None where the header names none."""

    algorithm: str = ""
    key_id: str | None = None
    claims: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


def key_id_of(token: str) -> str | None:
    """The `kid` of the header; None where there is none. Raises NotSignedIn as `unverified`."""
    import jwt

    return _key_id(_parsed(token, jwt.get_unverified_header))


def unverified(token: str) -> Unverified:
    """Raises NotSignedIn for what is no token or too long to be one."""
    import jwt

    # Without any check of a signature or a time: a bad token, too, has to be handed to the owner of its key.
    parts = _parsed(token, partial(jwt.decode_complete, options={"verify_signature": False}))
    header = parts["header"]
    return Unverified(str(header.get("alg", "")), _key_id(header), parts["payload"])


def _parsed(token: str, parse: Callable[[str], Any]) -> Any:
    import jwt

    if len(token) > LONGEST:
        raise NotSignedIn("security.token_invalid")
    try:
        return parse(token)
    except (jwt.InvalidTokenError, UnicodeError, ValueError, RecursionError) as error:
        raise NotSignedIn("security.token_invalid") from error


def _key_id(header: Mapping[str, Any]) -> str | None:
    key_id = header.get("kid")
    if key_id is not None and not isinstance(key_id, str):
        raise NotSignedIn("security.token_invalid")
    return key_id
