"""Signing in under the addresses and in the words of the former fragrance service, `/api/v2/auth`."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request

from app.api.callers import bearer_of
from app.api.deps import needs
from app.api.fragrance_answers import PerfumeryRoute, language_of
from app.api.rates import limited
from app.api.routes.auth import password_places, signed_in, verified
from app.api.wire.auth import LoginOrder, VerifiedAnswer
from app.api.wire.auth_admin import V2LoginAnswer, V2LoginOrder, V2VerifyOrder
from core.messages import say
from core.security.policy import Permission

router = APIRouter(prefix="/api/v2/auth", tags=["auth"], route_class=PerfumeryRoute)


@router.post("/login", response_model=V2LoginAnswer, response_model_exclude_none=True)
@limited("sign_in")
@needs(Permission.PUBLIC)
async def login(order: V2LoginOrder, request: Request) -> Any:
    """Sign in with name or e-mail address and password: the same sign-in as `/api/auth/login`."""
    from core.storage.database import utc_now

    plain = LoginOrder(username=order.username, password=order.password)
    done = await run_sync(partial(signed_in, plain, request), limiter=password_places())
    until = datetime.fromisoformat(done["expires_at"])
    return {
        "message": say("security.signed_in", language_of(request)), "access_token": done["tokens"]["access"],
        "refresh_token": done["tokens"]["refresh"], "expires_in": int((until - utc_now()).total_seconds()),
        "expires_at": done["expires_at"], "user": done["user"],
    }  # fmt: skip


@router.get("/verify", response_model=VerifiedAnswer, response_model_exclude_none=True)
@needs(Permission.PUBLIC)
def verify_sent(request: Request) -> Any:
    """Whether the bearer token of this request works; `valid` says so, the status is 200 either way."""
    return verified(bearer_of(request) or "", request)


@router.post("/verify", response_model=VerifiedAnswer, response_model_exclude_none=True)
@needs(Permission.PUBLIC)
def verify(request: Request, order: V2VerifyOrder | None = None) -> Any:
    """The same, for a token in the body where there is one."""
    sent = order.token if order is not None else ""
    return verified(sent or bearer_of(request) or "", request)
