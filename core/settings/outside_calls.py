"""How calls to the outside are limited, repeated and given up."""

from __future__ import annotations

from pydantic import BaseModel, Field

from core.settings.fields import named


class OutsideCalls(BaseModel):
    """How calls to the outside are limited, repeated and given up."""

    outside_timeout_s: float = Field(
        15.0,
        gt=0,
        validation_alias=named("OUTSIDE_TIMEOUT_S"),
        description="longest wait for an answer from outside, where nothing else is said [s]",
    )
    outside_retries: int = Field(
        2,
        ge=0,
        le=10,
        validation_alias=named("OUTSIDE_RETRIES"),
        description="how often a failed outside call is tried again [retries]",
    )
    outside_backoff_s: float = Field(
        0.5,
        ge=0,
        validation_alias=named("OUTSIDE_BACKOFF_S"),
        description="pause before the first retry; doubles each time [s]",
    )
    breaker_failures: int = Field(
        5,
        ge=1,
        validation_alias=named("BREAKER_FAILURES"),
        description="failures in a row after which a dependency is left alone [calls]",
    )
    breaker_reset_s: float = Field(
        60.0,
        gt=0,
        validation_alias=named("BREAKER_RESET_S"),
        description="how long it is left alone before one call tries it [s]",
    )
    breaker_successes: int = Field(
        3,
        ge=1,
        validation_alias=named("BREAKER_SUCCESSES"),
        description="successful trials after which calls pass again [calls]",
    )
