"""What the former service's agent told of itself: its state, its tools, recommendations and what visitors like best."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from app.api.deps import CALLER, needs
from app.api.fragrance_answers import PerfumeryRoute, language_of
from app.api.wire.fragrance_bodies import SentBody
from core.messages import say
from core.security.policy import Permission, Principal

router = APIRouter(prefix="/api/v2", tags=["fragrance"], route_class=PerfumeryRoute)

MOST = 50
_TOOLS = {
    "search": "POST /api/v1/search/semantic",
    "compose": "POST /api/v1/generate/recipe",
    "change": "POST /api/v1/generate/chat",
    "validate": "POST /api/v1/validate",
    "limits": "POST /api/v1/limits/check",
    "knowledge": "POST /api/v2/rag-chat",
}


class AgentStatus(BaseModel):
    """What composes and searches now. story_model: null where stories are put together by rule."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "status": "ready", "materials": 208, "limits": "Sample limits SAMPLE-1", "limits_are_samples": True,
                "entries": 336, "without_vector": 0, "solver": "HiGHS", "story_model": None,
            }
        }
    )  # fmt: skip
    status: str
    materials: int
    limits: str
    limits_are_samples: bool
    entries: int = Field(description="perfumes, materials and formulas that can be searched")
    without_vector: int = Field(description="of those, found by words alone")
    solver: str
    story_model: str | None


class Tools(BaseModel):
    """Names of what the agent can do, with the route of each."""

    model_config = ConfigDict(json_schema_extra={"example": {"tools": _TOOLS}})
    tools: dict[str, str]


class RecommendationBody(SentBody):
    """A wish in words."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"example": {"query": "calm cedar", "limit": 3}})
    query: str = Field("", description="also `message`")
    message: str = ""
    limit: int = Field(5, ge=1, le=MOST)


class Recommendations(BaseModel):
    """Perfumes that answer the wish, best first, each with what it was found for."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "recommendations": [
                    {"id": "sample-001", "name": "Cedar Path", "brand": "Workbench samples", "matched": ["cedar"]}
                ],
                "notices": [],
            }
        }
    )
    recommendations: list[dict[str, Any]]
    notices: list[str]


class Popular(BaseModel):
    """Recipes that visitors rated best. reason: why there is none."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"recipes": [{"recipe_id": "x", "rating": 4.5, "ratings": 2}], "reason": ""}}
    )
    recipes: list[dict[str, Any]]
    reason: str


@router.get("/agentic/status", response_model=AgentStatus)
@needs(Permission.FRAGRANCE_READ)
def status(principal: Principal = CALLER) -> Any:
    """Materials, limits in force, and how far the search is encoded."""
    from core.fragrance.catalogue.current import current_catalogue
    from core.fragrance.limits.stored import current_limits
    from core.fragrance.search.vectors import lacking
    from core.llm.roles import chat_model_for

    table, missing, model = current_limits(), lacking(principal=principal), chat_model_for("describer")
    return {
        "status": "ready",
        "materials": len(current_catalogue().materials),
        "limits": f"{table.name} {table.amendment}",
        "limits_are_samples": table.is_sample,
        "entries": missing.total,
        "without_vector": missing.count,
        "solver": "HiGHS",
        "story_model": model.name if model else None,
    }


@router.get("/agentic/tools", response_model=Tools)
@needs(Permission.FRAGRANCE_READ)
def tools() -> Any:
    """What the agent can do."""
    return {"tools": _TOOLS}


@router.post("/agentic/recommendations", response_model=Recommendations)
@needs(Permission.FRAGRANCE_READ)
def recommendations(body: RecommendationBody, request: Request, principal: Principal = CALLER) -> Any:
    """Perfumes for a wish in words; filters that the words say hold."""
    from core.fragrance.search.finding import find_perfumes

    language = language_of(request)
    found = find_perfumes(body.query or body.message, k=body.limit, principal=principal)
    told = [
        {
            "id": one.id,
            "name": one.perfume.name,
            "brand": one.perfume.brand,
            "description": one.perfume.description,
            "matched": list(one.matched.notes),
            "similarity": one.similarity,
        }
        for one in found.results
        if one.perfume is not None
    ]
    return {"recommendations": told, "notices": [one.text(language) for one in found.notices]}


@router.get("/public/recipes/popular", response_model=Popular)
@needs(Permission.FRAGRANCE_READ)
def popular(
    request: Request, principal: Principal = CALLER, limit: Annotated[int, Query(ge=1, le=MOST)] = 10
) -> Any:  # fmt: skip
    """Recipes by the ratings that visitors gave; none where nobody rated any."""
    from core.fragrance.service.remarks import best_rated

    found = best_rated("recipe", most=limit, principal=principal)
    told = [{"recipe_id": one.subject_id, "rating": round(one.mean, 2), "ratings": one.count} for one in found]
    return {"recipes": told, "reason": "" if told else say("api.nobody_rated", language_of(request))}
