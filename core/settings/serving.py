"""Which results are served: the customer model, the image domain and its thresholds."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from core.settings.fields import named


class Serving(BaseModel):
    """Which results are served: the customer model, the image domain and its thresholds."""

    customers_model: Literal["champion", "compatibility"] = Field(
        "champion",
        validation_alias=named("CUSTOMERS_MODEL"),
        description="which customer model /api/analysis serves",
    )
    image_domain: str = Field(
        "",
        validation_alias=named("IMAGE_DOMAIN"),
        description="picture domain that answers when none is named; empty means the first by name",
    )
    image_tau1: float = Field(
        0.30,
        ge=-1,
        le=1,
        validation_alias=named("IMAGE_TAU1", "TAU1"),
        description="lowest accepted similarity of domains that were not calibrated; pages say so beside it",
    )
    image_tau2: float = Field(
        0.04,
        ge=0,
        le=2,
        validation_alias=named("IMAGE_TAU2", "TAU2"),
        description="smallest accepted lead over the runner-up of domains that were not calibrated",
    )
