"""Whom a bearer token speaks for, whoever issued it: this workbench, a Supabase project or an identity provider."""

from __future__ import annotations

from datetime import datetime

from core.accounts.former_kinds import SUPABASE, role_of
from core.accounts.sessions import Caller, caller_of_token, known_caller
from core.errors import NotFound
from core.security import provider_tokens, supabase_tokens
from core.security.access_tokens import claims_to_be_ours
from core.security.foreign_claims import ForeignClaims
from core.security.policy import Principal, Role
from core.security.token_parts import key_id_of, unverified
from core.settings.current import get_settings
from core.storage import quick_reading
from core.storage.database import utc_now


def caller_of(token: str, *, now: datetime | None = None) -> Caller:
    """Raises NotSignedIn; Unavailable while the keys of an identity provider cannot be had.

    What a token claims decides only who has to verify it; no two of them ever use the same key, and each knows one
    algorithm for its own. `session_id` is "" for a token of others, whose sessions are not ours to end.
    """
    if (known := known_caller(token, quick_reading.version(), now or utc_now())) is not None:
        return known
    settings = get_settings()
    is_supabase_used = bool(settings.supabase_jwt_secret.get_secret_value())
    if (is_supabase_used or settings.jwks_url) and not claims_to_be_ours(token):
        if settings.jwks_url and unverified(token).algorithm in provider_tokens.ALGORITHMS:
            from core.accounts.provider_keys import provider_key

            return _caller(provider_tokens.claims_of(token, provider_key(key_id_of(token)), now=now))
        if is_supabase_used:
            return _caller(supabase_tokens.claims_of(token, now=now))
    return caller_of_token(token, now=now)


def principal_of(token: str) -> Principal:
    """As `caller_of`, for those who do not ask through which session."""
    return caller_of(token).principal


def _caller(claims: ForeignClaims) -> Caller:
    return Caller(Principal(claims.subject, _role(claims.role), claims.email), "", "client")


def _role(word: str) -> Role:
    """The role for an issuer's word. An audience of `authenticated` without one is a person like any other; a word
    that nobody knows opens no door, whatever it promises."""
    if not word:
        return Role.ANALYST
    try:
        return role_of(SUPABASE, word)
    except NotFound:
        return Role.GUEST
