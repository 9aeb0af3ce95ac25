"""The one way to the Dask scheduler of WORKBENCH_DASK_ADDRESS: the client of this process, made when it is needed.

What workers are sent are functions of our package by name, so they must have the same code; who differs is named.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache
from importlib import util
from typing import TYPE_CHECKING, Any, TypeVar

from core.errors import Unavailable
from core.resilience.guarded_call import guarded_call
from core.settings.current import get_settings

if TYPE_CHECKING:
    from distributed import Client

Result = TypeVar("Result")
NAME = "dask"  # in breakers and on the operations page

_guard = threading.Lock()
_clients: dict[str, Client] = {}
_fitting: dict[str, frozenset[str]] = {}  # by scheduler: the workers that were asked and have our code


def is_configured() -> bool:
    """Whether the setting `dask_address` names a scheduler."""
    return bool(get_settings().dask_address)


def client() -> Client:
    """The client of this process, made anew after the scheduler was away. Raises Unavailable."""
    address = get_settings().dask_address
    with _guard:
        known = _clients.get(address)
        if known is not None and known.status in ("running", "connecting"):
            return known
        made = asked(lambda timeout_s: _made(address, timeout_s))
        _clients[address] = made
        return made


def asked(call: Callable[[float], Result]) -> Result:
    """What `call(timeout_s)` returns, tried once. Raises Unavailable, at once while the breaker is open."""
    return guarded_call(NAME, call, failures=_failures(), retries=0)


def workers() -> dict[str, dict[str, Any]]:
    """The scheduler's own table of workers, by address; empty where none has come yet. Raises Unavailable."""

    def call(timeout_s: float) -> dict[str, dict[str, Any]]:
        if known.scheduler is None:  # it is connecting again
            raise ConnectionError
        found = known.sync(known.scheduler.identity, n_workers=-1, callback_timeout=timeout_s)
        return dict(found["workers"])

    known = client()
    return asked(call)


def run_on_workers(function: Callable[..., Any], *arguments: Any, only: list[str] | None = None) -> dict[str, Any]:
    """What each worker answers, by its address; an exception where it failed. Raises Unavailable."""
    known = client()

    def call(timeout_s: float) -> dict[str, Any]:
        sent = {"workers": only, "on_error": "return", "callback_timeout": timeout_s}
        return dict(known.sync(known._run, function, *arguments, **sent) or {})  # `run` itself takes no time limit

    return asked(call)


def require_same_code() -> None:
    """Raises Unavailable naming the first worker that lacks our package, or has another state of it."""
    from core.cluster.worker_facts import facts, own_facts

    address = get_settings().dask_address
    there = frozenset(workers())
    new = there - _fitting.get(address, frozenset())
    if not new:
        return
    told = run_on_workers(facts, only=sorted(new))
    for worker in sorted(told):
        require_fitting(worker, told[worker], own_facts())
    _fitting[address] = there & (_fitting.get(address, frozenset()) | frozenset(told))


def require_fitting(worker: str, theirs: object, ours: dict[str, str]) -> None:
    """Raises Unavailable where a worker's facts are not ours."""
    if not isinstance(theirs, dict):
        raise Unavailable("cluster.no_workbench", worker=worker, reason=type(theirs).__name__)
    for part in ("version", "code", "python", "distributed"):
        if theirs.get(part) != ours[part]:
            raise Unavailable(
                "cluster.other_version", worker=worker, part=part, theirs=theirs.get(part), ours=ours[part]
            )


def forget() -> None:
    """Close what was opened, for a process that goes on with other settings."""
    with _guard:
        for one in _clients.values():
            one.close(timeout=1)
        _clients.clear()
        _fitting.clear()


def _made(address: str, timeout_s: float) -> Client:
    from distributed import Client

    return Client(address, timeout=timeout_s, set_as_default=False, name="workbench")


@cache
def _failures() -> tuple[type[Exception], ...]:
    if util.find_spec("distributed") is None:
        raise Unavailable("cluster.not_installed")
    from distributed.comm.core import CommClosedError

    return (OSError, TimeoutError, CommClosedError)
