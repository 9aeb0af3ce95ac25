"""Bearer tokens: those that Supabase really issues.

A genuine one is HS256, for the audience `authenticated`, with an expiry and a subject
(contract customers 1.3.3). Anything else is refused, `alg: none` included.
"""

from __future__ import annotations

import jwt

from core.errors import NotSignedIn, Unavailable
from core.security.policy import Principal, Role
from core.settings.current import get_settings

AUDIENCE = "authenticated"


def principal_of(token: str) -> Principal:
    """The principal a Supabase access token speaks for.

    Raises NotSignedIn when the token is not valid, Unavailable when no secret is configured.
    """
    secret = get_settings().supabase_jwt_secret.get_secret_value()
    if not secret:
        raise Unavailable("security.no_secret")
    try:
        claims = jwt.decode(
            token, secret, algorithms=["HS256"], audience=AUDIENCE, options={"require": ["exp", "sub", "aud"]}
        )
    except jwt.ExpiredSignatureError as error:
        raise NotSignedIn("security.token_expired") from error
    except (jwt.InvalidTokenError, UnicodeError) as error:
        raise NotSignedIn("security.token_invalid") from error
    return Principal(str(claims["sub"]), Role.ANALYST, str(claims.get("email", "")))
