"""What a client may send for a search: a query, where to look, and filters that all hold at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field

from app.api.wire.fragrance_bodies import SentBody

if TYPE_CHECKING:
    from core.fragrance.search.filters import Filters

NOTES, RECIPES, PERFUMES, DOCUMENTS = "fragrance_notes", "recipes", "fragrance_perfumes", "knowledge_base"
LONGEST_QUERY = 500  # letters


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Words = Annotated[list[str], BeforeValidator(_listed)]
SearchType = Literal["single_collection", "hybrid", "similarity", "semantic", "rag"]


def _either(*names: str, default: Any = None, **more: Any) -> Any:
    if default is list:
        return Field(default_factory=list, validation_alias=AliasChoices(*names), **more)
    return Field(default, validation_alias=AliasChoices(*names), **more)


class SearchFilters(BaseModel):
    """All of them hold at once. What is not known of an item passes no filter on it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"max_price": 90000, "season": "spring", "exclude_notes": ["vanilla"]}},
    )
    min_price: float | None = _either("min_price", "price_min")
    max_price: float | None = _either("max_price", "price_max", "price", description="of a bottle, in `currency`")
    currency: str | None = Field(None, max_length=3)
    gender: str | None = None
    seasons: Words = _either("season", "seasons", default=list)
    moods: Words = _either("mood", "moods", default=list)
    include_notes: Words = Field(default_factory=list)
    exclude_notes: Words = Field(default_factory=list)
    brand: str | None = None
    family: str | None = _either("family", "fragrance_family")
    min_longevity_h: float | None = _either("min_longevity", "min_longevity_h", description="hours")
    is_sample: bool | None = None

    def filters(self) -> Filters:
        from core.fragrance.search.filters import Filters

        given = self.model_dump()
        plain: dict[str, Any] = {name: tuple(one) if isinstance(one, list) else one for name, one in given.items()}
        return Filters(**plain)


class SearchBody(SentBody):
    """What is looked for. Fields that nobody knows are refused."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"query": "romantic rose for spring", "top_k": 10, "search_type": "similarity"}},
    )
    query: str = Field(min_length=1, max_length=LONGEST_QUERY)
    search_type: SearchType = "semantic"
    collection_name: str | None = Field(None, description=f"of a single collection; left out, {NOTES}")
    collections: list[str] = Field(default_factory=list, description="has to be given for hybrid")
    collection_weights: dict[str, float] = Field(default_factory=dict, description="0 to 2, of collections that are")
    top_k: int = Field(10, description="1 to 50")
    filters: SearchFilters = Field(default_factory=SearchFilters)
    min_similarity: float | None = Field(None, description="lowest cosine, which what has no vector does not reach")
    enable_reranking: bool = Field(False, description="accepted; nothing rearranges results here")
    use_cache: bool = Field(True, description="accepted; every answer is worked out anew")

    @property
    def searched(self) -> tuple[str, ...]:
        """The collections this kind of search looks in."""
        if self.search_type == "hybrid" or self.collections:
            return tuple(self.collections)
        if self.search_type == "single_collection" or self.collection_name:
            return (self.collection_name or NOTES,)
        return (NOTES, RECIPES, DOCUMENTS) if self.search_type == "rag" else (PERFUMES, NOTES)
