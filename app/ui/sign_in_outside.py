"""Signing in at an identity provider (OpenID Connect) through Streamlit's own login, ending in a session of ours.

Streamlit sends the browser to the provider, checks what comes back and puts who that is into cookies of its own. In
the very answer that sets them, the account is found and our session cookie is added: pages, API and audit log then
see one login, which ends wherever ours is ended. Streamlit's cookies open nothing here; they stay only because
signing out at the provider needs them.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.ui import sign_in_requests as requests
from app.ui.state import SIGN_IN_PROBLEM, SIGN_IN_PROBLEMS
from core.accounts.sessions import BrowserSession, open_browser_session
from core.errors import NotSignedIn, WorkbenchError
from core.security.signing_key import signing_key
from core.settings.current import get_settings
from core.telemetry.ports import reachable

CALLBACK = "/oauth2callback"  # where Streamlit has the provider send the browser
SIGN_OUT = "/auth/logout"  # Streamlit's way out, by the provider's own where it has one
FAILED = "sign_in.provider_failed"
USER_COOKIE = "_streamlit_user"
PURPOSE = b"analyst workbench cookies of streamlit's login"


def is_configured() -> bool:
    settings = get_settings()
    return bool(settings.oidc_metadata_url and settings.oidc_client_id)


def secrets() -> dict[str, Any]:
    """What Streamlit reads as the `auth` section of its secrets; empty without a provider."""
    if not is_configured():
        return {}
    settings = get_settings()
    own = settings.public_url or f"http://{reachable(settings.ui_host)}:{settings.ui_port}"
    return {
        "auth": {
            "redirect_uri": f"{own.rstrip('/')}{CALLBACK}",
            "cookie_secret": hmac.digest(signing_key(), PURPOSE, hashlib.sha256).hex(),
            "client_id": settings.oidc_client_id,
            "client_secret": settings.oidc_client_secret.get_secret_value(),
            "server_metadata_url": settings.oidc_metadata_url,
        }
    }


def came_from_provider(cookies: Mapping[str, str]) -> bool:
    """Whether Streamlit's login is still to be ended."""
    return is_configured() and USER_COOKIE in cookies


async def call_back(pages: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Let Streamlit answer the provider's redirect, and add our session, or the reason why there is none."""
    request = Request(scope, receive)

    async def send_on(message: Message) -> None:
        if message["type"] == "http.response.start":
            await _complete(request, MutableHeaders(raw=message["headers"]))
        await send(message)

    await pages(scope, receive, send_on)


async def _complete(request: Request, headers: MutableHeaders) -> None:
    claims = _claims(headers)
    is_secure = requests.is_secure(request)
    try:
        if claims is None:
            if request.query_params.keys() & {"code", "error"}:  # without either, the browser comes from signing out
                raise NotSignedIn(FAILED)
            return
        session = await run_in_threadpool(_open, request, claims)
    except WorkbenchError as error:
        _set_cookies(headers, [])  # nobody is signed in: Streamlit must not think so either
        told = error.key if error.key in SIGN_IN_PROBLEMS else FAILED
        headers["location"] = f"/?{urlencode({SIGN_IN_PROBLEM: told})}"
        return
    await run_in_threadpool(requests.end_session_of, request)
    answer = Response()
    requests.put_session(answer, session, is_secure=is_secure)
    theirs = [f"{cookie}; Secure" if is_secure else cookie for cookie in headers.getlist("set-cookie")]
    _set_cookies(headers, [*theirs, *answer.headers.getlist("set-cookie")])


def _open(request: Request, claims: Mapping[str, Any]) -> BrowserSession:
    from core.accounts.outside_identities import account_of_identity

    account = account_of_identity(
        str(claims.get("iss", "")),
        str(claims.get("sub", "")),
        email=str(claims.get("email") or ""),
        email_verified=claims.get("email_verified") is True,
        name=str(claims.get("name") or claims.get("preferred_username") or ""),
    )
    return open_browser_session(account, address=requests.address(request), user_agent=requests.user_agent(request))


def _claims(headers: MutableHeaders) -> dict[str, Any] | None:
    """Whom Streamlit just signed in: the provider's verified claims, from the cookies that it sets; None for nobody."""
    from streamlit.auth_util import get_cookie_with_chunks
    from streamlit.web.server.server_util import get_cookie_secret
    from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value

    sent = dict(_cookies(headers))

    def decoded(name: str) -> bytes | None:
        return decode_signed_value(get_cookie_secret(), name, sent[name]) if sent.get(name) else None

    value = get_cookie_with_chunks(decoded, USER_COOKIE)
    claims = json.loads(value) if value else {}
    return claims if claims.get("is_logged_in") is True else None


def _cookies(headers: MutableHeaders) -> Iterator[tuple[str, str]]:
    for line in headers.getlist("set-cookie"):
        for name, morsel in SimpleCookie(line).items():
            yield name, morsel.value


def _set_cookies(headers: MutableHeaders, lines: list[str]) -> None:
    del headers["set-cookie"]
    for line in lines:
        headers.append("set-cookie", line)
