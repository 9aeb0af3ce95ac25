"""Whom a bearer token speaks for, whoever issued it: this workbench or the Supabase project of the settings."""

from __future__ import annotations

from core.accounts.sessions import Caller, caller_of_token
from core.security import supabase_tokens
from core.security.access_tokens import claims_to_be_ours
from core.security.policy import Principal
from core.settings.current import get_settings


def caller_of(token: str) -> Caller:
    """Raises NotSignedIn. What a token claims decides only which key verifies it; the keys are never the same.

    `session_id` is "" for a token of the Supabase project, whose sessions are not ours to end.
    """
    is_supabase_used = bool(get_settings().supabase_jwt_secret.get_secret_value())
    if is_supabase_used and not claims_to_be_ours(token):
        return Caller(supabase_tokens.principal_of(token), "", "client")
    return caller_of_token(token)


def principal_of(token: str) -> Principal:
    """As `caller_of`, for those who do not ask through which session."""
    return caller_of(token).principal
