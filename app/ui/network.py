"""What stands before the pages on a network: who proxies say is asking, and nothing over plain HTTP."""

from __future__ import annotations

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from core.messages import LANGUAGES
from core.messages import say as say_sentence
from core.security.forwarding import Forwarded
from core.security.https_only import HttpsOnly
from core.settings.current import get_settings


def guarded(pages: ASGIApp) -> ASGIApp:
    """The pages behind what the settings ask for; on a machine of one's own, the pages themselves."""
    settings = get_settings()
    if settings.app_env != "local":
        pages = HttpsOnly(pages, refuse=_refuse)
    if settings.trusted_proxies:
        pages = Forwarded(pages, trusted=lambda: settings.trusted_proxies)
    return pages


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    both = "\n".join(say_sentence("network.https_only", language) for language in LANGUAGES)
    await PlainTextResponse(both, 403)(scope, receive, send)
