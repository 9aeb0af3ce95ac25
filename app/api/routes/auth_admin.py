"""Signing in to administration with a cookie, as the fragrance service's admin pages do (contract fragrance 1.1).

Every request repeats the token of the sign-in in `X-CSRF-Token`, ending it as well.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request, Response

from app.api.admin_cookies import administrator_of, set_cookie
from app.api.deps import needs
from app.api.fragrance_answers import PerfumeryRoute, language_of
from app.api.origins import address_of_caller, user_agent_of
from app.api.rates import limited
from app.api.routes.auth import password_places
from app.api.wire.auth_accounts import SaidAnswer
from app.api.wire.auth_admin import (
    AdminLoginAnswer,
    AdminLoginOrder,
    AdminSessionAnswer,
    administrator,
    ends,
)
from core.messages import say
from core.security.policy import Permission

if TYPE_CHECKING:
    from core.accounts.accounts import Account
    from core.accounts.admin_sessions import AdminSession

router = APIRouter(prefix="/api/v1/auth/admin", tags=["auth"], route_class=PerfumeryRoute)

TRIES_A_MINUTE = 5  # of one account, and of one address whatever the accounts (contract fragrance 3)


@router.post("/login", response_model=AdminLoginAnswer)
@limited("sign_in")
@needs(Permission.PUBLIC)
async def login(order: AdminLoginOrder, request: Request, response: Response) -> Any:
    """Sign in for two hours: the cookie comes along, its token in the body.

    401 where name or password are wrong, 403 for people who do not administer, 429 after five tries in a minute.
    """
    account, opened = await run_sync(partial(_open, order, request), limiter=password_places())
    set_cookie(response, request, opened.cookie)
    return {
        "message": say("security.signed_in", language_of(request)), "csrf_token": opened.csrf_token,
        "expires_at": ends(opened.expires_at), "user": administrator(account),
    }  # fmt: skip


@router.get("/session", response_model=AdminSessionAnswer)
@needs(Permission.PUBLIC)
def session(request: Request, response: Response) -> Any:
    """Who is signed in to administration by the cookie and its token; 401 once that has ended."""
    found = administrator_of(request)
    response.headers["Cache-Control"] = "no-store"
    times = {"login_time": ends(found.signed_in_at), "expires_at": ends(found.expires_at)}
    return {**administrator(found.account), **times}


@router.post("/logout", response_model=SaidAnswer)
@needs(Permission.PUBLIC)
def logout(request: Request, response: Response) -> Any:
    """End the sign-in of the cookie and take the cookie back; 403 without its token."""
    from core.accounts.sessions import end_session

    found = administrator_of(request)
    end_session(found.session_id, principal=found.account.principal)
    set_cookie(response, request, "")
    return {"message": say("security.signed_out", language_of(request))}


def _open(order: AdminLoginOrder, request: Request) -> tuple[Account, AdminSession]:
    from core.accounts import throttling
    from core.accounts.admin_sessions import open_admin_session
    from core.accounts.sign_in import sign_in

    address = address_of_caller(request)
    purpose = throttling.Purpose("admin", "security.too_many_sign_ins", TRIES_A_MINUTE, TRIES_A_MINUTE)
    attempt = throttling.admit(order.email, address, purpose=purpose)
    account = sign_in(order.email, order.password, address=address)
    opened = open_admin_session(account, address=address, user_agent=user_agent_of(request))
    throttling.forgive(attempt)
    return account, opened
