"""The Streamlit server behind `streamlit run app`: starts at once and warms slow imports in the background.

Nothing of ours is imported at the top: the port would open the later for it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

WARM_AFTER_S = 1.0  # the API beside us should answer before we take the processor
PROJECT = Path(__file__).resolve().parents[1]
PROVIDER = "OIDC_METADATA_URL"
CALLBACK = "/oauth2callback"
FORMS = ("/sign-in", "/sign-out", "/sign-up", "/forgot-password", "/reset-password")


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[dict[str, Any]]:
    """The port answers first; what the first visitor needs is imported meanwhile."""
    warming = threading.Timer(WARM_AFTER_S, _warm)
    warming.daemon = True
    warming.start()
    yield {}


def _warm() -> None:
    from app.ui.resources import warm_chat, warm_imports

    warm_imports()
    warm_chat()


async def _sign_in(request: Request) -> Response:
    from app.ui.sign_in_routes import sign_in

    return await sign_in(request)


async def _sign_out(request: Request) -> Response:
    from app.ui.sign_in_routes import sign_out

    return await sign_out(request)


async def _sign_up(request: Request) -> Response:
    from app.ui.sign_up_routes import sign_up

    return await sign_up(request)


async def _forgot_password(request: Request) -> Response:
    from app.ui.sign_up_routes import forgot_password

    return await forgot_password(request)


async def _reset_password(request: Request) -> Response:
    from app.ui.sign_up_routes import reset_password

    return await reset_password(request)


class Network:
    """Before everything: proxies that are believed, and HTTPS only, as `app.ui.network` reads the settings."""

    def __init__(self, app: ASGIApp) -> None:
        self.pages = app
        self.guarded: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.pages(scope, receive, send)
            return
        if self.guarded is None:
            from app.ui.network import guarded

            self.guarded = guarded(self.pages)
        await self.guarded(scope, receive, send)


class WaysIn:
    """Before the pages: tokens in an address, and who comes back from an identity provider."""

    def __init__(self, app: ASGIApp) -> None:
        self.pages = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"] if scope["type"] == "http" else ""
        if path == CALLBACK:
            from app.ui.sign_in_outside import call_back

            await call_back(self.pages, scope, receive, send)
        elif path == "/" and (b"reset=" in scope["query_string"] or b"invitation=" in scope["query_string"]):
            from app.ui.sign_in_links import follow

            await follow(Request(scope, receive))(scope, receive, send)
        else:
            await self.pages(scope, receive, send)


def _provider_secrets() -> dict[str, Any] | None:
    """The identity provider for Streamlit's login, where a setting may name one.

    To ask the settings themselves would take longer than opening the port.
    """
    home = Path(os.environ.get("WORKBENCH_HOME") or PROJECT).expanduser()
    files = [home / ".env", *(PROJECT / "core" / "profiles").glob("*.toml")]
    is_named = any(PROVIDER in name.upper() for name in os.environ)
    if not is_named and not any(PROVIDER in file.read_text("utf-8").upper() for file in files if file.is_file()):
        return None
    from app.ui.sign_in_outside import secrets

    return secrets() or None


def _say_unexpected(problem: Exception) -> bool:
    from app.ui.notices import say_unexpected

    return say_unexpected(problem)


app = st.App(
    "workbench.py",
    secrets=_provider_secrets(),
    routes=[
        Route(path, endpoint, methods=["POST"])
        for path, endpoint in zip(
            FORMS, (_sign_in, _sign_out, _sign_up, _forgot_password, _reset_password), strict=True
        )
    ],
    middleware=[Middleware(Network), Middleware(WaysIn)],
    lifespan=lifespan,
    on_script_error=_say_unexpected,
)
