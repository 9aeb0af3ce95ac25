"""The domains there are: their classes, rules and pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from app.api.deps import CALLER, GuardedRoute, needs
from app.api.image_requests import answers_about_pictures
from app.api.languages import error_language, label_language
from app.api.wire.images import PREFIX, THRESHOLDS, ThresholdsAnswer, thresholds_answer
from core.errors import BadInput, NotFound
from core.messages import say
from core.security.policy import Permission, Principal

if TYPE_CHECKING:
    from core.images.domains import DomainCard

router = APIRouter(prefix=f"{PREFIX}/domains", tags=["images"], route_class=GuardedRoute)

_ENCODER = "efficientnet_lite0:fp32:onnxruntime"
_RUN_ID = "5f0c5f3e-6c0b-4f7e-9d0e-0f4b1f9f2f11"
_CARD: dict[str, Any] = {
    "name": "samples", "classes": 14, "pictures": 280, "encoder": _ENCODER, "is_built": True, "is_calibrated": True,
    "created_at": "2026-01-05T09:00:00+00:00", "problem": None,
}  # fmt: skip
_CLASS = {"name": "별", "english": "star", "pictures": 20}
# Nothing that a picture may hold can act as a page or script of ours.
PICTURE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "private, max-age=86400, immutable",  # a file is named by its content
}


class DomainCardAnswer(BaseModel):
    """One domain; `problem` says what keeps it from being used."""

    model_config = ConfigDict(json_schema_extra={"example": _CARD})
    name: str
    classes: int
    pictures: int | None = Field(description="what it was built from; null where its files do not tell")
    encoder: str | None
    is_built: bool
    is_calibrated: bool
    created_at: str | None
    problem: str | None


class DomainsAnswer(BaseModel):
    """Every domain by name, and the one that answers when none is named."""

    model_config = ConfigDict(json_schema_extra={"example": {"default": "samples", "domains": [_CARD]}})
    default: str | None
    domains: list[DomainCardAnswer]


class ClassAnswer(BaseModel):
    """A class and how many pictures it was built from."""

    model_config = ConfigDict(json_schema_extra={"example": _CLASS})
    name: str
    english: str
    pictures: int | None


class DomainAnswer(BaseModel):
    """A built domain: its classes, its rule and the runs that made them."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "name": "samples", "classes": [_CLASS], "thresholds": THRESHOLDS, "calibrated": True,
                "words": "모르는 이미지 100장 가운데 약 4장이 받아들여집니다.", "encoder": _ENCODER, "dimension": 1280,
                "created_at": "2026-01-05T09:00:00+00:00", "built_by": _RUN_ID, "calibrated_by": _RUN_ID,
            }
        }
    )  # fmt: skip
    name: str
    classes: list[ClassAnswer]
    thresholds: ThresholdsAnswer
    calibrated: bool
    words: str = Field(description="what the rule lets through, as a sentence")
    encoder: str | None
    dimension: int
    created_at: str | None
    built_by: str | None
    calibrated_by: str | None


@router.get("", response_model=DomainsAnswer)
@needs(Permission.IMAGES_READ)
@answers_about_pictures
def list_image_domains(request: Request, principal: Principal = CALLER) -> Any:
    """Every domain; one that cannot be used is listed with the reason."""
    from core.images.domains import list_domains

    language = error_language(request.scope)
    cards = [_card(one, language) for one in list_domains(principal=principal)]
    return {"default": _default(principal), "domains": cards}


@router.get("/{domain}", response_model=DomainAnswer)
@needs(Permission.IMAGES_READ)
@answers_about_pictures
def describe_image_domain(domain: str, request: Request, principal: Principal = CALLER) -> Any:
    """What a built domain knows, and how sure its rule is."""
    from core.images.domains import open_domain
    from core.images.names import english_name
    from core.images.verdict import in_words

    one = open_domain(domain, principal=principal)
    rule = one.rule
    key, details = in_words(rule)
    return {
        "name": one.domain,
        "classes": [
            {"name": name, "english": english_name(name, one.names), "pictures": count}
            for name, count in zip(one.classes, one.counts, strict=True)
        ],
        "thresholds": thresholds_answer(rule),
        "calibrated": rule.is_calibrated,
        "words": say(key, label_language(request.scope), **details),
        "encoder": one.encoder_id or one.model,
        "dimension": one.dim,
        "created_at": one.created_at,
        "built_by": one.built_by,
        "calibrated_by": one.calibrated_by,
    }


@router.get(
    "/{domain}/pictures/{class_name}/{file_name}",
    response_class=Response,
    responses={200: {"content": {"image/*": {}}, "description": "the picture"}},
)
@needs(Permission.IMAGES_READ)
@answers_about_pictures
def show_reference_picture(domain: str, class_name: str, file_name: str, principal: Principal = CALLER) -> Any:
    """A picture that a domain was built from, as it was brought."""
    from core.images.decoding import check_format
    from core.images.pictures import find_picture

    content = find_picture(domain, class_name, file_name, principal=principal).content()
    return Response(content, media_type=f"image/{check_format(content[:512], file_name)}", headers=PICTURE_HEADERS)


def _card(one: DomainCard, language: str) -> dict[str, Any]:
    return {
        "name": one.name,
        "classes": one.classes,
        "pictures": one.pictures,
        "encoder": one.encoder,
        "is_built": one.is_built,
        "is_calibrated": one.is_calibrated,
        "created_at": one.created_at,
        "problem": one.problem.text(language) if one.problem else None,
    }


def _default(principal: Principal) -> str | None:
    from core.images.domains import open_domain

    try:
        return open_domain(principal=principal).domain
    except (NotFound, BadInput):  # its card says why
        return None
