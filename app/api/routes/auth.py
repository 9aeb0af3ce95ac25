"""Signing in, out and on with a fresh pair of tokens, in the chat frontend's shapes (contract chat 1.1, 1.2, 2.4).

No route here loads a model: the frontend asks `me` before every page and signs its user out when that is slow.
"""

from __future__ import annotations

from functools import cache, partial
from typing import Any

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import APIRouter, Header, Request

from app.api.callers import bearer_of
from app.api.deps import CALLER, GuardedRoute, needs
from app.api.languages import label_language
from app.api.origins import address_of_caller, user_agent_of
from app.api.rates import limited
from app.api.wire import auth
from app.api.wire.auth import (
    LoginAnswer,
    LoginOrder,
    LogoutAnswer,
    PairAnswer,
    RefreshOrder,
    SignInHealthAnswer,
    TokenOrder,
    UserAnswer,
    VerifiedAnswer,
)
from core.errors import NotFound, NotSignedIn, Unavailable
from core.messages import say
from core.security.policy import Permission, Principal

router = APIRouter(prefix="/api/auth", tags=["auth"], route_class=GuardedRoute)
PASSWORDS_AT_ONCE = 4  # threads; the hashing itself takes fewer (core/security/passwords)


@router.post("/login", response_model=LoginAnswer, response_model_exclude_none=True)
@limited("sign_in")
@needs(Permission.PUBLIC)
async def login(order: LoginOrder, request: Request) -> Any:
    """Sign in with name and password: a new session and its pair of tokens.

    401 where they are wrong, 429 with `retry_after` [s] after too many wrong ones.
    """
    # Beside the threads of the other routes: passwords are slow on purpose, and a crowd of them must hold up nobody.
    done = await run_sync(partial(signed_in, order, request), limiter=password_places())
    return {"message": _say("security.signed_in", request), **done}


@router.get("/me", response_model=UserAnswer, response_model_exclude_none=True)
@needs(Permission.PUBLIC, signed_in=True)
def me(principal: Principal = CALLER) -> Any:
    """Who the token speaks for; the same object as after signing in."""
    return _user_of(principal)


@router.post("/logout", response_model=LogoutAnswer)
@needs(Permission.PUBLIC, signed_in=True)
def logout(request: Request, principal: Principal = CALLER) -> Any:
    """End this sign-in: its access and refresh tokens work no more, in no process."""
    from core.accounts.sessions import end_session

    if session_id := request.scope["session_id"]:
        end_session(session_id, principal=principal)
    return {"message": _say("security.signed_out", request)}


@router.post("/refresh", response_model=PairAnswer)
@limited("sign_in")
@needs(Permission.PUBLIC)
def refresh(order: RefreshOrder, request: Request, idempotency_key: str = Header("", max_length=1000)) -> Any:
    """The next pair of tokens for a refresh token, which is used up; one that comes again ends the whole sign-in.

    A client that repeats a request whose answer got lost sends the same `Idempotency-Key` (16 to 200 characters, a
    new one for each exchange) and gets the same refresh token again, for half a minute.
    """
    from core.accounts.token_pairs import exchange

    pair = auth.pair_of(exchange(order.refresh, retry_key=idempotency_key))
    return {"message": _say("security.refreshed", request), **pair}


@router.post("/verify-token", response_model=VerifiedAnswer, response_model_exclude_none=True)
@needs(Permission.PUBLIC)
def verify_token(request: Request) -> Any:
    """Whether the bearer token of this request works; `valid` says so, the status is 200 either way."""
    return verified(bearer_of(request) or "", request)


@router.post("/verify-token-body", response_model=VerifiedAnswer, response_model_exclude_none=True)
@needs(Permission.PUBLIC)
def verify_token_of_body(order: TokenOrder, request: Request) -> Any:
    """As `verify-token`, for a token in the body."""
    return verified(order.token, request)


@router.get("/health", response_model=SignInHealthAnswer)
@needs(Permission.PUBLIC)
def sign_in_health(request: Request) -> Any:
    """Whether accounts can be read; always 200."""
    from core.accounts.accounts import has_accounts
    from core.storage.database import utc_now

    answer = {"status": "healthy", "timestamp": f"{utc_now():%Y-%m-%dT%H:%M:%SZ}"}
    try:
        has_accounts()
    except Unavailable as error:
        answer |= {"status": "unhealthy", "message": error.text(label_language(request.scope))}
    return answer


def signed_in(order: LoginOrder, request: Request) -> dict[str, Any]:
    """The user, a new pair of tokens and when it ends. Raises NotSignedIn, TooManyRequests."""
    from core.accounts.sign_in import sign_in
    from core.accounts.token_pairs import open_client_session

    address = address_of_caller(request)
    account = sign_in(
        order.username,
        order.password,
        login_type=order.loginType,
        session_code=order.sessionCode or "",
        address=address,
    )
    pair = open_client_session(account, address=address, user_agent=user_agent_of(request))
    return {"user": auth.user_of(account), **auth.pair_of(pair)}


@cache
def password_places() -> CapacityLimiter:
    """For everything that hashes a password."""
    return CapacityLimiter(PASSWORDS_AT_ONCE)


def _user_of(principal: Principal) -> UserAnswer:
    from core.accounts.accounts import get_account

    try:
        return auth.user_of(get_account(principal.id, principal=principal))
    except NotFound:
        return auth.user_of_project(principal)


def verified(token: str, request: Request) -> dict[str, Any]:
    """Whether a token works now, whose it is, and a sentence."""
    from core.accounts.callers import principal_of

    try:
        user = _user_of(principal_of(token))
    except NotSignedIn as error:
        return {"valid": False, "message": error.text(label_language(request.scope))}
    return {"valid": True, "user": user, "message": _say("security.token_valid", request)}


def _say(key: str, request: Request) -> str:
    return say(key, label_language(request.scope))
