"""What the picture routes share: how a question is asked, in the query or the form, and how errors are answered."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Annotated, Any, TypeVar

from fastapi import Query, Request
from pydantic import BaseModel, ConfigDict, Field

from app.api.error_responses import fails_as, says_detail
from app.api.incoming_files import IncomingFile, incoming_file
from app.api.served_images import Question, ServedImages
from core.errors import BadInput, UploadRejected
from core.images.decoding import DEFAULT_LIMITS
from core.security.policy import Principal
from core.settings.current import get_settings

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])

TOP_K, MOST_TOP_K = 3, 10
PICTURE_BYTES = DEFAULT_LIMITS.max_bytes
# Whose fault it was: an address that leads nowhere good is the server's behind it, not the caller's and not ours.
STATUSES = {
    "security.outbound_no_answer": 502,
    "security.outbound_status": 502,
    "security.outbound_too_slow": 504,
    "images.no_class_folders": 400,
}
TopK = Annotated[
    int | None, Query(ge=1, le=MOST_TOP_K, description=f"how many classes to list; {TOP_K} unless said otherwise")
]
DomainName = Annotated[str | None, Query(max_length=200, description="domain to ask; the default one unless said")]


class PictureForm(BaseModel):
    """The fields of the multipart form; only the file is needed. What the query says counts first."""

    model_config = ConfigDict(json_schema_extra={"example": {"top_k": 3, "domain": "samples"}})
    file: str = Field(json_schema_extra={"format": "binary"}, description="JPEG, PNG, WebP, GIF or BMP, 10 MB at most")
    top_k: int | None = Field(None, ge=1, le=MOST_TOP_K)
    domain: str | None = None


def multipart(form: type[BaseModel]) -> dict[str, Any]:
    """The OpenAPI entry of a route that reads its form itself."""
    content = {"multipart/form-data": {"schema": form.model_json_schema()}}
    return {"requestBody": {"required": True, "content": content}}


def answers_about_pictures(endpoint: Endpoint) -> Endpoint:
    """Mark an endpoint of the image frontend: `detail` beside `message`, and its statuses."""
    return fails_as("IMAGE_MATCH_FAILED")(says_detail(STATUSES)(endpoint))


@asynccontextmanager
async def incoming_picture(request: Request) -> AsyncIterator[IncomingFile]:
    """The picture in the form's field `file`. Raises TooLarge over 10 MB, UploadRejected without one."""
    folder = get_settings().data_dir / "incoming"
    limit = PICTURE_BYTES
    async with incoming_file(request, limit_bytes=limit, folder=folder, too_large="images.entry_too_large") as received:
        yield received


def question(fields: Mapping[str, Any], top_k: int | None, domain: str | None, principal: Principal) -> Question:
    """What is asked: the query first, then the fields of form or body. Raises BadInput (422) for another top_k."""
    if top_k is None and fields.get("top_k") not in (None, ""):
        top_k = _top_k(fields["top_k"])
    return Question(principal, domain or fields.get("domain") or None, TOP_K if top_k is None else top_k)


def required(fields: Mapping[str, str], name: str) -> str:
    """A field of the form. Raises UploadRejected (422) without it."""
    if not fields.get(name, "").strip():
        raise UploadRejected("api.field_missing", field=name)
    return fields[name].strip()


def served(request: Request) -> ServedImages:
    """The pictures of this application."""
    images: ServedImages = request.app.state.images
    return images


def _top_k(given: object) -> int:
    try:
        top_k = int(str(given))
    except ValueError as error:
        raise BadInput("api.invalid_whole_number", field="top_k") from error
    if top_k < 1:
        raise BadInput("api.invalid_at_least", field="top_k", limit=1)
    if top_k > MOST_TOP_K:
        raise BadInput("api.invalid_at_most", field="top_k", limit=MOST_TOP_K)
    return top_k
