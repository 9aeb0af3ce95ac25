"""A blend of named notes, weighed out; and the odours and colours that go with a mood."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Request
from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field

from app.api.deps import CALLER, needs
from app.api.fragrance_answers import PerfumeryRoute, language_of
from app.api.wire.fragrance_bodies import SentBody
from app.api.wire.fragrance_requests import Preferences, RecipeBody
from core.errors import BadInput
from core.messages import Language, say
from core.security.policy import Permission, Principal

if TYPE_CHECKING:
    from app.api.fragrance_recipes import Recipe
    from core.fragrance.formulas.batches import Batch

router = APIRouter(prefix="/api/v1/generate", tags=["fragrance"], route_class=PerfumeryRoute)

MOST_NOTES = 15
_ID = "5f0c5f3e-6c0b-4f7e-9d0e-0f4b1f9f2f11"


def _names(value: Any) -> Any:
    if isinstance(value, list):
        return [one.get("name") if isinstance(one, dict) else one for one in value]
    return value


class BlendBody(SentBody):
    """Up to 15 notes or materials by name, with a mood and an intensity."""

    model_config = ConfigDict(
        extra="allow", json_schema_extra={"example": {"notes": ["rose", "vetiver oil"], "mood": "romantic"}}
    )
    notes: Annotated[list[str], BeforeValidator(_names)] = Field(
        default_factory=list, validation_alias=AliasChoices("notes", "selected_notes", "ingredients")
    )
    mood: str | None = None
    intensity: str | None = None
    batch_g: float = Field(20.0, description="grams of concentrate to be weighed out")
    seed: int = Field(0, ge=0, le=2**31)


class BlendAnswer(BaseModel):
    """The blend that the notes make, completed so that it is balanced and keeps to the limits.

    estimated_cost: of the batch; null where a price is not known. unread: notes that nothing is known of.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "success": True,
                "blend_id": _ID,
                "name": "장미 정원",
                "recommended_ratios": {"로즈 앱솔루트": 4.0, "헤디온": 20.0},
                "blending_instructions": ["1. 헤디온 4.00 g을 계량합니다."],
                "estimated_cost": 1890.0,
                "currency": "KRW",
                "batch_g": 20.0,
                "unread": [],
                "notices": [],
            }
        }
    )
    success: bool
    blend_id: str
    name: str
    recommended_ratios: dict[str, float] = Field(description="percent of the concentrate, by name")
    blending_instructions: list[str]
    estimated_cost: float | None
    currency: str
    batch_g: float
    unread: list[str]
    notices: list[str]


class MoodBoardAnswer(BaseModel):
    """Odours, colours and materials that go with a brief: associations of our own tables, and nothing more."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "success": True,
                "moods": ["romantic"],
                "odours": [{"id": "rose", "name": "장미", "share": 0.3}],
                "colours": [{"id": "pink", "name": "분홍", "css": "lab(78 28 2)", "why": "벚꽃과 작약의 색입니다."}],
                "materials": ["로즈 앱솔루트"],
                "understood": ["분위기: 로맨틱."],
                "unread": [],
                "message": "색과 향의 연상이며 측정값이 아닙니다.",
            }
        }
    )
    success: bool
    moods: list[str]
    odours: list[dict[str, Any]]
    colours: list[dict[str, Any]]
    materials: list[str]
    understood: list[str]
    unread: list[str]
    message: str


@router.post("/custom-blend", response_model=BlendAnswer)
@needs(Permission.FRAGRANCE_FORMULA)
def custom_blend(body: BlendBody, request: Request, principal: Principal = CALLER) -> Any:
    """Compose a blend of the notes named, and tell how it is weighed out."""
    from app.api.fragrance_recipes import compose_recipe
    from core.fragrance.formulas.batches import batch_of

    named = [one.strip() for one in body.notes if one.strip()]
    if not 1 <= len(named) <= MOST_NOTES:
        raise BadInput("api.notes_count", count=len(named), limit=MOST_NOTES)
    language = language_of(request)
    asked = RecipeBody(
        preferences=Preferences(notes=named), mood=[body.mood] if body.mood else [], intensity=body.intensity,
        batch_g=body.batch_g, seed=body.seed,
    )  # fmt: skip
    recipe = compose_recipe(asked.given(language), language=language, principal=principal)
    batch = batch_of(recipe.best.formula, body.batch_g, catalogue=recipe.catalogue)
    per_kg = recipe.concentrate.per_kg
    return {
        "success": True,
        "blend_id": recipe.id,
        "name": recipe.story.name,
        "recommended_ratios": _ratios(recipe),
        "blending_instructions": _instructions(recipe, batch),
        "estimated_cost": None if per_kg is None else per_kg * body.batch_g / 1000,
        "currency": recipe.concentrate.currency,
        "batch_g": batch.total_g,
        "unread": list(recipe.interpreted.reading.unread),
        "notices": [one.text(language) for one in (*recipe.generated.notices, *batch.notices)],
    }


@router.post("/mood-board", response_model=MoodBoardAnswer)
@needs(Permission.FRAGRANCE_COMPOSE)
def mood_board(body: RecipeBody, request: Request, principal: Principal = CALLER) -> Any:
    """What goes with a brief, before anything is composed."""
    from app.api import fragrance_mood_boards
    from core.fragrance import vocabulary
    from core.fragrance.catalogue.current import current_catalogue
    from core.fragrance.generation.reading_briefs import read_brief

    language, catalogue = language_of(request), current_catalogue()
    reading = read_brief(body.given(language), catalogue=catalogue)
    board = fragrance_mood_boards.mood_board(reading.brief, catalogue)
    return {
        "success": True,
        "moods": list(reading.brief.moods),
        "odours": [
            {"id": one, "name": vocabulary.label("odour", one, language), "share": share} for one, share in board.odours
        ],
        "colours": [
            {
                "id": one.id,
                "name": one.name[language],
                "css": f"lab({' '.join(f'{value:g}' for value in one.lab)})",
                "why": one.why[language],
            }
            for one in board.colours
        ],
        "materials": [one.name(language) for one in board.materials],
        "understood": [one.text(language) for one in reading.understood],
        "unread": list(reading.unread),
        "message": say("api.only_associations", language),
    }


def _ratios(recipe: Recipe) -> dict[str, float]:
    from core.fragrance.amounts import percent

    lines = sorted(recipe.best.formula.lines, key=lambda line: -line.amount_mg)
    return {recipe.catalogue.get(line.ingredient).name(recipe.language): percent(line.amount_mg) for line in lines}


def _instructions(recipe: Recipe, batch: Batch) -> list[str]:
    """One sentence for each line in the order of weighing, then how long it matures."""
    from core.fragrance.formulas.finishing import finished_product

    language: Language = recipe.language
    digits = max(0, -Decimal(str(batch.step_g)).adjusted())
    told = []
    for place, one in enumerate(batch.weighings, 1):
        name = recipe.catalogue.get(one.ingredient).name(language)
        if one.strength < 100:
            name = say("fragrance_formulas.sheet_diluted", language, name=name, strength=one.strength)
        told.append(say("api.weigh", language, place=place, name=name, grams=f"{one.grams:.{digits}f}"))
    days = finished_product(recipe.generated.brief.product).maturation_days
    return [*told, *([say("fragrance_formulas.maturation", language, days=days)] if days is not None else [])]
