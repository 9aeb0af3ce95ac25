"""Many pictures at once: a ZIP, or several files of one form. Each has a verdict or an error of its own."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from app.api.deps import CALLER, GuardedRoute, needs
from app.api.error_responses import status_of
from app.api.image_requests import (
    MOST_TOP_K,
    PICTURE_BYTES,
    DomainName,
    TopK,
    answers_about_pictures,
    multipart,
    question,
    served,
)
from app.api.incoming_files import IncomingFiles, incoming_files
from app.api.languages import error_language, label_language
from app.api.served_images import Question, default_may_be_missing
from app.api.wire.images import MATCH, PREFIX, MatchAnswer, match_answer
from core.errors import BadInput, TooLarge, WorkbenchError
from core.security.policy import Permission, Principal
from core.settings.current import get_settings

if TYPE_CHECKING:
    from core.images.matching import Recognised

router = APIRouter(prefix=PREFIX, tags=["images"], route_class=GuardedRoute)

MOST_PICTURES = 1000  # in one call: about a minute of one thread; the socket knows no end
ZIP_SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06")
_PROBLEM = {
    "status": 400, "code": "IMAGES_DAMAGED", "message": "moon.png is damaged.", "detail": "moon.png is damaged.",
}  # fmt: skip
_RESULT = {"number": 1, "class_name": "", "file_name": "star.jpg", "result": MATCH, "error": None}
_REFUSED = {"number": 2, "class_name": "달", "file_name": "moon.png", "result": None, "error": _PROBLEM}


class BatchForm(BaseModel):
    """The fields of the multipart form: one ZIP, or any number of pictures, all named `file`."""

    model_config = ConfigDict(json_schema_extra={"example": {"top_k": 3, "domain": "samples"}})
    file: list[str] = Field(json_schema_extra={"items": {"type": "string", "format": "binary"}})
    top_k: int | None = Field(None, ge=1, le=MOST_TOP_K)
    domain: str | None = None


class PictureProblem(BaseModel):
    """Why one picture has no verdict; `status` is what it alone would have been answered with."""

    model_config = ConfigDict(json_schema_extra={"example": _PROBLEM})
    status: int
    code: str
    message: str
    detail: str


class BatchResult(BaseModel):
    """One picture: a verdict or an error. class_name: the folder of the ZIP it lay in, empty for none."""

    model_config = ConfigDict(json_schema_extra={"example": _RESULT})
    number: int = Field(description="place in the batch, from 1")
    class_name: str
    file_name: str
    result: MatchAnswer | None
    error: PictureProblem | None


class BatchAnswer(BaseModel):
    """Every picture in its order, and how many were recognised or refused."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"count": 2, "recognised": 1, "refused": 1, "results": [_RESULT, _REFUSED]}}
    )
    count: int
    recognised: int = Field(description="pictures that have a verdict, `unknown` included")
    refused: int
    results: list[BatchResult]


@router.post("/batch", response_model=BatchAnswer, openapi_extra=multipart(BatchForm))
@needs(Permission.IMAGES_READ)
@answers_about_pictures
async def find_by_batch(
    request: Request, top_k: TopK = None, domain: DomainName = None, principal: Principal = CALLER
) -> Any:
    """Verdicts on up to 1000 pictures; one that cannot be read spoils no other."""
    settings = get_settings()
    limit, folder = settings.upload_limit_bytes, settings.data_dir / "incoming"
    async with incoming_files(request, limit_bytes=limit, folder=folder, most=MOST_PICTURES) as incoming:
        asked = question(incoming.fields, top_k, domain, principal)
        answer = partial(_answered, incoming, asked, label_language(request.scope), error_language(request.scope))
        results = await served(request).batches.run(answer)
    recognised = sum(one["error"] is None for one in results)
    count = len(results)
    return {"count": count, "recognised": recognised, "refused": count - recognised, "results": results}


def problem_of(error: WorkbenchError, language: str) -> dict[str, Any]:
    """One picture's error, as it alone would have been answered."""
    message = error.text(language)
    return {"status": status_of(error, find_by_batch), "code": error.code, "message": message, "detail": message}


def _answered(incoming: IncomingFiles, asked: Question, language: str, errors: str) -> list[dict[str, Any]]:
    with default_may_be_missing(asked.domain):
        found = _of_archive(incoming, asked) if _is_zip(incoming) else _of_files(incoming, asked)
        return [
            {
                "number": one.number,
                "class_name": one.class_name,
                "file_name": one.file_name,
                "result": match_answer(one.recognition, language) if one.recognition else None,
                "error": problem_of(one.error, errors) if one.error else None,
            }
            for one in found
        ]


def _is_zip(incoming: IncomingFiles) -> bool:
    return len(incoming.parts) == 1 and incoming.content(incoming.parts[0], 4) in ZIP_SIGNATURES


def _of_archive(incoming: IncomingFiles, asked: Question) -> Iterator[Recognised]:
    from core.images.matching import recognise_archive

    (part,) = incoming.parts
    found = recognise_archive(
        incoming.path, name=part.name, domain=asked.domain, top_k=asked.top_k, principal=asked.principal
    )
    for one in found:
        if one.total > MOST_PICTURES:
            raise TooLarge("api.too_many_files", limit=MOST_PICTURES)
        yield one


def _of_files(incoming: IncomingFiles, asked: Question) -> Iterator[Recognised]:
    from core.images.matching import Recognised, recognise

    for number, part in enumerate(incoming.parts, 1):
        place = (number, len(incoming.parts), "", part.name)
        content = incoming.content(part, PICTURE_BYTES + 1)  # one byte more than the limit tells
        try:
            found = recognise(
                content, name=part.name, domain=asked.domain, top_k=asked.top_k, principal=asked.principal
            )
        except BadInput as error:
            yield Recognised(*place, None, error)
        else:
            yield Recognised(*place, found, None)
