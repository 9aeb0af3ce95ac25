"""The workbench's own processes on this machine, beside the one that asks: whether each of them answers now."""

from __future__ import annotations

from core.errors import Unavailable, WorkbenchError
from core.operations.dependencies import Dependency
from core.security.policy import Permission, Principal, require
from core.settings.current import get_settings
from core.telemetry.ports import answers, reachable

PATIENCE_S = 1.0
API = "api"


def api_process(*, principal: Principal, language: str = "en") -> Dependency:
    """Asks the API of this machine for a sign of life; no breaker guards it, and no alert depends on it.

    Raises NotAllowed.
    """
    require(principal, Permission.SYSTEM_READ)
    message = ""
    try:
        _ask()
    except WorkbenchError as error:
        message = error.text(language)
    return Dependency(
        name=API, is_outside=False, is_configured=True, state="down" if message else "up", message=message,
        last_error="", last_failure_at=None, last_success_at=None, age_s=None, failed_calls=0, good_calls=0,
        breaker="", processes=0, was_asked=True,
    )  # fmt: skip


def _ask() -> None:
    """Raises Unavailable. Behind HTTPS only the connection is tried: the certificate names another address."""
    settings = get_settings()
    place = settings.api_host, settings.api_port
    if settings.tls_certificate:
        if not answers(place):
            raise _silent(place)
        return
    import httpx

    try:
        answer = httpx.get(f"http://{reachable(place[0])}:{place[1]}/livez", timeout=PATIENCE_S, trust_env=False)
        answer.raise_for_status()
    except httpx.HTTPError as error:
        raise _silent(place) from error


def _silent(place: tuple[str, int]) -> Unavailable:
    return Unavailable("administration.api_silent", host=place[0], port=place[1])
