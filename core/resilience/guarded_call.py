"""The one way to the outside: a call with a time limit, a bounded number of retries and a breaker.

The calls themselves keep the time limit, because only the client that holds the socket can; they are handed it.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from core.errors import Unavailable, WorkbenchError
from core.resilience.breakers import Attempt, breaker
from core.settings.current import get_settings
from core.telemetry.logs import get_logger
from core.telemetry.traces import apart, span

Result = TypeVar("Result")
Failures = tuple[type[Exception], ...]

log = get_logger("resilience")


class HungUp(Exception):
    """The reader of a stream cut it: that says nothing of the dependency, and there is nobody to tell."""


def guarded_call(
    name: str,
    call: Callable[[float], Result],
    *,
    failures: Failures,
    timeout_s: float | None = None,
    retries: int | None = None,
) -> Result:
    """What `call(timeout_s)` returns, tried at most 1 + `retries` times.

    failures: the exceptions that mean `name` is down (refused, timed out, broken answer); only these are retried
    and counted. A WorkbenchError out of `call` means that `name` answered, if only to say no, and is passed on,
    as is everything else. Raises Unavailable naming the dependency.
    """
    settings = get_settings()
    limit_s = settings.outside_timeout_s if timeout_s is None else timeout_s
    last = settings.outside_retries if retries is None else retries
    for number in range(last + 1):
        with span("outside.call", dependency=name), breaker(name).attempt() as attempt:
            try:
                result = call(limit_s)
            except failures as error:
                attempt.failed(error)
                if number == last:
                    raise _down(name, error) from error
            except WorkbenchError:
                attempt.succeeded()
                raise
            else:
                attempt.succeeded()
                return result
        time.sleep(_wait_s(number))
    raise AssertionError("the last attempt returns or raises")


def guarded_stream(
    name: str,
    begin: Callable[[float], Iterator[Result]],
    *,
    failures: Failures,
    timeout_s: float | None = None,
    total_s: float | None = None,
    retries: int | None = None,
) -> Iterator[Result]:
    """The pieces of `begin(timeout_s)` as they come; retried only while none was handed on, and not after a time-out.

    timeout_s: longest wait for a piece; total_s: longest the whole stream may last, so that drops without end
    do not hold the reader. An empty piece is a sign of life and is not handed on. HungUp out of `begin` ends the
    stream without a word. Otherwise as `guarded_call`; Unavailable may come after some pieces.
    """
    settings = get_settings()
    limit_s = settings.outside_timeout_s if timeout_s is None else timeout_s
    last = settings.outside_retries if retries is None else retries
    for number in range(last + 1):
        began = time.monotonic()
        ends_at = began + total_s if total_s is not None else float("inf")
        has_begun = False
        with apart("outside.stream", dependency=name), breaker(name).attempt() as attempt:
            try:
                for piece in begin(limit_s):
                    if time.monotonic() > ends_at:
                        raise _out_of_time(name, attempt)
                    if piece:
                        has_begun = True
                        yield piece
            except HungUp:
                return
            except failures as error:
                attempt.failed(error)
                has_waited = time.monotonic() - began >= limit_s  # a reader who waited so long gets an answer now
                if has_begun or has_waited or number == last:
                    raise _down(name, error) from error
            except WorkbenchError:
                if not attempt.is_known:
                    attempt.succeeded()
                raise
            else:
                attempt.succeeded()
                return
        time.sleep(_wait_s(number))


def _wait_s(failed: int) -> float:
    """Before the next attempt, after `failed` others before this one [s]: doubled each time, spread to keep callers
    apart."""
    return get_settings().outside_backoff_s * 2**failed * random.uniform(0.5, 1.0)  # noqa: S311 - spreads retries, no secret


def _down(name: str, error: Exception) -> Unavailable:
    # The type alone: messages of network libraries may hold addresses with passwords.
    log.warning("outside_call_failed", dependency=name, error=type(error).__name__)
    return Unavailable("resilience.unavailable", name=name, reason=type(error).__name__)


def _out_of_time(name: str, attempt: Attempt) -> Unavailable:
    late = TimeoutError()
    attempt.failed(late)
    return _down(name, late)
