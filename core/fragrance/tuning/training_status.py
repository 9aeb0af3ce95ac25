"""What a training's job tells a client: state, progress, losses, time left and log, from the record and its events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from core.errors import ArtifactMissing
from core.fragrance.tuning.run_watch import TRAINING
from core.fragrance.tuning.tracking import tracking_notice
from core.fragrance.tuning.writer_publishing import ROOM
from core.jobs.job import Job, JobEvent
from core.jobs.records import events
from core.knowledge.notices import Notice, notice_of
from core.security.policy import Principal
from core.storage.artifacts import SavedArtifact, open_artifact

State = Literal["initializing", "running", "completed", "failed", "stopped"]
UNFINISHED = 0.99  # as far as a training gets before its artifact is on disk
ENOUGH_TO_ESTIMATE = 0.05  # share of a training that must be done before its end is foretold
EVENTS_AT_ONCE = 1000


@dataclass(frozen=True)
class LogLine:
    at: datetime
    notice: Notice


@dataclass(frozen=True)
class Training:
    """progress: 0 to 1, and 1 only with the artifact on disk. epoch: the one it is in, 0 before the first.

    losses: mean per piece of a story [nats], None before they are known. remaining_s: estimated, None where it cannot
    be. place: of the artifact under the home folder, None until it is there. output: as the client called it.
    """

    id: str
    state: State
    progress: float
    epoch: int
    epochs: int
    train_loss: float | None
    eval_loss: float | None
    remaining_s: float | None
    logs: tuple[LogLine, ...]
    output: str
    place: str | None
    published: bool
    tracking: Notice
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    error: Notice | None


def training_of(job: Job, principal: Principal) -> Training:
    """The job as a training; every file of a finished one is verified."""
    told = _events(job, principal)
    steps = [event.payload for event in told if event.kind == "progress" and event.payload.get("step") == TRAINING]
    last: dict[str, Any] = steps[-1] if steps else {}
    evaluated = [step["eval_loss"] for step in steps if "eval_loss" in step]
    place, missing = _place(job)
    error = Notice(job.error["key"], job.error["details"]) if job.error else missing
    state = _state(job, has_begun=bool(steps), is_whole=place is not None)
    return Training(
        job.id, state, 1.0 if state == "completed" else min(job.fraction, UNFINISHED), int(last.get("epoch", 0)),
        int(job.parameters.get("num_epochs", 0)), last.get("train_loss"), evaluated[-1] if evaluated else None,
        _remaining(job, state), _logs(job, told, state, error), str(job.parameters.get("output", "")), place,
        bool((job.result or {}).get("published")), tracking_notice(use_wandb=bool(job.parameters.get("use_wandb"))),
        job.created_at, job.started_at, job.finished_at, error,
    )  # fmt: skip


def _state(job: Job, *, has_begun: bool, is_whole: bool) -> State:
    if job.state == "succeeded":
        return "completed" if is_whole else "failed"
    if job.state == "cancelled" or (job.error or {}).get("key") == "fragrance_tuning.stopped":
        return "stopped"
    if job.has_ended:
        return "failed"
    return "running" if job.state == "running" and has_begun else "initializing"


def _place(job: Job) -> tuple[str | None, Notice | None]:
    """Where the artifact lies, every file of it verified; or what is wrong with one that should be there."""
    if job.state != "succeeded":
        return None, None
    try:
        saved = SavedArtifact(**(job.result or {})["artifact"])
        open_artifact(saved.path, saved.sha256, room=ROOM)
    except KeyError:
        return None, Notice("artifacts.missing", {"file": "metadata.json", "room": ROOM})
    except ArtifactMissing as error:
        return None, notice_of(error)
    return saved.path, None


def _remaining(job: Job, state: State) -> float | None:
    """Seconds, if it goes on as fast as so far."""
    seconds = job.seconds
    if state != "running" or seconds is None or job.fraction < ENOUGH_TO_ESTIMATE:
        return None
    return seconds * (1 - job.fraction) / job.fraction


def _events(job: Job, principal: Principal) -> list[JobEvent]:
    found = list[JobEvent]()
    while some := events(job.id, principal=principal, after=found[-1].id if found else 0, limit=EVENTS_AT_ONCE):
        found += some
        if len(some) < EVENTS_AT_ONCE:
            break
    return found


def _logs(job: Job, told: Sequence[JobEvent], state: State, error: Notice | None) -> tuple[LogLine, ...]:
    lines = [LogLine(job.created_at, Notice("fragrance_tuning.log_queued"))]
    if job.started_at is not None:
        lines.append(LogLine(job.started_at, Notice("fragrance_tuning.log_started")))
    for event in told:
        if event.kind == "progress" and "eval_loss" in event.payload:
            shown = {name: f"{event.payload[name]:.3f}" for name in ("train_loss", "eval_loss")}
            whole = {name: int(event.payload[name]) for name in ("epoch", "epochs")}
            lines.append(LogLine(event.at, Notice("fragrance_tuning.log_epoch", {**whole, **shown})))
    if job.finished_at is not None:
        ended = {
            "completed": Notice("fragrance_tuning.log_completed"), "stopped": Notice("fragrance_tuning.log_stopped"),
        }.get(state, Notice("fragrance_tuning.log_failed"))  # fmt: skip
        lines.append(LogLine(job.finished_at, ended))
        if error is not None:
            lines.append(LogLine(job.finished_at, error))
    return tuple(lines)
