"""What reviewers say about verdicts, staged with its picture until the next build takes it up."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from app.api.deps import CALLER, GuardedRoute, needs
from app.api.image_requests import answers_about_pictures, incoming_picture, multipart, required, served
from app.api.incoming_files import IncomingFile
from app.api.wire.images import PREFIX
from core.errors import BadInput, NotFound
from core.security.policy import Permission, Principal

if TYPE_CHECKING:
    from core.images.feedback import Kind, Remark

router = APIRouter(prefix=f"{PREFIX}/feedback", tags=["images"], route_class=GuardedRoute)

KINDS = ("accept", "correct", "add")
LONGEST_NOTE = 2000  # characters
_REMARK: dict[str, Any] = {
    "id": "1f3e0a53-97c2-4a4e-9a6f-0e9d0b7c1f10", "domain": "samples", "kind": "correct", "class_name": "달",
    "file_name": "moon.jpg", "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "verdict": "별", "s1": 0.74, "margin": 0.03, "note": "", "state": "staged", "run_id": None, "owner": "local",
    "created_at": "2026-01-05T09:00:00Z",
}  # fmt: skip


class FeedbackForm(BaseModel):
    """The fields of the multipart form. class_name may be left out when a verdict is accepted; `unknown` says that
    the picture belongs to no class."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"domain": "samples", "kind": "correct", "class_name": "달"}}
    )
    file: str = Field(json_schema_extra={"format": "binary"}, description="the picture itself")
    domain: str
    kind: Literal["accept", "correct", "add"]
    class_name: str | None = Field(None, description="where the picture belongs")
    note: str | None = Field(None, max_length=LONGEST_NOTE)


class RemarkAnswer(BaseModel):
    """One remark; verdict, s1 and margin are what the domain says of the picture, null for one that was added."""

    model_config = ConfigDict(json_schema_extra={"example": _REMARK})
    id: str
    domain: str
    kind: str
    class_name: str
    file_name: str
    sha256: str
    verdict: str | None
    s1: float | None
    margin: float | None
    note: str
    state: str = Field(description="staged, applied or withdrawn")
    run_id: str | None = Field(description="the build that took it up")
    owner: str
    created_at: datetime


class WithdrawnAnswer(BaseModel):
    """The remark that was taken back."""

    model_config = ConfigDict(json_schema_extra={"example": {"id": _REMARK["id"], "state": "withdrawn"}})
    id: str
    state: str


@router.post("", response_model=RemarkAnswer, openapi_extra=multipart(FeedbackForm))
@needs(Permission.DATASETS_WRITE)
@answers_about_pictures
async def stage_remark(request: Request, principal: Principal = CALLER) -> Any:
    """Accept or correct a verdict, or add a picture. Nothing is matched otherwise before the next build."""
    async with incoming_picture(request) as incoming:
        work = partial(_staged, incoming, principal)
        return _shown(await served(request).verdicts.run(work))


@router.get("", response_model=list[RemarkAnswer])
@needs(Permission.IMAGES_READ)
@answers_about_pictures
def list_remarks(domain: Annotated[str, Query(max_length=200)], principal: Principal = CALLER) -> Any:
    """What waits for the next build of a domain, oldest first."""
    from core.images.feedback import staged

    _require_domain(domain, principal)
    return [_shown(one) for one in staged(domain, principal=principal)]


@router.delete("/{remark_id}", response_model=WithdrawnAnswer)
@needs(Permission.DATASETS_WRITE)
@answers_about_pictures
async def withdraw_remark(remark_id: str, principal: Principal = CALLER) -> Any:
    """Take a staged remark of yours back."""
    from core.images.feedback import withdraw

    await run_in_threadpool(partial(withdraw, remark_id, principal=principal))
    return {"id": remark_id, "state": "withdrawn"}


def _staged(incoming: IncomingFile, principal: Principal) -> Remark:
    from core.images.decoding import check_readable
    from core.images.feedback import stage
    from core.images.matching import recognise

    fields = incoming.fields
    domain, kind = required(fields, "domain"), _kind(fields)
    note = fields.get("note", "")[:LONGEST_NOTE]
    content = incoming.path.read_bytes()
    match = None
    if kind == "add":
        _require_domain(domain, principal)  # it may be one that is not built yet
        check_readable(content, name=incoming.name)
    else:
        match = recognise(content, name=incoming.name, domain=domain, principal=principal).match
    given = fields.get("class_name", "").strip()
    belongs_to = match.verdict if match and kind == "accept" and not given else required(fields, "class_name")
    return stage(
        content, file_name=incoming.name, domain=domain, kind=kind, belongs_to=belongs_to, match=match, note=note,
        principal=principal,
    )  # fmt: skip


def _kind(fields: dict[str, str]) -> Kind:
    kind = required(fields, "kind")
    if kind not in KINDS:
        raise BadInput("api.invalid_choice", field="kind", choices=", ".join(KINDS))
    return cast("Kind", kind)


def _require_domain(domain: str, principal: Principal) -> None:
    from core.images.domains import list_domains
    from core.images.names import nfc

    known = [one.name for one in list_domains(principal=principal)]
    if nfc(domain) not in known:
        raise NotFound("images.no_such_domain", domain=nfc(domain), known=", ".join(known) or "-")


def _shown(one: Remark) -> dict[str, Any]:
    names = set(RemarkAnswer.model_fields) - {"sha256"}
    return {**{name: getattr(one, name) for name in names}, "sha256": one.picture_sha256}
