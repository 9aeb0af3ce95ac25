"""The shop's own addresses: perfumes as products, what visitors think of a recipe, and the perfumer in one message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from app.api.deps import CALLER, needs
from app.api.fragrance_answers import PerfumeryRoute, language_of
from app.api.wire.fragrance_bodies import SentBody
from app.api.wire.fragrance_recipes import RECIPE, price_words, recipe_answer
from app.api.wire.fragrance_requests import RecipeBody
from core.messages import Language, say
from core.security.policy import Permission, Principal

if TYPE_CHECKING:
    from core.fragrance.catalogue.perfumes import Perfume

router = APIRouter(prefix="/api", tags=["fragrance"], route_class=PerfumeryRoute)

_ID = "5f0c5f3e-6c0b-4f7e-9d0e-0f4b1f9f2f11"
_PRODUCT: dict[str, Any] = {
    "id": "sample-001", "name": "Rose Garden", "brand": "Workbench samples", "description": "A romantic floral.",
    "price": None, "price_text": "가격 문의", "price_ml": None, "currency": None, "family": "floral",
    "gender": "unisex", "seasons": ["spring"], "moods": ["romantic"], "top_notes": ["bergamot oil"],
    "heart_notes": ["Hedione"], "base_notes": ["Galaxolide"], "is_sample": True,
}  # fmt: skip


class ProductsAnswer(BaseModel):
    """Perfumes by id. price: null where it is not known, which price_text says."""

    model_config = ConfigDict(json_schema_extra={"example": {"success": True, "products": [_PRODUCT], "total": 1}})
    success: bool
    products: list[dict[str, Any]]
    total: int = Field(description="of all, not only of those shown")


class RemarkBody(SentBody):
    """What a visitor thinks of a recipe, by its generation_id. rating: 1 to 5, or a comment alone."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"example": {"recipe_id": _ID, "rating": 4}})
    recipe_id: str = Field(validation_alias=AliasChoices("recipe_id", "generation_id"), min_length=1, max_length=120)
    rating: int | None = None
    comment: str | None = Field(None, validation_alias=AliasChoices("comment", "feedback", "feedback_text"))


class RemarkAnswer(BaseModel):
    """What was kept."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"success": True, "feedback_id": _ID, "message": "의견을 남겼습니다."}}
    )
    success: bool
    feedback_id: str
    message: str


class PerfumerBody(SentBody):
    """A wish in words; context: what was said before, as texts or turns."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"example": {"message": "비 갠 뒤의 숲", "context": []}})
    message: str = ""
    session_id: str | None = None
    context: Any = None


class PerfumerAnswer(BaseModel):
    """One body for both callers: `recipe` for the one, `response` and `fragrance` for the other."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "success": True,
                "response": RECIPE["story"],
                "session_id": "",
                "fragrance": {"name": RECIPE["name"], "korean_name": RECIPE["name"], "story": RECIPE["story"]},
                "recipe": RECIPE["recipe"],
                "generation_id": RECIPE["generation_id"],
                "generator": "rule",
                "notices": [],
            }
        }
    )
    success: bool
    response: str
    session_id: str
    fragrance: dict[str, Any]
    recipe: dict[str, Any]
    generation_id: str
    generator: str
    notices: list[str]


@router.get("/products", response_model=ProductsAnswer)
@router.get("/v1/products", response_model=ProductsAnswer)
@needs(Permission.FRAGRANCE_READ)
def products(
    request: Request,
    principal: Principal = CALLER,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> Any:
    """The perfumes of the catalogue, by id."""
    from core.fragrance.catalogue.stored import perfumes

    language = language_of(request)
    found = sorted(perfumes(principal), key=lambda one: one.id)
    shown = [_product(one, language) for one in found[offset : offset + limit]]
    return {"success": True, "products": shown, "total": len(found)}


@router.post("/v1/feedback/recipe", response_model=RemarkAnswer)
@needs(Permission.FRAGRANCE_READ)
def remark_on_recipe(body: RemarkBody, request: Request, principal: Principal = CALLER) -> Any:
    """Keep what a visitor thinks of a recipe."""
    from core.fragrance.service.remarks import remark

    made = remark("recipe", body.recipe_id, rating=body.rating, comment=body.comment or "", principal=principal)
    return {"success": True, "feedback_id": made, "message": say("api.remark_kept", language_of(request))}


@router.post("/ai-perfumer", response_model=PerfumerAnswer)
@needs(Permission.FRAGRANCE_COMPOSE)
def perfumer(body: PerfumerBody, request: Request, principal: Principal = CALLER) -> Any:
    """Compose one recipe of what was said, now and before."""
    from app.api.fragrance_recipes import compose_recipe, name_in

    language = language_of(request)
    asked = RecipeBody(description=body.message, conversation_context=body.context)
    recipe = compose_recipe(asked.given(language), language=language, principal=principal)
    told = recipe_answer(recipe, principal)
    return {
        "success": True,
        "response": recipe.story.story,
        "session_id": body.session_id or "",
        "fragrance": {
            "name": recipe.story.name,
            "korean_name": name_in(recipe, "ko"),
            "description": recipe.story.description,
            "story": recipe.story.story,
        },
        "recipe": told["recipe"],
        "generation_id": recipe.id,
        "generator": recipe.story.generator,
        "notices": told["notices"],
    }


def _product(one: Perfume, language: Language) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "brand": one.brand,
        "description": one.description,
        "price": one.price,
        "price_text": price_words(one.price, one.currency or "", language).strip(),
        "price_ml": one.price_ml,
        "currency": one.currency,
        "family": one.family,
        "gender": one.gender,
        "seasons": list(one.seasons),
        "moods": list(one.moods),
        "top_notes": list(one.top),
        "heart_notes": list(one.heart),
        "base_notes": list(one.base),
        "notes": list(one.notes),
        "longevity_h": one.longevity_h,
        "is_sample": one.is_sample,
    }
