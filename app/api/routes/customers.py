"""The customer frontend's routes, in its own words; each answers with and without the trailing slash.

Its `/api/customers` is not served: in the former backend it answered with an error, without any check of who
asked (contract customers 4.3), and the frontend never calls it.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError
from starlette.concurrency import run_in_threadpool

from app.api.deps import GuardedRoute, needs
from app.api.error_responses import fails_as
from app.api.languages import label_language
from app.api.served_customers import ClusterAnswer, Served
from core.customers.vocabulary import AGE, AMOUNT, FREQUENCY, OLDEST, SUBSCRIPTION, CustomerProfile, Frequency
from core.errors import TooLarge
from core.security.policy import Permission
from core.settings.current import get_settings

router = APIRouter(prefix="/api", tags=["customers"], route_class=GuardedRoute)

_PROFILE: dict[str, Any] = {AGE: 35, AMOUNT: 50, SUBSCRIPTION: True, FREQUENCY: "Monthly"}


def _yes_or_no(value: object) -> bool:
    """true, 1, "Yes", " yes " and their opposites."""
    if isinstance(value, str):
        word = value.strip().title()
        if word in ("Yes", "No"):
            return word == "Yes"
    elif isinstance(value, bool | int) and value in (0, 1):
        return bool(value)
    raise PydanticCustomError("yes_no", "Input should be true, false, Yes or No")


YesNo = Annotated[
    bool,
    BeforeValidator(_yes_or_no),
    WithJsonSchema({"anyOf": [{"type": "boolean"}, {"type": "string", "enum": ["Yes", "No"]}]}),
]


class ProfileBody(BaseModel):
    """One customer; the snake_case names are accepted as well."""

    model_config = ConfigDict(validate_by_name=True, json_schema_extra={"example": _PROFILE})
    age: int = Field(alias=AGE, ge=0, le=OLDEST, description="years")
    purchase_amount: float = Field(alias=AMOUNT, ge=0, allow_inf_nan=False, description="last purchase [USD]")
    subscription_status: YesNo = Field(alias=SUBSCRIPTION)
    frequency_of_purchases: Frequency = Field(alias=FREQUENCY)

    def profile(self) -> CustomerProfile:
        """The same in the core's words."""
        return CustomerProfile(self.age, self.purchase_amount, self.subscription_status, self.frequency_of_purchases)


class BatchBody(BaseModel):
    """Many customers at once; the setting `batch_limit` says how many."""

    model_config = ConfigDict(json_schema_extra={"example": {"profiles": [_PROFILE]}})
    profiles: list[ProfileBody]


class PersonaQuery(BaseModel):
    """What to look for among the personas; `query_text` overrides the others."""

    model_config = ConfigDict(json_schema_extra={"example": {"persona_name": "매주 구매 고객", "top_k": 3}})
    profile: dict[str, Any] | None = None
    persona_name: str | None = Field(None, max_length=1000)
    persona_description: str | None = Field(None, max_length=10_000)
    query_text: str | None = Field(None, max_length=10_000)
    top_k: int = Field(1, ge=1, le=10)

    @model_validator(mode="after")
    def _has_a_source(self) -> PersonaQuery:
        words = (self.persona_name, self.persona_description, self.query_text)
        if not self.profile and not any(word and word.strip() for word in words):
            raise PydanticCustomError("no_source", "Give at least one non-empty source")
        return self


class PersonaMatch(BaseModel):
    """A persona and how alike it is."""

    title: str
    description: str
    cluster_name: str = Field(description="segment_N")
    score: float = Field(description="cosine similarity, 1 is identical")


class PersonaMatches(BaseModel):
    """The most alike personas, best first."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "matches": [
                    {
                        "title": "매주 구매 고객",
                        "description": "매주 구매하는 고객입니다.",
                        "cluster_name": "segment_4",
                        "score": 0.93,
                    }
                ]
            }
        }
    )
    matches: list[PersonaMatch]


@router.post("/analysis", response_model=ClusterAnswer)
@router.post("/analysis/", response_model=ClusterAnswer, include_in_schema=False)
@needs(Permission.CUSTOMERS_LOOKUP)
@fails_as("ANALYSIS_FAILED")
async def analyse(profile: ProfileBody, request: Request) -> Any:
    """The cluster of one customer. Names are Korean unless `Accept-Language` prefers English."""
    served: Served = await request.app.state.customers.current()
    cluster = served.model.nearest_cluster(
        profile.age, profile.purchase_amount, profile.subscription_status, profile.frequency_of_purchases
    )
    return served.answers[label_language(request.scope)][cluster]


@router.post("/analysis/batch", response_model=list[ClusterAnswer])
@router.post("/analysis/batch/", response_model=list[ClusterAnswer], include_in_schema=False)
@needs(Permission.CUSTOMERS_LOOKUP)
@fails_as("BATCH_ANALYSIS_FAILED")
async def analyse_batch(batch: BatchBody, request: Request) -> Any:
    """The clusters of many customers, in their order."""
    limit = get_settings().batch_limit
    if len(batch.profiles) > limit:
        raise TooLarge("api.batch_too_large", limit=limit, count=len(batch.profiles))
    served: Served = await request.app.state.customers.current()
    answers = served.answers[label_language(request.scope)]
    return [answers[cluster] for cluster in await run_in_threadpool(_assign, served, batch)]


def _assign(served: Served, batch: BatchBody) -> list[int]:
    from core.customers.profiles import columns_of

    clusters: list[int] = served.model.assign_batch(columns_of(one.profile() for one in batch.profiles)).tolist()
    return clusters


@router.post("/rag/query", response_model=PersonaMatches)
@router.post("/rag/query/", response_model=PersonaMatches, include_in_schema=False)
@needs(Permission.CUSTOMERS_LOOKUP)
@fails_as("RAG_QUERY_FAILED")
def query_personas(query: PersonaQuery, request: Request) -> Any:
    """The personas most like a text or a profile; none while nothing is published."""
    from core.customers import serving
    from core.customers.persona_search import search_personas

    if not serving.is_published():
        return {"matches": []}
    found = search_personas(
        serving.current_model().names,
        serving.current_vectors(),
        **query.model_dump(),
        language=label_language(request.scope),
    )
    return {
        "matches": [
            {"title": one.title, "description": one.description, "cluster_name": one.segment, "score": one.score}
            for one in found
        ]
    }
