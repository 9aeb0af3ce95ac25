"""While the workbench is being worked on, everything but probes, signing in and administration answers 503.

Plain ASGI, because every request pays for it.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from core.errors import Unavailable
from core.operations.maintenance import require_open

OPEN_ADDRESSES = frozenset({
    "/", "/health", "/healthz", "/readyz", "/livez", "/metrics", "/docs", "/redoc", "/openapi.json", "/api/health",
    "/api/chat/health", "/api/etl/health", "/api/users/health", "/api/v2/monitoring", "/api/v2/performance",
    "/api/v2/error-statistics",
})  # fmt: skip
OPEN_BELOW = (
    "/api/auth/", "/api/v1/auth/", "/api/v2/auth/", "/api/v1/admin/", "/api/v1/circuit-breaker/", "/monitoring/",
    "/api/monitoring/", "/api/v2/monitoring/", "/documentation-files/",
)  # fmt: skip


class MaintenanceDoor:
    """Lets requests in while the workbench is open. Sockets ask by themselves, in the words their clients know."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not is_open_address(scope["path"]):
            try:
                require_open()
            except Unavailable as closed:
                from app.api.error_responses import refusal

                await refusal(scope, closed)(scope, receive, send)
                return
        await self.app(scope, receive, send)


def is_open_address(path: str) -> bool:
    """Whether an address answers while the workbench is being worked on."""
    return path in OPEN_ADDRESSES or path.startswith(OPEN_BELOW)
