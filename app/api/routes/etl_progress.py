"""The event stream of a run: plain `data:` events until it ends, one that tells the end, and 204 to who asks again.

The chat frontend's event source sends its token right after a sign-in and none after a reload. So whoever names the
id of a run, which nobody can guess, may hear how far it is, while it goes on and for an hour after; not why it failed.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from app.api import callers
from app.api.deps import GuardedRoute, needs
from app.api.live.ingestions import ProgressFollowing
from app.api.wire.etl import JOB_ID, client_language, event
from core.security.policy import Permission, Role

if TYPE_CHECKING:
    from core.knowledge.ingestion.progress import IngestionProgress

router = APIRouter(prefix="/api/etl", tags=["etl"], route_class=GuardedRoute)

OPEN_AFTER_S = 3600.0  # how long after its end a run's id is still enough [s]
HOLD_S = 2.0  # how long the stream stays open behind the last event, for the client to close it first [s]
STILL_HERE_S = 15.0  # proxies close what is silent for longer [s]
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class ProgressEvent(BaseModel):
    """One `data:` event. What is not known is left out."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "job_id": JOB_ID, "progress": 42, "current_step": "Computing vectors", "status": "running",
                "estimated_completion_time": "2026-01-05T09:00:16Z",
            }
        }
    )  # fmt: skip
    job_id: str
    progress: int = Field(ge=0, le=100)
    current_step: str
    status: str = Field(description="pending, running, completed, failed or cancelled; one of the last three ends it")
    estimated_completion_time: str | None = None
    error_message: str | None = None


@dataclass(frozen=True)
class _Listener:
    """Who listens. name: the same when the same client asks again. with_reason: may hear why a run failed."""

    name: str
    language: str
    with_reason: bool


@router.get(
    "/jobs/{job_id}/progress",
    responses={
        200: {"model": ProgressEvent, "content": {"text/event-stream": {}}, "description": "events until the end"},
        204: {"description": "the end was told already"},
    },
    response_class=StreamingResponse,
)
@needs(Permission.PUBLIC)
async def follow_job(job_id: str, request: Request) -> Response:
    """How far a run is, as it goes on. With a token one's own runs; without one, by its id alone."""
    principal = await callers.anybody(request, by_query=True)
    look: Callable[[], IngestionProgress] = partial(_look, job_id, None if principal.role is Role.GUEST else principal)
    now = await run_in_threadpool(look)
    host = request.client.host if request.client else "-"
    is_guest = principal.role is Role.GUEST
    name = f"host:{host}" if is_guest else principal.id
    listener = _Listener(name, client_language(request), not is_guest)
    following: ProgressFollowing = request.app.state.progress_following
    if now.is_over:
        # An event source that lost its connection says what it heard last; the client's own new ones do not.
        if "last-event-id" in request.headers or following.was_told(job_id, listener.name):
            return Response(status_code=204)
    else:
        following.forget_told(job_id, listener.name)
    return StreamingResponse(_told(following, job_id, look, listener), media_type="text/event-stream", headers=HEADERS)


def _look(job_id: str, principal: Any) -> IngestionProgress:
    from core.knowledge.ingestion.progress import open_progress, progress_of

    if principal is None:
        return open_progress(job_id, over_since_s=OPEN_AFTER_S)
    return progress_of(job_id, principal=principal)


async def _told(
    following: ProgressFollowing, job_id: str, look: Callable[[], IngestionProgress], listener: _Listener
) -> AsyncIterator[bytes]:
    progress, number = 0, 0
    async with aclosing(following.changes(job_id, look, silence_s=STILL_HERE_S)) as changes:
        async for one in changes:
            if one is None:
                yield b": still here\n\n"
                continue
            fields = event(one, listener.language, with_reason=listener.with_reason)
            progress = fields["progress"] = max(progress, fields["progress"])
            number += 1
            if one.is_over:
                following.note_told(job_id, listener.name)
            yield f"id: {number}\ndata: {json.dumps(fields, ensure_ascii=False)}\n\n".encode()
    await asyncio.sleep(HOLD_S)
