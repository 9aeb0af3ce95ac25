"""Making an account, a new password, and the own sign-ins: what people do without an administrator.

Addresses of passwords hash on threads beside those of other routes, as signing in does.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request

from app.api.deps import CALLER, GuardedRoute, needs
from app.api.languages import label_language
from app.api.origins import address_of_caller, user_agent_of
from app.api.rates import limited
from app.api.routes.auth import password_places
from app.api.wire import auth
from app.api.wire.auth import LoginAnswer
from app.api.wire.auth_accounts import (
    EndedAnswer,
    PasswordOrder,
    ResetConfirmOrder,
    ResetOrder,
    SaidAnswer,
    SessionsAnswer,
    SignUpOrder,
    session_of,
)
from core.messages import Language, say
from core.security.policy import Permission, Principal

router = APIRouter(prefix="/api/auth", tags=["auth"], route_class=GuardedRoute)


@router.post("/signup", response_model=LoginAnswer, response_model_exclude_none=True, status_code=201)
@router.post("/register", response_model=LoginAnswer, response_model_exclude_none=True, status_code=201)
@limited("sign_in")
@needs(Permission.PUBLIC)
async def sign_up(order: SignUpOrder, request: Request) -> Any:
    """A new account, signed in at once. WORKBENCH_SIGN_UP says whether it takes an invitation, or nobody may."""
    done = await run_sync(partial(_sign_up, order, request), limiter=password_places())
    return {"message": _say("administration.signed_up", request), **done}


@router.post("/reset-password", response_model=SaidAnswer)
@limited("sign_in")
@needs(Permission.PUBLIC)
async def ask_reset(order: ResetOrder, request: Request) -> Any:
    """Send a link to a new password. The answer is the same whether there is such an account or not."""
    from core.accounts.resets import ask_reset as ask

    work = partial(ask, order.email, language=_language(request), address=address_of_caller(request))
    await run_sync(work, limiter=password_places())
    return {"message": _say("administration.reset_asked", request)}


@router.post("/reset-password/confirm", response_model=SaidAnswer)
@limited("sign_in")
@needs(Permission.PUBLIC)
async def reset_password(order: ResetConfirmOrder, request: Request) -> Any:
    """Set a new password by the token of the link, once; every sign-in of the account ends."""
    from core.accounts.resets import reset_password as reset

    work = partial(reset, order.token, order.password, address=address_of_caller(request))
    await run_sync(work, limiter=password_places())
    return {"message": _say("administration.password_set", request)}


@router.put("/password", response_model=SaidAnswer)
@router.post("/change-password", response_model=SaidAnswer)
@needs(Permission.PUBLIC, signed_in=True)
async def change_password(order: PasswordOrder, request: Request, principal: Principal = CALLER) -> Any:
    """Another password; all sign-ins end but this one. 400 for a wrong current one, 429 after too many of those."""
    from core.accounts.changing import change_password as change

    work = partial(
        change, principal.id, order.password, current=order.current, keep_session=request.scope["session_id"],
        principal=principal,
    )  # fmt: skip
    await run_sync(work, limiter=password_places())
    return {"message": _say("administration.password_changed", request)}


@router.get("/sessions", response_model=SessionsAnswer)
@needs(Permission.PUBLIC, signed_in=True)
def list_own_sessions(request: Request, principal: Principal = CALLER) -> Any:
    """Where one is signed in now, last seen first."""
    from core.accounts.sessions import list_sessions

    found = [session_of(one, request.scope["session_id"]) for one in list_sessions(principal.id, principal=principal)]
    return {"sessions": found, "total": len(found)}


@router.delete("/sessions/{session_id}", response_model=EndedAnswer)
@needs(Permission.PUBLIC, signed_in=True)
def end_one_session(session_id: str, request: Request, principal: Principal = CALLER) -> Any:
    """End one sign-in: its tokens and its cookie work no more, in no process. 404 for another person's."""
    from core.accounts.sessions import end_session

    end_session(session_id, principal=principal)
    return {"message": _say("administration.sessions_ended", request, count=1), "ended": 1}


@router.delete("/sessions", response_model=EndedAnswer)
@needs(Permission.PUBLIC, signed_in=True)
def end_other_sessions(request: Request, principal: Principal = CALLER) -> Any:
    """End every sign-in but the one that asks."""
    from core.accounts.sessions import end_all_sessions

    ended = end_all_sessions(principal.id, principal=principal, except_id=request.scope["session_id"])
    return {"message": _say("administration.sessions_ended", request, count=ended), "ended": ended}


def _sign_up(order: SignUpOrder, request: Request) -> dict[str, Any]:
    from core.accounts.sign_up import sign_up as make_account
    from core.accounts.token_pairs import open_client_session

    address = address_of_caller(request)
    account = make_account(
        order.username, order.password, display_name=order.name, email=order.email,
        invitation=order.invitation, address=address,
    )  # fmt: skip
    pair = open_client_session(account, address=address, user_agent=user_agent_of(request))
    return {"user": auth.user_of(account), **auth.pair_of(pair)}


def _language(request: Request) -> Language:
    return "en" if label_language(request.scope) == "en" else "ko"


def _say(key: str, request: Request, **details: object) -> str:
    return say(key, _language(request), **details)
