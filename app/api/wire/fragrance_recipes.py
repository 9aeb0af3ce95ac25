"""One body for the three components that read a recipe in three shapes; amounts only for those who may see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from app.api.fragrance_recipes import longevity_words, sillage_words
from app.api.wire.fragrance_formulas import admin_recipe
from core.messages import Language, say
from core.security.policy import Permission, Principal, is_allowed

if TYPE_CHECKING:
    from app.api.fragrance_recipes import Recipe
    from core.fragrance.catalogue.materials import Material, Position

TYPES: dict[str, str] = {"top": "top", "heart": "middle", "base": "base"}  # middle: as the clients call the heart
SAMPLE_PRICES = "fragrance_formulas.prices_are_samples"
_NOTES = {
    "top_notes": [{"name": "베르가못 오일"}],
    "heart_notes": [{"name": "헤디온"}],
    "base_notes": [{"name": "갈락솔리드"}],
}
_TEXTS = {"name": "장미 정원", "description": "장미 향을 담은 로맨틱한 느낌의 향수입니다."}
RECIPE: dict[str, Any] = {
    "success": True, "message": "레시피를 만들었습니다.", "generation_id": "5f0c5f3e-6c0b-4f7e-9d0e-0f4b1f9f2f11",
    "generator": "rule", **_TEXTS, "story": "장미 향을 담은 로맨틱한 느낌의 향수입니다.",
    "top_notes": ["베르가못 오일"], "heart_notes": ["헤디온"], "middle_notes": ["헤디온"], "base_notes": ["갈락솔리드"],
    "price": "128,000 KRW", "price_value": 128000.0, "currency": "KRW", "bottle_ml": 100.0,
    "recipe": {
        **_TEXTS, "composition": _NOTES, "characteristics": {"intensity": "moderate", "season": "all"},
        "ingredients": [{"name": "베르가못 오일", "type": "top"}],
        "metadata": {"intensity": "moderate", "season": "all"},
    },
    "customer_info": {**_TEXTS, "longevity": "약 7시간", "sillage": "보통"},
    "admin_recipe": None, "understood": ["계열: 플로럴."], "unread": [], "notices": [],
}  # fmt: skip


class RecipeAnswer(BaseModel):
    """A composed recipe. The names of each layer stand as texts at the top and as objects within `recipe`.

    `percentage` and `admin_recipe` are only there for whoever may see formulas.
    """

    model_config = ConfigDict(json_schema_extra={"example": RECIPE})
    success: bool
    message: str
    generation_id: str = Field(description="the same for the same brief, seed and catalogue")
    generator: str = Field(description='who wrote the prose: "rule", or the name of the language model')
    name: str
    description: str
    story: str
    top_notes: list[str]
    heart_notes: list[str]
    middle_notes: list[str] = Field(description="the same as heart_notes")
    base_notes: list[str]
    price: str = Field(description="of a bottle, from the costs of its materials; says so where one is not known")
    price_value: float | None
    currency: str
    bottle_ml: float
    recipe: dict[str, Any]
    customer_info: dict[str, Any]
    admin_recipe: dict[str, Any] | None
    understood: list[str] = Field(description="what was understood of the brief, a sentence each")
    unread: list[str] = Field(description="pieces of the words that nothing was understood of")
    notices: list[str]


def recipe_answer(recipe: Recipe, principal: Principal, *, saved_as: str | None = None) -> dict[str, Any]:
    """saved_as: id of the stored formula, where it was kept."""
    language, story, brief = recipe.language, recipe.story, recipe.generated.brief
    shows_amounts = is_allowed(principal, Permission.FRAGRANCE_FORMULA)
    layers = {position: _notes(recipe, position, shows_amounts) for position in TYPES}
    told = {"intensity": brief.intensity, "season": ", ".join(brief.seasons) or "all"}
    names = {position: [one["name"] for one in notes] for position, notes in layers.items()}
    texts = {"name": story.name, "description": story.description}
    price, notices = recipe.cost.suggested_price, _notices(recipe, shows_amounts)
    return {
        "success": True,
        "message": say("api.recipe_composed", language),
        "generation_id": recipe.id,
        "generator": story.generator,
        **texts,
        "story": story.story,
        "top_notes": names["top"],
        "heart_notes": names["heart"],
        "middle_notes": names["heart"],
        "base_notes": names["base"],
        "price": price_words(price, recipe.cost.currency, language),
        "price_value": price,
        "currency": recipe.cost.currency,
        "bottle_ml": recipe.cost.bottle_ml,
        "recipe": {
            **texts,
            "composition": {
                "top_notes": layers["top"],
                "heart_notes": layers["heart"],
                "middle_notes": layers["heart"],
                "base_notes": layers["base"],
            },
            "characteristics": {
                **told,
                "mood": ", ".join(brief.moods),
                "fragrance_family": brief.family,
                "gender": brief.gender or "unisex",
                "longevity": _known(longevity_words(recipe.validation, language), language),
                "sillage": _known(sillage_words(recipe.validation, language), language),
            },
            "ingredients": _ingredients(recipe, shows_amounts),
            "metadata": {**told, "seed": brief.seed},
        },
        "customer_info": _customer_info(recipe),
        "admin_recipe": admin_recipe(recipe, saved_as) if shows_amounts else None,
        "understood": [one.text(language) for one in recipe.interpreted.reading.understood],
        "unread": list(recipe.interpreted.reading.unread),
        "notices": notices,
    }


def price_words(price: float | None, currency: str, language: Language) -> str:
    """A price to be read; a sentence where it is not known."""
    return say("api.price_unknown", language) if price is None else f"{price:,.0f} {currency}"


def _customer_info(recipe: Recipe) -> dict[str, Any]:
    """The prose profile, without any amount."""
    story, brief, language = recipe.story, recipe.generated.brief, recipe.language
    return {
        "name": story.name,
        "description": story.description,
        "story": story.story,
        "fragrance_family": brief.family or "",
        "mood": ", ".join(brief.moods),
        "intensity": brief.intensity,
        "longevity": _known(longevity_words(recipe.validation, language), language),
        "sillage": _known(sillage_words(recipe.validation, language), language),
        "top_notes_description": story.top,
        "middle_notes_description": story.heart,
        "base_notes_description": story.base,
    }


def _notes(recipe: Recipe, position: Position | str, shows_amounts: bool) -> list[dict[str, Any]]:
    """The fragrant materials of a layer, the largest first."""
    return [
        _ingredient(material, amount_mg, recipe.language, shows_amounts)
        for material, amount_mg in _lines(recipe)
        if material.kind != "solvent" and material.position == position
    ]


def _ingredients(recipe: Recipe, shows_amounts: bool) -> list[dict[str, Any]]:
    """All of them with their layer; solvents only beside amounts, which would not add up without."""
    return [
        {
            **_ingredient(material, amount_mg, recipe.language, shows_amounts),
            "type": "solvent" if material.kind == "solvent" else TYPES[material.position],
        }
        for material, amount_mg in _lines(recipe)
        if shows_amounts or material.kind != "solvent"
    ]


def _ingredient(material: Material, amount_mg: int, language: Language, shows_amounts: bool) -> dict[str, Any]:
    from core.fragrance.amounts import percent

    return {"name": material.name(language), **({"percentage": percent(amount_mg)} if shows_amounts else {})}


def _lines(recipe: Recipe) -> list[tuple[Material, int]]:
    order = {"top": 0, "heart": 1, "base": 2}
    lines = [(recipe.catalogue.get(line.ingredient), line.amount_mg) for line in recipe.best.formula.lines]
    return sorted(lines, key=lambda one: (one[0].kind == "solvent", order[one[0].position], -one[1], one[0].id))


def _known(words: str, language: Language) -> str:
    return words or say("api.not_known", language)


def _notices(recipe: Recipe, shows_amounts: bool) -> list[str]:
    """What to know of the answer; how costs come about only for those who see formulas."""
    told = [*recipe.interpreted.notices, *recipe.story.notices]
    if shows_amounts:
        told += recipe.generated.notices
    told += [one for one in recipe.cost.notices if shows_amounts or one.key == SAMPLE_PRICES]
    return list(dict.fromkeys(one.text(recipe.language) for one in told))
