"""A page to try the sign-in routes by hand, on a local machine only."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from hashlib import sha256
from pathlib import Path

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from app.api.deps import GuardedRoute, needs
from core.security.policy import Permission

router = APIRouter(tags=["auth"], route_class=GuardedRoute)
PAGE = Path(__file__).with_name("auth_test_page.html")


@router.get("/auth-test", response_class=HTMLResponse)
@needs(Permission.PUBLIC)
def auth_test_page() -> HTMLResponse:
    """A form for login, me, refresh and logout that shows each answer as it came."""
    page, policy = _page()
    return HTMLResponse(page, headers={"Content-Security-Policy": policy, "Cache-Control": "no-store"})


@cache
def _page() -> tuple[str, str]:
    """The page, and a policy under which nothing runs but its own script and nothing comes from elsewhere."""
    page = PAGE.read_text("utf-8")
    script = page.partition("<script>")[2].partition("</script>")[0]
    digest = b64encode(sha256(script.encode()).digest()).decode()
    rules = f"default-src 'none'; connect-src 'self'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    return page, f"{rules}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
