"""Pairs of access and refresh token. A session is a family of refresh tokens: each is exchanged once for the next.

A refresh token that comes a second time is in two hands, and nobody can tell whose are the right ones: the whole
session ends. A client whose answer got lost is not locked out if it names each exchange by a retry key of its own:
the same token under the same key within `RETRY_S` gives the same next token again, as long as that is unused. Who
merely stole the token does not know the key.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from core.accounts.accounts import ACCOUNTS, Account, Credentials, find_credentials
from core.accounts.sessions import (
    SESSIONS,
    add_session,
    end_where,
    hash_of,
    new_secret,
    require_standing,
)
from core.errors import BadInput, NotSignedIn
from core.security.access_tokens import AccessClaims, sign_access_token
from core.security.signing_key import signing_key, verification_keys
from core.settings.current import get_settings
from core.storage import audit, tables
from core.storage.database import utc_now, writing

TOKENS = tables.refresh_tokens
RETRY_S = 30
RETRY_KEY_LENGTH = range(16, 201)  # characters; a UUID has 36

_PRESENTED = (
    select(
        TOKENS.c.session_id, TOKENS.c.used_at, TOKENS.c.successor_hash, TOKENS.c.retry_hash, TOKENS.c.owner,
        TOKENS.c.expires_at, SESSIONS.c.created_at, SESSIONS.c.ended_at, ACCOUNTS.c.disabled_at,
    )
    .join(SESSIONS, SESSIONS.c.id == TOKENS.c.session_id)
    .join(ACCOUNTS, ACCOUNTS.c.id == TOKENS.c.owner)
    .with_for_update(of=TOKENS)
)  # fmt: skip


@dataclass(frozen=True)
class TokenPair:
    """What an API client gets. expires_at: end of the access token, as ISO text in UTC with `Z`."""

    access: str
    refresh: str
    expires_at: str


def open_client_session(
    account: Account, *, address: str = "", user_agent: str = "", now: datetime | None = None
) -> TokenPair:
    """A new session for an API client. Raises NotSignedIn when the account changed since its password was compared."""
    when = now or utc_now()
    refresh = new_secret()
    with writing() as connection:
        session_id = add_session(
            connection, account, "client", when, _session_end(when, when), address=address, user_agent=user_agent
        )
        _add_token(connection, refresh, account.id, session_id, when, _token_end(when, when))
    return _pair(account, session_id, refresh, began=when, now=when)


def exchange(refresh: str, *, retry_key: str = "", now: datetime | None = None) -> TokenPair:
    """The next pair of a session; the refresh token is used up by this.

    retry_key: any text of 16 to 200 characters that the client makes for this exchange and repeats when no answer
    came. Raises NotSignedIn for an unknown, expired or used token, and the session ends with a used one; BadInput
    for a retry key that could be guessed.
    """
    if retry_key and len(retry_key) not in RETRY_KEY_LENGTH:
        raise BadInput("security.bad_retry_key", least=RETRY_KEY_LENGTH[0], most=RETRY_KEY_LENGTH[-1])
    when = now or utc_now()
    with writing() as connection:
        row = connection.execute(_PRESENTED.where(TOKENS.c.token_hash == hash_of(refresh))).mappings().first()
        if row is None:
            raise NotSignedIn("security.token_invalid")
        require_standing(row, when)
        if row["used_at"] is None:
            successor = _successor(refresh, retry_key) if retry_key else new_secret()
            _replace(connection, row, refresh, successor, retry_key, when)
        else:
            is_retry = _is_retry(connection, row, retry_key, when)
            successor = _successor_again(refresh, retry_key, row["successor_hash"]) if is_retry else ""
            if not successor:
                end_where(connection, SESSIONS.c.id == row["session_id"], "reuse")
                owner = _account(row["owner"]).account.principal
                audit.note(connection, owner, "session.reused", row["owner"], session=row["session_id"])
    if not successor:  # told after the transaction, which would be undone by an error within it
        raise NotSignedIn("security.refresh_used")
    return _pair(_account(row["owner"]).account, row["session_id"], successor, began=row["created_at"], now=when)


def forget_old(connection: Connection, now: datetime) -> None:
    """Remove tokens that could not be exchanged any more, used or not."""
    connection.execute(delete(TOKENS).where(TOKENS.c.expires_at < now))


def _replace(
    connection: Connection, row: Mapping[Any, Any], refresh: str, successor: str, retry_key: str, now: datetime
) -> None:
    began = row["created_at"]
    connection.execute(
        update(TOKENS)
        .where(TOKENS.c.token_hash == hash_of(refresh))
        .values(
            used_at=now,
            successor_hash=hash_of(successor),
            retry_hash=hash_of(retry_key) if retry_key else None,
        )
    )
    _add_token(connection, successor, row["owner"], row["session_id"], now, _token_end(began, now))
    lasts_until = update(SESSIONS).where(SESSIONS.c.id == row["session_id"])
    connection.execute(lasts_until.values(expires_at=_session_end(began, now)))


def _is_retry(connection: Connection, row: Mapping[Any, Any], retry_key: str, now: datetime) -> bool:
    """Whether the very exchange that used the token up is asked for again, its answer having reached nobody."""
    if not retry_key or row["retry_hash"] is None or now - row["used_at"] > timedelta(seconds=RETRY_S):
        return False
    if not hmac.compare_digest(row["retry_hash"], hash_of(retry_key)):
        return False
    successor = select(TOKENS.c.used_at).where(TOKENS.c.token_hash == row["successor_hash"])
    found = connection.execute(successor).first()
    return found is not None and found.used_at is None


def _successor(refresh: str, retry_key: str, key: bytes | None = None) -> str:
    """The same for the same exchange, so that it can be given again although only its hash is kept."""
    content = f"refresh\0{refresh}\0{retry_key}".encode("utf-8", "surrogatepass")
    return urlsafe_b64encode(hmac.digest(key or signing_key(), content, hashlib.sha256)).decode("ascii").rstrip("=")


def _successor_again(refresh: str, retry_key: str, kept_hash: str) -> str:
    """As it was given, also when our secret was replaced in between; "" when that secret is known no more."""
    made = (_successor(refresh, retry_key, key) for key in verification_keys().values())
    return next((successor for successor in made if hmac.compare_digest(hash_of(successor), kept_hash)), "")


def _add_token(
    connection: Connection, refresh: str, owner: str, session_id: str, now: datetime, expires_at: datetime
) -> None:
    row = {"token_hash": hash_of(refresh), "owner": owner, "session_id": session_id, "created_at": now}
    connection.execute(insert(TOKENS).values(**row, expires_at=expires_at))


def _token_end(began: datetime, now: datetime) -> datetime:
    settings = get_settings()
    return min(now + timedelta(days=settings.refresh_token_days), began + timedelta(days=settings.session_days))


def _access_end(began: datetime, now: datetime) -> datetime:
    settings = get_settings()
    end = min(now + timedelta(hours=settings.access_token_hours), began + timedelta(days=settings.session_days))
    return end.replace(microsecond=0)  # as the token says it, in whole seconds


def _session_end(began: datetime, now: datetime) -> datetime:
    return max(_token_end(began, now), _access_end(began, now))


def _pair(account: Account, session_id: str, refresh: str, *, began: datetime, now: datetime) -> TokenPair:
    expires_at = _access_end(began, now)
    claims = AccessClaims(account.id, str(account.kind), account.ac_id, session_id, expires_at)
    return TokenPair(sign_access_token(claims, issued_at=now), refresh, f"{expires_at:%Y-%m-%dT%H:%M:%SZ}")


def _account(account_id: str) -> Credentials:
    credentials = find_credentials(ACCOUNTS.c.id == account_id)
    assert credentials is not None  # just joined
    return credentials
