"""The Streamlit server behind `streamlit run app`: starts at once and warms slow imports in the background.

Nothing of ours is imported at the top: the port would open the later for it.
"""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import streamlit as st
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

WARM_AFTER_S = 1.0  # the API beside us should answer before we take the processor


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


def _say_unexpected(problem: Exception) -> bool:
    from app.ui.notices import say_unexpected

    return say_unexpected(problem)


app = st.App(
    "workbench.py",
    routes=[Route("/sign-in", _sign_in, methods=["POST"]), Route("/sign-out", _sign_out, methods=["POST"])],
    lifespan=lifespan,
    on_script_error=_say_unexpected,
)
