"""Composing a recipe, several, or a blend of named notes, from what clients of the former service send."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.api.deps import CALLER, needs
from app.api.fragrance_answers import PerfumeryRoute, language_of
from app.api.validation_errors import sentence
from app.api.wire.fragrance_bodies import SentBody
from app.api.wire.fragrance_recipes import RECIPE, RecipeAnswer, recipe_answer
from app.api.wire.fragrance_requests import EXAMPLE, RecipeBody
from core.errors import BadInput, WorkbenchError
from core.messages import Language
from core.security.policy import Permission, Principal

router = APIRouter(tags=["fragrance"], route_class=PerfumeryRoute)

MOST_RECIPES = 20


class UnreadableBrief(BadInput):
    """A brief of a batch whose fields cannot be used; the sentence is that of the first of them."""

    def __init__(self, problem: dict[str, Any]) -> None:
        self.problem = problem
        super().__init__("api.unreadable_brief", field=".".join(map(str, problem["loc"])) or "-")

    def text(self, language: str = "en") -> str:
        return sentence({**self.problem, "loc": ("body", *self.problem["loc"])}, language)


class BatchBody(SentBody):
    """Several briefs: as objects, or as words alone. 1 to 20 of them together."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"example": {"requests": [EXAMPLE]}})
    requests: list[Any] = Field(default_factory=list)
    prompts: list[Any] = Field(default_factory=list)
    batch_size: int | None = Field(None, description="accepted; as many are composed at once as there are processors")


class Failure(BaseModel):
    """A brief that came to nothing, by its place from 0."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"index": 1, "error": "The field 'intensity' ...", "code": "FRAGRANCE_UNKNOWN"}}
    )
    index: int
    error: str
    code: str


class BatchAnswer(BaseModel):
    """Recipes in the order of their briefs, each with the `index` of its brief.

    average_quality: mean of the recipes' measured quality, 0 to 1; null where there is none.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "success": True,
                "recipes": [{**RECIPE, "index": 0, "quality": 0.87}],
                "total_recipes": 1,
                "average_quality": 0.87,
                "generation_time": 0.42,
                "failed_generations": 0,
                "failures": [],
            }
        }
    )
    success: bool = Field(description="whether any recipe was composed")
    recipes: list[dict[str, Any]]
    total_recipes: int
    average_quality: float | None
    generation_time: float = Field(description="seconds")
    failed_generations: int
    failures: list[Failure]


@router.post("/api/v1/generate/recipe", response_model=RecipeAnswer)
@router.post("/api/v2/generate/recipe", response_model=RecipeAnswer)
@router.post("/api/v2/admin/recipe", response_model=RecipeAnswer)
@router.post("/api/v2/public/recipes/generate", response_model=RecipeAnswer)
@router.post("/api/v2/agentic/create-custom", response_model=RecipeAnswer)
@needs(Permission.FRAGRANCE_COMPOSE)
def generate_recipe(body: RecipeBody, request: Request, principal: Principal = CALLER) -> Any:
    """Compose a formula for a brief that adds up and keeps to the limits, and tell it in prose.

    422 names the demands that contradict each other. Without a language model everything is read and told by rule.
    """
    from app.api.fragrance_recipes import compose_recipe, save_recipe

    language = language_of(request)
    recipe = compose_recipe(body.given(language), language=language, principal=principal)
    saved_as = save_recipe(recipe, principal=principal) if body.save else None
    return recipe_answer(recipe, principal, saved_as=saved_as)


@router.post("/api/v1/generate/batch", response_model=BatchAnswer)
@router.post("/api/v2/generate/batch", response_model=BatchAnswer)
@needs(Permission.FRAGRANCE_COMPOSE)
def generate_batch(body: BatchBody, request: Request, principal: Principal = CALLER) -> Any:
    """Compose up to 20 briefs; one that comes to nothing is told and leaves the others alone."""
    from app.api.fragrance_recipes import Recipe, compose_batch

    began = time.perf_counter()
    language = language_of(request)
    briefs = [*body.requests, *({"prompt": one} for one in body.prompts)]
    if not 1 <= len(briefs) <= MOST_RECIPES:
        raise BadInput("api.batch_size", count=len(briefs), limit=MOST_RECIPES)
    asked = [_given(one, language) for one in briefs]
    outcomes = compose_batch(asked, language=language, principal=principal)
    recipes = [
        {**recipe_answer(one, principal), "index": index, "quality": one.quality}
        for index, one in enumerate(outcomes)
        if isinstance(one, Recipe)
    ]
    failures = [
        {"index": index, "error": one.text(language), "code": one.code}
        for index, one in enumerate(outcomes)
        if isinstance(one, WorkbenchError)
    ]
    return {
        "success": bool(recipes),
        "recipes": recipes,
        "total_recipes": len(recipes),
        "average_quality": _mean([one["quality"] for one in recipes]),
        "generation_time": time.perf_counter() - began,
        "failed_generations": len(failures),
        "failures": failures,
    }


def _given(one: Any, language: Language) -> Any:
    try:
        return RecipeBody.model_validate(one).given(language)
    except ValidationError as error:
        return UnreadableBrief(dict(error.errors()[0]))
    except WorkbenchError as error:
        return error


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
