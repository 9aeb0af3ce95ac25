"""The words of the image frontend: the original model's seven keys first, then everything behind them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from core.images.matching import Recognition
    from core.images.prototypes import Thresholds
    from core.images.references import Reference

PREFIX = "/api/v1/similarity"
_SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
THRESHOLDS: dict[str, Any] = {
    "tau1": 0.71, "tau2": 0.02, "target": 0.05, "false_accept": 0.04, "false_accept_low": 0.02,
    "false_accept_high": 0.07,
}  # fmt: skip
_REFERENCE = {
    "class_name": "별", "english": "star", "file_name": "5f0c5f3e6c0b4f7e.png", "similarity": 0.97,
    "address": f"{PREFIX}/domains/samples/pictures/{quote('별')}/5f0c5f3e6c0b4f7e.png",
}  # fmt: skip
_PICTURE = {"name": "star.jpg", "width": 640, "height": 480, "format": "jpeg", "sha256": _SHA256, "notes": []}
MATCH: dict[str, Any] = {
    "top_k": [["별", 0.93], ["달", 0.61], ["해", 0.55]],
    "top_k_english": [["star", 0.93], ["moon", 0.61], ["sun", 0.55]],
    "verdict": "별", "verdict_english": "star", "s1": 0.93, "margin": 0.32, "is_unknown": False,
    "domain": "samples", "percentile": 64.0, "thresholds": THRESHOLDS, "calibrated": True,
    "words": "모르는 이미지 100장 가운데 약 4장이 받아들여집니다.",
    "references": [_REFERENCE], "picture": _PICTURE, "encoder": "efficientnet_lite0:fp32:onnxruntime",
    "built_by": "5f0c5f3e-6c0b-4f7e-9d0e-0f4b1f9f2f11", "calibrated_by": "5f0c5f3e-6c0b-4f7e-9d0e-0f4b1f9f2f11",
}  # fmt: skip


class ThresholdsAnswer(BaseModel):
    """The rule of a domain; false_accept is the measured share of unknown pictures that it lets through."""

    model_config = ConfigDict(json_schema_extra={"example": THRESHOLDS})
    tau1: float | None = Field(description="lowest accepted similarity; null when nothing is accepted")
    tau2: float | None = Field(description="smallest lead over the runner-up")
    target: float | None = Field(description="the share that was asked for")
    false_accept: float | None
    false_accept_low: float | None = Field(description="lower end of its 95 % interval")
    false_accept_high: float | None


class ReferenceAnswer(BaseModel):
    """One of the domain's own pictures that is most alike to the one asked about."""

    model_config = ConfigDict(json_schema_extra={"example": _REFERENCE})
    class_name: str
    english: str
    file_name: str
    similarity: float
    address: str = Field(description="path of the picture on this server")


class PictureAnswer(BaseModel):
    """The picture as it was read; width and height upright, in pixels."""

    model_config = ConfigDict(json_schema_extra={"example": _PICTURE})
    name: str
    width: int
    height: int
    format: str
    sha256: str
    notes: list[str] = Field(description="what a person should know, such as that only the first frame was looked at")


class MatchAnswer(BaseModel):
    """The verdict on one picture. Scores are cosine similarities, falling; the margin is taken before cutting."""

    model_config = ConfigDict(json_schema_extra={"example": MATCH})
    top_k: list[tuple[str, float]]
    top_k_english: list[tuple[str, float]]
    verdict: str = Field(description="a class, or `unknown`")
    verdict_english: str
    s1: float
    margin: float
    is_unknown: bool
    domain: str
    percentile: float | None = Field(description="share (0..100) of the class's own pictures that are no more alike")
    thresholds: ThresholdsAnswer
    calibrated: bool = Field(description="false: the documented fallback, whose errors nobody measured")
    words: str = Field(description="what the rule lets through, as a sentence")
    references: list[ReferenceAnswer]
    picture: PictureAnswer
    encoder: str
    built_by: str | None = Field(description="run id of the build; null for imported prototypes")
    calibrated_by: str | None = Field(description="run id of the calibration")


def match_answer(found: Recognition, language: str) -> dict[str, Any]:
    """A recognition in the frontend's words; notes and words in `language`."""
    match = found.match
    return {
        "top_k": [(name, score) for name, score in match.top],
        "top_k_english": [(found.english(name), score) for name, score in match.top],
        "verdict": match.verdict,
        "verdict_english": match.verdict if match.is_unknown else found.english(match.verdict),
        "s1": match.s1,
        "margin": match.margin,
        "is_unknown": match.is_unknown,
        "domain": found.domain,
        "percentile": match.percentile,
        "thresholds": thresholds_answer(match.thresholds),
        "calibrated": match.calibrated,
        "words": found.words(language),
        "references": [_reference(found, one) for one in found.references],
        "picture": {
            "name": found.file_name,
            "width": found.width,
            "height": found.height,
            "format": found.format,
            "sha256": found.sha256,
            "notes": [note.text(language) for note in found.notes],
        },
        "encoder": found.encoder_id,
        "built_by": found.built_by,
        "calibrated_by": found.calibrated_by,
    }


def thresholds_answer(rule: Thresholds) -> dict[str, float | None]:
    """The rule as strict JSON."""
    shares = (rule.target, rule.false_accept, rule.false_accept_low, rule.false_accept_high)
    values = (rule.tau1, rule.tau2, *shares)
    return {name: _finite(value) for name, value in zip(THRESHOLDS, values, strict=True)}


def picture_address(domain: str, class_name: str, file_name: str) -> str:
    """Where the API serves a picture of a domain, below the address it is reached at."""
    return (
        f"{PREFIX}/domains/{quote(domain, safe='')}/pictures/{quote(class_name, safe='')}/{quote(file_name, safe='')}"
    )


def _reference(found: Recognition, one: Reference) -> dict[str, Any]:
    return {
        "class_name": one.class_name,
        "english": found.english(one.class_name),
        "file_name": one.file_name,
        "similarity": one.similarity,
        "address": picture_address(found.domain, one.class_name, one.file_name),
    }


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
