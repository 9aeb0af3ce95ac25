"""The one way to the Ollama server, for chat and for vectors: its own client, made once, behind one breaker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from core.errors import Unavailable
from core.resilience.guarded_call import Failures, guarded_call
from core.resilience.outages import is_outage
from core.settings.current import get_settings

Result = TypeVar("Result")
PROVIDER = "ollama"


class Overloaded(Exception):
    """The server answered, but with a status that says it cannot right now."""


@dataclass(frozen=True)
class InstalledModel:
    """A model on the server: its full name, and what its files hash to."""

    name: str
    digest: str


@cache
def client(base_url: str, timeout_s: float) -> Any:
    """The client of that address, safe to use from many threads; making one takes 28 ms, most of it certificates."""
    import ollama

    return ollama.Client(host=base_url, timeout=timeout_s)


def failures() -> Failures:
    """What says that the server is down: an answer that is no JSON is a ValueError, some refused connections come as
    ConnectionError."""
    import httpx

    return (httpx.HTTPError, ConnectionError, Overloaded, ValueError)


def asked(
    ask: Callable[[Any], Result], *, refused: Callable[[int], Unavailable], timeout_s: float | None = None,
    retries: int | None = None,
) -> Result:  # fmt: skip
    """What `ask(client)` returns; refused makes the error for a status with which the server said no.

    Raises Unavailable.
    """
    import ollama

    base_url = get_settings().ollama_base_url

    def call(limit_s: float) -> Result:
        try:
            return ask(client(base_url, limit_s))
        except ollama.ResponseError as error:
            if is_outage(error.status_code):
                raise Overloaded from error
            raise refused(error.status_code) from error

    return guarded_call(PROVIDER, call, failures=failures(), timeout_s=timeout_s, retries=retries)


def installed_models() -> tuple[InstalledModel, ...]:
    """The models of the server, by name; asked once, for whoever wants to know does not want to wait.

    Raises Unavailable.
    """
    listed = asked(
        lambda server: server.list(),
        refused=lambda status: Unavailable("llm.refused", provider=PROVIDER, model="*", status=status),
        retries=0,
    )
    models = (InstalledModel(one.model, one.digest or "") for one in listed.models if one.model)
    return tuple(sorted(models, key=lambda one: one.name))


def found(name: str, models: tuple[InstalledModel, ...]) -> InstalledModel | None:
    """The model called so; a name without a tag means the one tagged latest, as on the server."""
    full = name if ":" in name else f"{name}:latest"
    return next((one for one in models if one.name in (name, full)), None)
