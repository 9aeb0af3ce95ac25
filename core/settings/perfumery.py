"""Perfumery: the currency of prices, what a suggested price rests on, and who writes stories."""

from __future__ import annotations

from pydantic import BaseModel, Field

from core.settings.fields import named


class Perfumery(BaseModel):
    """Perfumery: the currency of prices, what a suggested price rests on, and who writes stories."""

    fragrance_currency: str = Field(
        "KRW",
        pattern="^[A-Z]{3}$",
        validation_alias=named("FRAGRANCE_CURRENCY"),
        description="currency of every price of materials and perfumes, three letters of ISO 4217",
    )
    fragrance_price_factor: float = Field(
        20.0,
        gt=0,
        validation_alias=named("FRAGRANCE_PRICE_FACTOR"),
        description="suggested price of a perfume as a multiple of what its materials cost",
    )
    fragrance_story_required: bool = Field(
        False,
        validation_alias=named("FRAGRANCE_STORY_REQUIRED"),
        description="answer 503 where a configured language model cannot write a recipe's story; "
        "otherwise the story is put together by rule and says so",
    )
