"""Outside a machine of one's own nothing is answered over plain HTTP, and browsers are told to keep to HTTPS."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
App = Callable[[Scope, Any, Any], Awaitable[None]]

YEAR_S = 365 * 24 * 3600
HSTS = (b"strict-transport-security", b"max-age=%d" % YEAR_S)
# Asked from beside us by whoever keeps the processes running or measures them, before any proxy.
PROBES = frozenset({
    "/livez", "/healthz", "/readyz", "/health", "/metrics", "/_stcore/health", "/_stcore/script-health-check",
})  # fmt: skip
POLICY_VIOLATION = 1008


class HttpsOnly:
    """ASGI, behind `Forwarded`: refuses what did not come by HTTPS, and adds HSTS to what did.

    refuse: answers a refused request; a refused socket is closed before it is opened.
    """

    def __init__(self, app: App, *, refuse: App) -> None:
        self.app = app
        self.refuse = refuse

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        kind = scope["type"]
        if kind == "http" and scope["scheme"] == "https":
            await self.app(scope, receive, _with_hsts(send))
        elif kind == "http" and scope["path"] not in PROBES:
            await self.refuse(scope, receive, send)
        elif kind == "websocket" and scope["scheme"] != "wss":
            await receive()
            await send({"type": "websocket.close", "code": POLICY_VIOLATION})
        else:
            await self.app(scope, receive, send)


def _with_hsts(send: Any) -> Any:
    async def send_with_hsts(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), HSTS]
        await send(message)

    return send_with_hsts
