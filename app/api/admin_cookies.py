"""The cookie of a sign-in to administration, and who is asking by it.

HttpOnly, so that no script reads it; SameSite=Strict, so that no page of another site makes a browser send it, while
pages of this host at another port do. Secure by itself where the request came by HTTPS: over plain HTTP a browser
would throw a Secure cookie away, on other machines than its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import HTTPConnection
from starlette.responses import Response

from app.api.origins import is_https
from core.errors import NotSignedIn
from core.settings.current import get_settings

if TYPE_CHECKING:
    from core.accounts.admin_sessions import Administrator

CSRF_HEADER = "X-CSRF-Token"
PATH = "/api/v1"
LASTS_S = 7200


def cookie_name() -> str:
    """Browsers send a cookie to every port of a host, so each workbench of one machine has its own."""
    return f"workbench_admin_{get_settings().api_port}"


def set_cookie(answer: Response, connection: HTTPConnection, value: str) -> None:
    """A value of "" takes the cookie back."""
    answer.set_cookie(
        cookie_name(), value, max_age=LASTS_S if value else 0, path=PATH, httponly=True, samesite="strict",
        secure=is_https(connection),
    )  # fmt: skip
    answer.headers["Cache-Control"] = "no-store"


def is_sent(connection: HTTPConnection) -> bool:
    """Whether somebody asks by a cookie of administration: without its token beside it, it counts for nothing."""
    return CSRF_HEADER in connection.headers and cookie_name() in connection.cookies


def administrator_of(connection: HTTPConnection) -> Administrator:
    """Who sent the cookie together with its token. Raises NotSignedIn, NotAllowed; asks the database."""
    from core.accounts.admin_sessions import administrator_of as found_by

    cookie = connection.cookies.get(cookie_name())
    if not cookie:
        raise NotSignedIn("administration.not_signed_in")
    return found_by(cookie, connection.headers.get(CSRF_HEADER, ""))
