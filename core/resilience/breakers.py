"""Circuit breakers, one per dependency and process: which outside calls may be made, and how each dependency is.

pybreaker keeps the states and counts. Its own `call` holds a lock for as long as the call lasts, so a slow answer
would stop every other caller; here it is only told how a call ended.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import NoReturn

from core.errors import NotFound, Unavailable
from core.resilience import dependency_log
from core.security.policy import Permission, Principal, require
from core.settings.current import get_settings

RESETS_EVERY_S = 1.0  # an open breaker looks that often whether somebody closed it by hand


class State(StrEnum):
    """CLOSED: calls pass. OPEN: none does. HALF_OPEN: one trial call at a time decides."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


@dataclass(frozen=True)
class BreakerState:
    """How one dependency is: `failures` in a row, and when the breaker opened last."""

    name: str
    state: State
    failures: int
    opened_at: datetime | None


class Attempt:
    """One admitted call, between `with` and its end; its outcome is counted once, when it is known."""

    __slots__ = ("admitted_in", "breaker", "error", "is_known")

    def __init__(self, breaker: Breaker) -> None:
        self.breaker = breaker
        self.admitted_in = State.CLOSED
        self.error: Exception | None = None
        self.is_known = False

    def succeeded(self) -> None:
        """The dependency answered, even if it said no."""
        self.is_known = True

    def failed(self, error: Exception) -> None:
        """The dependency did not answer as it should."""
        self.is_known, self.error = True, error

    def __enter__(self) -> Attempt:
        self.admitted_in = self.breaker.admit()
        return self

    def __exit__(self, *_: object) -> None:
        self.breaker.settle(self)


class Breaker:
    """Counts the outcomes of calls to one dependency; safe to use from many threads."""

    def __init__(self, name: str, *, fail_max: int, reset_s: float, success_threshold: int) -> None:
        import pybreaker

        self.name = name
        self.memory = pybreaker.CircuitMemoryStorage(State.CLOSED.value)
        self._breaker = pybreaker.CircuitBreaker(
            fail_max=fail_max,
            reset_timeout=reset_s,
            success_threshold=success_threshold,
            state_storage=self.memory,
            name=name,
            throw_new_error_on_trip=False,
        )
        self._guard = threading.Lock()
        self._asks_again_at = 0.0  # monotonic time
        self._trial_until = 0.0  # monotonic time; a trial nobody ends must not keep the breaker for ever
        # Closed, and no failure since the last success: as nearly always. Nothing is to be counted then, so that a
        # call that goes well costs neither a lock nor the library. Changed under the lock alone.
        self._is_clean = True

    def attempt(self) -> Attempt:
        """`with` it around one call. Raises Unavailable on entering when none is let through.

        A call that leaves without an outcome (the reader of a stream walked away) counts neither way.
        """
        return Attempt(self)

    def admit(self) -> State:
        """Let one call through; the state it was let through in. Raises Unavailable."""
        if self._is_clean:
            return State.CLOSED
        if self._state() is State.OPEN:
            self._heed_reset()
        return self._admit()

    def settle(self, attempt: Attempt) -> None:
        """Count how an admitted call ended."""
        if self._is_clean and attempt.is_known and attempt.error is None:
            dependency_log.note_good(self.name)
            return
        with self._guard:
            if attempt.admitted_in is State.HALF_OPEN:
                self._trial_until = 0.0
            # A call that began before the breaker opened says nothing about the time after.
            if attempt.is_known and attempt.admitted_in is self._state():
                self._count(attempt.error)
            state, failures = self._state(), self.memory.counter
            self._is_clean = state is State.CLOSED and failures == 0
        if attempt.is_known:
            dependency_log.note(self.name, state.value, failures, attempt.error)

    def state(self) -> BreakerState:
        """What health shows."""
        with self._guard:
            return BreakerState(self.name, self._state(), self.memory.counter, self.memory.opened_at)

    def close(self) -> None:
        """Let calls pass again, as if nothing had failed."""
        with self._guard:
            self._breaker.close()
            self._trial_until = 0.0
            self._is_clean = True

    def _heed_reset(self) -> None:
        """Close when somebody closed this breaker in another process since it opened here."""
        now = time.monotonic()
        with self._guard:
            if now < self._asks_again_at:
                return
            self._asks_again_at = now + RESETS_EVERY_S
            opened_at = self.memory.opened_at
        closed_at = dependency_log.reset_at(self.name)
        if opened_at is not None and closed_at is not None and closed_at > opened_at:
            self.close()

    def _admit(self) -> State:
        with self._guard:
            if self._state() is State.OPEN:
                if (wait_s := self._waits_for_s()) > 0:
                    raise Unavailable("resilience.open", name=self.name, wait_s=f"{wait_s:.0f}")
                self._breaker.half_open()
            state = self._state()
            if state is State.HALF_OPEN:
                if time.monotonic() < self._trial_until:
                    raise Unavailable("resilience.on_trial", name=self.name)
                self._trial_until = time.monotonic() + self._breaker.reset_timeout
            return state

    def _state(self) -> State:
        return State(self._breaker.current_state)

    def _waits_for_s(self) -> float:
        opened_at = self.memory.opened_at
        since_s = (datetime.now(UTC) - opened_at).total_seconds() if opened_at else float("inf")
        return float(self._breaker.reset_timeout) - since_s

    def _count(self, error: Exception | None) -> None:
        if error is None:
            self._breaker.call(lambda: None)
            return
        try:
            self._breaker.call(_raise, error)
        except type(error):  # pybreaker counts what it sees raised, and raises it again
            return


def breaker(name: str) -> Breaker:
    """The breaker of the dependency `name`, made on first use with the numbers of the settings."""
    known = _breakers.get(name)
    if known is not None:
        return known
    with _making:
        if name not in _breakers:
            settings = get_settings()
            _breakers[name] = Breaker(
                name,
                fail_max=settings.breaker_failures,
                reset_s=settings.breaker_reset_s,
                success_threshold=settings.breaker_successes,
            )
        return _breakers[name]


def states() -> tuple[BreakerState, ...]:
    """Every dependency called so far by this process, by name."""
    with _making:
        known = [_breakers[name] for name in sorted(_breakers)]
    return tuple(one.state() for one in known)


def reset(name: str, *, principal: Principal) -> None:
    """Close the breaker of `name` in every process: here at once, elsewhere before the next call is refused.

    Raises NotAllowed; NotFound for a dependency that no process called within the last day.
    """
    require(principal, Permission.SYSTEM_CONFIGURE)
    from core.storage import audit
    from core.storage.database import writing

    known = {one.name for one in dependency_log.dependencies(principal=principal)}
    with _making:
        own = _breakers.get(name)
    if name not in known and own is None:
        raise NotFound("resilience.no_such_dependency", name=name[:80], known=", ".join(sorted(known)) or "-")
    with writing() as connection:
        dependency_log.note_reset(connection, name)
        audit.note(connection, principal, "breaker.reset", name)
    if own is not None:
        own.close()


_breakers: dict[str, Breaker] = {}
_making = threading.Lock()


def _raise(error: Exception) -> NoReturn:
    raise error
