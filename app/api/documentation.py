"""/docs and /redoc from files that a package ships, so that they work without internet."""

from __future__ import annotations

from importlib import util
from pathlib import Path

from fastapi import FastAPI
from fastapi.openapi.docs import get_redoc_html, get_swagger_ui_html
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

STATIC = "/documentation-files"


def install(app: FastAPI) -> None:
    """Serve both documentation pages; create `app` with docs_url=None and redoc_url=None."""
    title = app.title

    async def swagger(request: Request) -> Response:
        return get_swagger_ui_html(
            openapi_url="/openapi.json",
            title=title,
            swagger_js_url=f"{STATIC}/swagger-ui-bundle.js",
            swagger_css_url=f"{STATIC}/swagger-ui.css",
            swagger_favicon_url=f"{STATIC}/favicon.png",
        )

    async def redoc(request: Request) -> Response:
        return get_redoc_html(
            openapi_url="/openapi.json",
            title=title,
            redoc_js_url=f"{STATIC}/redoc.standalone.js",
            redoc_favicon_url=f"{STATIC}/favicon.png",
            with_google_fonts=False,
        )

    files = StaticFiles(directory=_shipped_files())
    app.router.routes += [Route("/docs", swagger), Route("/redoc", redoc), Mount(STATIC, files)]


def _shipped_files() -> Path:
    # Found without importing the package: we need its files, not its application class.
    found = util.find_spec("fastapi_offline")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("fastapi-offline is missing; run `make install`")
    return Path(found.origin).parent / "static"
