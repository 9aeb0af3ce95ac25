"""What clients send for a recipe: three components with three bodies, read into one brief."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field

from app.api.wire.fragrance_bodies import SentBody
from core.errors import BadInput
from core.messages import Language

if TYPE_CHECKING:
    from core.fragrance.generation.reading_briefs import Given

LONGEST_WORDS = 4000  # letters of all free text together
MOST_NOTES = 20
EXAMPLE: dict[str, Any] = {
    "description": "비 갠 뒤의 정원 같은 향", "fragrance_family": "fresh", "mood": "elegant", "intensity": "moderate",
    "gender": "unisex", "season": "all", "preferences": {"notes": ["bergamot"], "exclude_notes": ["vanilla"]},
}  # fmt: skip


def _listed(value: Any) -> Any:
    return [] if value is None else [value] if isinstance(value, str) else value


Names = Annotated[list[str], BeforeValidator(_listed), Field(max_length=MOST_NOTES)]


class Preferences(BaseModel):
    """Notes or materials by name, in either language."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"example": EXAMPLE["preferences"]})
    notes: Names = Field(default_factory=list)
    exclude_notes: Names = Field(default_factory=list)


class RecipeBody(SentBody):
    """A brief. Everything may be left out but one thing; fields that nobody knows are ignored.

    Words are read in Korean and English; fields that are given count more than what the words say of the same.
    """

    model_config = ConfigDict(extra="allow", json_schema_extra={"example": EXAMPLE})
    description: str | None = Field(None, description="free words; `unique_request` and `prompt` are read as well")
    unique_request: str | None = None
    prompt: str | None = None
    conversation_context: Any = Field(None, description="what was said before: read as words, nothing else")
    fragrance_family: str | None = None
    mood: Names = Field(default_factory=list)
    intensity: str | None = Field(None, description="light, moderate or strong")
    gender: str | None = None
    season: Names = Field(default_factory=list, description="all: no restriction")
    occasion: Names = Field(default_factory=list)
    korean_region: str | None = None
    korean_season: str | None = None
    traditional_element: str | None = Field(
        None, validation_alias=AliasChoices("traditional_element", "korean_traditional")
    )
    budget_range: str | None = Field(None, description="low, medium or high")
    budget_per_kg: float | None = Field(None, description="highest cost of a kilogram of concentrate")
    complexity: str | None = Field(None, description="simple, medium or complex")
    preferences: Preferences | None = None
    notes_preference: Names = Field(default_factory=list)
    exclude_notes: Names = Field(default_factory=list)
    category: str | None = Field(None, description="of the finished product, by its number; 4 is fine fragrance")
    dosage: float | None = Field(None, description="percent of concentrate in the finished product")
    batch_g: float | None = Field(None, description="grams of concentrate")
    seed: int = Field(0, ge=0, le=2**31, description="the same brief and seed give the same formula")
    save: bool = Field(False, description="keep the formula as a draft of yours")

    def given(self, language: Language) -> Given:
        """The brief as far as it was given. Raises BadInput where nothing was, or too many words."""
        from core.fragrance.generation.reading_briefs import Given
        from core.fragrance.products import Product

        words = self.words()
        notes, without = self._notes()
        given = Given(
            words=words,
            family=self.fragrance_family,
            moods=tuple(self.mood),
            seasons=tuple(self.season),
            intensity=self.intensity,
            gender=self.gender,
            occasions=tuple(self.occasion),
            notes=notes,
            without=without,
            budget_range=self.budget_range,
            budget_per_kg=self.budget_per_kg,
            complexity=self.complexity,
            region=self.korean_region,
            region_season=self.korean_season,
            tradition=self.traditional_element,
            product=Product(self.category or Product.category, self.dosage or Product.dosage),  # type: ignore[arg-type]
            batch_g=self.batch_g,
            language=language,
            seed=self.seed,
            alternatives=1,
        )
        asked = (
            words, given.family, given.moods, given.seasons, given.intensity, given.gender, given.occasions, notes,
            without, given.budget_range, given.region, given.region_season, given.tradition,
        )  # fmt: skip
        if not any(asked):
            raise BadInput("api.empty_brief")
        return given

    def words(self) -> str:
        """All free text, what was said before first."""
        parts = [*spoken(self.conversation_context), self.description, self.unique_request, self.prompt]
        words = "\n".join(dict.fromkeys(part.strip() for part in parts if part and part.strip()))
        if len(words) > LONGEST_WORDS:
            raise BadInput("api.brief_too_long", letters=len(words), limit=LONGEST_WORDS)
        return words

    def _notes(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        preferred = self.preferences or Preferences()
        notes = dict.fromkeys(one.strip() for one in (*preferred.notes, *self.notes_preference))
        without = dict.fromkeys(one.strip() for one in (*preferred.exclude_notes, *self.exclude_notes))
        return tuple(filter(None, notes)), tuple(filter(None, without))


def spoken(context: Any) -> list[str]:
    """What a visitor said in a context: a text, turns `{role, content}`, or an object that holds them.

    What the assistant said is left out: it would be read as a wish.
    """
    if isinstance(context, str):
        return [context]
    if isinstance(context, list):
        return [text for one in context for text in spoken(one)]
    if isinstance(context, dict):
        if str(context.get("role", "user")) != "user":
            return []
        held = [context[name] for name in ("content", "message", "conversation_history", "history") if name in context]
        return [text for one in held for text in spoken(one)]
    return []
