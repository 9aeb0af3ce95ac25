"""The image frontend asks here what is in a picture, by upload or by web address."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from app.api.deps import CALLER, GuardedRoute, needs
from app.api.image_requests import (
    MOST_TOP_K,
    DomainName,
    PictureForm,
    TopK,
    answers_about_pictures,
    incoming_picture,
    multipart,
    question,
    served,
)
from app.api.languages import error_language, label_language
from app.api.wire.images import MATCH, PREFIX, MatchAnswer, match_answer
from core.messages import say
from core.security.policy import Permission, Principal

router = APIRouter(prefix=PREFIX, tags=["images"], route_class=GuardedRoute)


class AddressBody(BaseModel):
    """Where the picture is; what the query says of the rest counts first."""

    model_config = ConfigDict(json_schema_extra={"example": {"url": "https://pictures.example/star.jpg", "top_k": 3}})
    url: Annotated[str, Field(max_length=2083, description="http or https, on the public internet")]
    top_k: int | None = Field(None, ge=1, le=MOST_TOP_K)
    domain: str | None = None


class EverywhereAnswer(BaseModel):
    """One picture asked of every domain; claimed_by is null when none of them takes it for its own."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"claimed_by": "samples", "words": None, "matches": {"samples": MATCH}, "problems": {}}
        }
    )
    claimed_by: str | None
    words: str | None = Field(description="a sentence when no domain claims the picture")
    matches: dict[str, MatchAnswer] = Field(description="verdict by domain")
    problems: dict[str, str] = Field(description="domain that could not answer, and why")


@router.post("/find-by-upload", response_model=MatchAnswer, openapi_extra=multipart(PictureForm))
@needs(Permission.IMAGES_READ)
@answers_about_pictures
async def find_by_upload(
    request: Request, top_k: TopK = None, domain: DomainName = None, principal: Principal = CALLER
) -> Any:
    """The verdict on an uploaded picture."""
    async with incoming_picture(request) as incoming:
        asked = question(incoming.fields, top_k, domain, principal)
        found = await served(request).recognise(incoming.path.read_bytes, incoming.name, asked)
    return match_answer(found, label_language(request.scope))


@router.post("/find-by-url", response_model=MatchAnswer)
@needs(Permission.IMAGES_READ)
@answers_about_pictures
async def find_by_url(
    body: AddressBody, request: Request, top_k: TopK = None, domain: DomainName = None, principal: Principal = CALLER
) -> Any:
    """The verdict on a picture of the public internet: 10 MB, 10 seconds and three redirects at most.

    502 and 504 say that the server behind the address failed or was too slow.
    """
    asked = question(body.model_dump(), top_k, domain, principal)
    found = await served(request).recognise_address(body.url, asked)
    return match_answer(found, label_language(request.scope))


@router.post("/find-everywhere", response_model=EverywhereAnswer, openapi_extra=multipart(PictureForm))
@needs(Permission.IMAGES_READ)
@answers_about_pictures
async def find_everywhere(request: Request, top_k: TopK = None, principal: Principal = CALLER) -> Any:
    """Which domain claims an uploaded picture, if any."""
    async with incoming_picture(request) as incoming:
        asked = question({"top_k": incoming.fields.get("top_k")}, top_k, None, principal)
        found = await served(request).recognise_everywhere(incoming.path.read_bytes, incoming.name, asked)
    language = label_language(request.scope)
    claimed_by = found.claimed_by
    return {
        "claimed_by": claimed_by,
        "words": say("images.not_claimed", language) if claimed_by is None else None,
        "matches": {domain: match_answer(one, language) for domain, one in found.recognitions.items()},
        "problems": {domain: error.text(error_language(request.scope)) for domain, error in found.problems.items()},
    }
