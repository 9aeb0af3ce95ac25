"""The CTR frontend's WebSockets: a training as it goes, the model's performance, and alerts.

Frames carry camelCase, which the views read, beside the documented snake_case, and never a null, on which they fail.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING

from fastapi import APIRouter, WebSocket
from starlette.concurrency import run_in_threadpool

from app.api.deps import guarded_socket, needs
from app.api.languages import error_language
from app.api.live.sockets import Frame, talk
from app.api.routes.ctr_dashboards import error_log, health_of, metrics_of
from app.api.routes.ctr_training import metrics_of_result
from app.api.wire.ctr import both_spellings, error_of, finite, without_nothing, without_paths
from core.errors import NotFound, Unavailable, WorkbenchError
from core.messages import say
from core.security.policy import Permission, Principal
from core.telemetry.logs import get_logger

if TYPE_CHECKING:
    from core.alerts.incidents import Incident
    from core.ctr.monitoring.dashboards import ProviderDashboard
    from core.ctr.training.progress import EpochProgress
    from core.jobs.job import JobEvent

router = APIRouter()

TELL_EVERY_S = 10.0  # seconds between looks at the performance, as documented
LONGEST_ID = 80  # characters of an unknown run's id that are repeated
ACCURACY_LIMIT = 0.7  # the view's own
log = get_logger("api")


@guarded_socket(router, "/ws/training/{run_id}")
@needs(Permission.CTR_READ)
async def follow_training(websocket: WebSocket, run_id: str) -> None:
    """Epochs, batches, steps and the end of a run; somebody who comes later hears the current epoch only."""
    await talk(websocket, _training(websocket, run_id))


@guarded_socket(router, "/ws/performance")
@needs(Permission.CTR_READ)
async def follow_performance(websocket: WebSocket) -> None:
    """Metrics and health every ten seconds, and problems as they are noticed."""
    await talk(websocket, _performance(websocket))


@guarded_socket(router, "/ws/alerts")
@needs(Permission.CTR_READ)
async def follow_alerts(websocket: WebSocket) -> None:
    """Incidents that the listener may see, told when one begins, is acknowledged, and is over."""
    await talk(websocket, _alerts(websocket))


async def _training(websocket: WebSocket, run_id: str) -> AsyncIterator[Frame]:
    from core.ctr.runs import get_run

    principal, language = _listener(websocket)
    try:
        run = await run_in_threadpool(partial(get_run, run_id, principal=principal))
    except NotFound:
        yield _log(say("ctr.no_such_run", language, id=run_id[:LONGEST_ID]), "warning")
        return
    step = ""
    async with aclosing(websocket.app.state.run_following.events(run.id, principal=principal)) as story:
        async for event in story:
            if event.kind == "state":
                for frame in await run_in_threadpool(partial(_on_state, event, principal, language)):
                    yield frame
            elif event.kind == "progress":
                told, step = _on_progress(event, step, language)
                if told is not None:
                    yield {**told, "run_id": run.id}


def _on_state(event: JobEvent, principal: Principal, language: str) -> list[Frame]:
    from core.jobs.records import get_job

    state = event.payload["state"]
    if state in ("queued", "running"):
        return [_log(say(f"ctr.run_{state}", language))]
    job = get_job(event.job_id, principal=principal)
    if state == "succeeded":
        metrics = without_nothing(finite(metrics_of_result(job.result or {})))
        complete = {"type": "training_complete", "run_id": job.id, "metrics": metrics}
        return [_log(say("ctr.run_succeeded", language)), complete]
    reason = error_of(job, language) or ""
    # The view knows no "training_failed"; the log is what a person sees.
    return [_log(reason, "error"), {"type": "training_failed", "run_id": job.id, "state": state, "error": reason}]


def _on_progress(event: JobEvent, step: str, language: str) -> tuple[Frame | None, str]:
    """The frame of a progress event, if it is worth one, and the step that has been told."""
    from core.ctr.training.progress import epoch_of

    epoch = epoch_of(event.payload)
    if epoch is not None:
        return epoch_update(epoch), str(event.payload["step"])
    if "batch" in event.payload:
        names = ("trial", "trials", "epoch", "epochs", "batch", "batches", "train_loss")
        values = {name: event.payload[name] for name in names if name in event.payload}
        return {"type": "batch_update", **both_spellings(finite(values))}, step
    new = str(event.payload["step"])
    if new == step:
        return None, step
    return _log(say("ctr.run_step", language, step=new, percent=round(100 * event.payload["fraction"]))), new


def epoch_update(epoch: EpochProgress) -> Frame:
    """One epoch; all four figures are always there, accuracies as shares."""
    counts = both_spellings({"epoch": epoch.epoch, "total_epochs": epoch.epochs})
    return {"type": "epoch_update", **counts, "metrics": both_spellings(epoch.figures)}


async def _performance(websocket: WebSocket) -> AsyncIterator[Frame]:
    """The view prints accuracy as a percentage and warns of a number under 0.7: a model that falls under the limit
    is told once as a share, which raises the warning, and at once as a percentage, which is what is shown."""
    principal, language = _listener(websocket)
    told: set[str] = set()
    was_bad = False
    while True:
        found = await run_in_threadpool(partial(_looked, principal))
        frames, is_bad = _performance_frames(found, was_bad, language)
        was_bad = was_bad if is_bad is None else is_bad
        for frame in frames:
            if frame["type"] != "error_log":
                yield frame
            elif (about := f"{frame['log']['timestamp']} {frame['log']['message']}") not in told:
                told.add(about)
                yield frame
        await asyncio.sleep(TELL_EVERY_S)


def _performance_frames(
    found: ProviderDashboard | WorkbenchError, was_bad: bool, language: str
) -> tuple[list[Frame], bool | None]:
    """What one look has to tell, and whether accuracy is under the limit (None: it cannot be told)."""
    if isinstance(found, WorkbenchError):  # told instead of closing, which would make the client invent figures
        problem = {"level": "error", "message": without_paths(found.text(language)), "timestamp": "", "stack": ""}
        return [{"type": "error_log", "log": problem}], None
    metrics = without_nothing(finite(metrics_of(found)))
    is_bad = None if found.quality is None else found.quality.accuracy < ACCURACY_LIMIT
    frames: list[Frame] = []
    if is_bad and not was_bad and found.quality is not None:
        frames.append({"type": "metrics_update", "metrics": {**metrics, "accuracy": found.quality.accuracy}})
    if metrics:
        frames.append({"type": "metrics_update", "metrics": metrics})
    frames.append({"type": "system_health", "health": without_nothing(finite(health_of(found)))})
    frames += [{"type": "error_log", "log": error_log(one, language)} for one in reversed(found.error_logs)]
    return frames, is_bad


async def _alerts(websocket: WebSocket) -> AsyncIterator[Frame]:
    principal, language = _listener(websocket)
    known: dict[int, Incident] = {}
    while True:
        now = await run_in_threadpool(partial(_open_incidents, principal))
        if now is not None:
            for frame in _alert_frames(known, now, language):
                yield frame
            known = now
        await asyncio.sleep(TELL_EVERY_S)


def _looked(principal: Principal) -> ProviderDashboard | WorkbenchError:
    """The dashboard, or why there is none; the next look may succeed."""
    from core.ctr.monitoring.dashboards import provider_dashboard

    try:
        return provider_dashboard(principal=principal)
    except WorkbenchError as error:
        log.warning("dashboard_not_read", reason=error.code)
        return error


def _open_incidents(principal: Principal) -> dict[int, Incident] | None:
    """Open incidents by id; None while the database is away."""
    from core.alerts.incidents import open_incidents

    try:
        return {one.id: one for one in open_incidents(principal=principal)}
    except Unavailable as error:
        log.warning("alerts_not_read", reason=error.code)
        return None


def _alert_frames(known: dict[int, Incident], now: dict[int, Incident], language: str) -> Iterator[Frame]:
    """What is there to tell between two looks."""
    for one in now.values():
        if one.id not in known:
            yield _alert_frame("alert", one, language)
        elif one.is_acknowledged and not known[one.id].is_acknowledged:
            yield _alert_frame("alert_acknowledged", one, language)
    for one in known.values():
        if one.id not in now:
            yield _alert_frame("alert_closed", one, language)


def _alert_frame(kind: str, one: Incident, language: str) -> Frame:
    values = {"kind": one.kind, "severity": one.severity, "value": one.value, "limit": one.limit}
    about = both_spellings({"run_id": one.run_id, "opened_at": one.opened_at.isoformat()})
    told = {"message": one.text(language), "advice": one.advice(language), "acknowledged": one.is_acknowledged}
    return {"type": kind, "alert": without_nothing(finite({"id": one.id, **values, **about, **told}))}


def _listener(websocket: WebSocket) -> tuple[Principal, str]:
    return websocket.scope["principal"], error_language(websocket.scope)


def _log(message: str, level: str = "info") -> Frame:
    return {"type": "log", "level": level, "message": message}
