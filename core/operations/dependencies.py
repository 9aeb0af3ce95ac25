"""Everything the workbench leans on, inside and outside: configured or not, how it is, and what went wrong last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from core.errors import WorkbenchError
from core.operations.clock import age_s
from core.operations.probing import Probed, probed
from core.resilience.dependency_log import DependencySeen
from core.resilience.dependency_log import dependencies as seen_by_breakers
from core.security.policy import Permission, Principal, require
from core.settings.current import get_settings

State = Literal["up", "down", "trying", "not_configured", "unknown"]


@dataclass(frozen=True)
class Dependency:
    """One part. state: "trying" while a breaker lets one call through to see; "unknown" unless its last call went well.

    last_error: name of the kind of failure, without addresses. age_s: since the last failure. processes: how many of
    ours told of it. breaker: of the worst of them; empty where none guards it. failures: of it, in a row.
    was_asked: just now; else the state is what was seen last. next_trial_at: from when an open breaker lets one call
    through.
    """

    name: str
    is_outside: bool
    is_configured: bool
    state: State
    message: str
    last_error: str
    last_failure_at: datetime | None
    last_success_at: datetime | None
    age_s: float | None
    failed_calls: int
    good_calls: int
    breaker: str
    processes: int
    was_asked: bool = False
    failures: int = 0
    next_trial_at: datetime | None = None


def dependencies(*, principal: Principal, language: str = "en", is_asked: bool = True) -> tuple[Dependency, ...]:
    """All parts, those outside last. is_asked: call those that can be asked now; else only what was seen counts.

    Raises NotAllowed.
    """
    require(principal, Permission.SYSTEM_READ)
    seen = _seen(principal)
    parts = probed(language=language, is_asked=is_asked)
    found = [_told(part, seen.pop(part.name, None)) for part in parts]
    found += [_told(Probed(name, True, True, None, ""), row) for name, row in sorted(seen.items())]
    return tuple(sorted(found, key=lambda one: (one.is_outside, one.name)))


def _seen(principal: Principal) -> dict[str, DependencySeen]:
    try:
        return {one.name: one for one in seen_by_breakers(principal=principal)}
    except WorkbenchError:  # the database is away, which its own probe tells
        return {}


def _told(part: Probed, row: DependencySeen | None) -> Dependency:
    breaker = "" if row is None else row.state
    return Dependency(
        name=part.name, is_outside=part.is_outside, is_configured=part.is_configured,
        state=_state(part, breaker, row), message=part.message,
        last_error="" if row is None else row.last_error,
        last_failure_at=None if row is None else row.last_failure_at,
        last_success_at=None if row is None else row.last_success_at,
        age_s=None if row is None or row.last_failure_at is None else age_s(row.last_failure_at),
        failed_calls=0 if row is None else row.failed_calls, good_calls=0 if row is None else row.good_calls,
        breaker=breaker, processes=0 if row is None else row.processes,
        was_asked=part.is_up is not None, failures=0 if row is None else row.failures, next_trial_at=_next_trial(row),
    )  # fmt: skip


def _next_trial(row: DependencySeen | None) -> datetime | None:
    """A breaker opens with the failure that was one too many."""
    if row is None or row.state != "open" or row.last_failure_at is None:
        return None
    return row.last_failure_at + timedelta(seconds=get_settings().breaker_reset_s)


def _state(part: Probed, breaker: str, row: DependencySeen | None) -> State:
    """What was asked now counts more than what breakers saw."""
    if not part.is_configured:
        return "not_configured"
    if part.is_up is not None:
        return "up" if part.is_up else "down"
    if breaker == "open":
        return "down"
    if breaker == "half-open":
        return "trying"
    if row is None or row.last_success_at is None:
        return "unknown"
    return "up" if row.last_failure_at is None or row.last_failure_at <= row.last_success_at else "unknown"
