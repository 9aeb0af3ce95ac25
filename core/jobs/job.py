"""What a job is: the values of its row, how it is tried, and what happens during it.

States: queued -> running -> succeeded | failed | cancelled | lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.storage.database import utc_now

ENDED = ("succeeded", "failed", "cancelled", "lost")
RETRYABLE = ("failed", "cancelled", "lost")


@dataclass(frozen=True)
class Job:
    """One row of the jobs table; `fraction` runs from 0 to 1, `error` and `result` are plain dicts."""

    id: str
    owner: str
    notebook: str
    room: str
    parameters: dict[str, Any]
    state: str
    idempotency_key: str | None
    active_key: str | None
    claim: str | None
    attempt: int
    retry_of: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    heartbeat_at: datetime | None
    host: str | None
    pid: int | None
    cancel_requested: int
    step: str
    fraction: float
    result: dict[str, Any] | None
    error: dict[str, Any] | None
    not_before: datetime | None = None
    most_attempts: int = 1
    backoff_s: float = 0.0
    changed_from: str | None = None
    schedule_id: str | None = None
    logical_at: datetime | None = None
    chain_run_id: str | None = None
    resources: dict[str, float] | None = None

    @property
    def has_ended(self) -> bool:
        return self.state in ENDED

    @property
    def seconds(self) -> float | None:
        """How long it ran, or has run so far [s]."""
        if self.started_at is None:
            return None
        return ((self.finished_at or utc_now()) - self.started_at).total_seconds()


@dataclass(frozen=True)
class Plan:
    """How a job is tried, and what it belongs to.

    not_before: it stays queued until then. most_attempts: it is queued again after it failed or was lost, while it
    has been tried less often. backoff_s: the wait before the second attempt, doubled with each further one [s].
    """

    not_before: datetime | None = None
    most_attempts: int = 1
    backoff_s: float = 0.0
    changed_from: str | None = None
    schedule_id: str | None = None
    logical_at: datetime | None = None
    chain_run_id: str | None = None


AT_ONCE = Plan()


@dataclass(frozen=True)
class JobEvent:
    """Something that happened during a job: kind is state, cell, progress or log."""

    id: int
    job_id: str
    at: datetime
    kind: str
    payload: dict[str, Any]
