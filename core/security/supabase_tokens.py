"""Tokens that a Supabase project signs with its secret.

A genuine one is HS256, for the audience `authenticated`, with an expiry and a subject
(contract customers 1.3.3). Anything else is refused, `alg: none` included.
"""

from __future__ import annotations

from datetime import UTC, datetime

from core.errors import NotSignedIn, Unavailable
from core.security.foreign_claims import SIGNATURE_ONLY, ForeignClaims, checked
from core.security.token_parts import LONGEST
from core.settings.current import get_settings

AUDIENCE = "authenticated"
ALGORITHM = "HS256"


def claims_of(token: str, *, now: datetime | None = None) -> ForeignClaims:
    """Whom a Supabase access token speaks for.

    Raises NotSignedIn when the token is not valid, Unavailable when no secret is configured.
    """
    import jwt

    secret = get_settings().supabase_jwt_secret.get_secret_value()
    if not secret:
        raise Unavailable("security.no_secret")
    if len(token) > LONGEST:
        raise NotSignedIn("security.token_invalid")
    try:
        claims = jwt.decode(token, secret, algorithms=[ALGORITHM], options=SIGNATURE_ONLY)
    except (jwt.InvalidTokenError, jwt.InvalidKeyError, UnicodeError, ValueError, RecursionError) as error:
        raise NotSignedIn("security.token_invalid") from error
    return checked(claims, audience=AUDIENCE, now=now or datetime.now(UTC))
