"""Free words in Korean and English become a brief; what was understood, and what was not, is told.

Words only: nothing is guessed. Fields given explicitly win over what the text says of the same field.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from core.errors import BadInput
from core.fragrance.catalogue.materials import Catalogue
from core.fragrance.generation import styles
from core.fragrance.generation.brief import Brief, BudgetRange, Complexity, Intensity
from core.fragrance.generation.constraints import currency_of
from core.fragrance.generation.reading_amounts import batch_in, budget_in
from core.fragrance.generation.reading_wishes import of_notes, of_text, stands_for
from core.fragrance.generation.reading_words import Found, find_words
from core.fragrance.generation.understanding import understood
from core.fragrance.generation.wording import both
from core.fragrance.products import Product
from core.fragrance.vocabulary import Field, canonical, canonical_or_none, label, plain
from core.knowledge.notices import Notice

INTENSITY_NOT = {"strong": "light", "light": "moderate", "moderate": "moderate"}  # "not too strong"


@dataclass(frozen=True)
class Given:
    """What a form, a frontend or a person gave; empty where it was not given. Words of either language.

    words: free text. notes, without: names of notes or materials. budget_range, complexity, region, tradition: words.
    The other fields as in Brief.
    """

    words: str = ""
    family: str | None = None
    moods: tuple[str, ...] = ()
    seasons: tuple[str, ...] = ()
    intensity: str | None = None
    gender: str | None = None
    occasions: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    budget_range: str | None = None
    budget_per_kg: float | None = None
    complexity: str | None = None
    region: str | None = None
    region_season: str | None = None
    tradition: str | None = None
    odour: Mapping[str, float] = field(default_factory=dict)
    wanted: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    product: Product = field(default_factory=Product)
    batch_g: float | None = None
    stock_is_limit: bool = False
    language: str = "ko"
    seed: int = 0
    alternatives: int = 3


@dataclass(frozen=True)
class Reading:
    """understood: one sentence for each thing read. unread: pieces of the text that no field knows."""

    brief: Brief
    understood: tuple[Notice, ...]
    unread: tuple[str, ...]


def read_brief(given: Given, *, catalogue: Catalogue) -> Reading:
    """Raises BadInput naming the field for a word it does not know, and for what is both wanted and excluded."""
    text = " . ".join(one for one in (given.words, given.tradition or "") if one)
    found, unread = find_words(text, catalogue)
    said, noted = of_text(found), of_notes(given.notes, given.without, catalogue)
    odour = said.odour | noted.odour | {canonical("odour", word): weight for word, weight in given.odour.items()}
    chosen = dict.fromkeys((*noted.wanted, *given.wanted))
    barred = dict.fromkeys((*noted.excluded, *given.excluded))
    wanted = dict.fromkeys((*(one for one in said.wanted if one not in barred), *chosen))
    excluded = dict.fromkeys((*(one for one in said.excluded if one not in chosen), *barred))
    currency = currency_of(tuple(catalogue.materials.values())) or ""
    region = canonical_or_none("region", given.region) or _first(found, "region")
    if region is not None:
        stands_for(odour, styles.region(region))
    brief = Brief(
        words=given.words,
        family=canonical_or_none("family", given.family) or _family(found),
        moods=_ids("mood", given.moods) or _all(found, "mood"),
        seasons=_ids("season", given.seasons or tuple(filter(None, [given.region_season]))) or (
            _all(found, "season") if not given.seasons else ()),
        intensity=_intensity(given, found),
        gender=canonical_or_none("gender", given.gender) or (_first(found, "gender") if not given.gender else None),
        occasions=_ids("occasion", given.occasions) or _all(found, "occasion"),
        odour=odour,
        wanted=tuple(wanted),
        excluded=tuple(excluded),
        budget_per_kg=_budget(given, found, currency),
        complexity=cast(Complexity, canonical_or_none("complexity", given.complexity) or _first(found, "complexity")
                        or "medium"),
        product=given.product,
        batch_g=given.batch_g or batch_in(given.words) or Brief.batch_g,
        stock_is_limit=given.stock_is_limit,
        language=given.language,
        seed=given.seed,
        alternatives=given.alternatives,
    )  # fmt: skip
    _agrees(brief, catalogue)
    return Reading(brief, understood(brief, catalogue, region=region), (*unread, *said.unread, *noted.unread))


def _agrees(brief: Brief, catalogue: Catalogue) -> None:
    for material_id in (*brief.wanted, *brief.excluded):
        material = catalogue.get(material_id)
        if material_id in brief.wanted and material_id in brief.excluded:
            names = both("name", material.name("en"), material.name("ko"))
            raise BadInput("fragrance_generation.wanted_and_excluded", **names)


def _intensity(given: Given, found: tuple[Found, ...]) -> Intensity:
    explicit = canonical_or_none("intensity", given.intensity)
    if explicit is None:
        one = next((one for one in found if one.of("intensity")), None)
        read = one.of("intensity") if one else None
        explicit = INTENSITY_NOT[read] if one and read and one.weight < 0 else read
    return cast(Intensity, explicit or "moderate")


def _budget(given: Given, found: tuple[Found, ...], currency: str) -> float | None:
    if given.budget_per_kg is not None:
        return given.budget_per_kg
    words = canonical_or_none("budget", given.budget_range)
    if words is None:
        amount = budget_in(given.words, currency)
        if amount is not None:
            return amount
        words = _first(found, "budget")
    return styles.budget_per_kg(cast(BudgetRange, words), currency) if words else None


def _family(found: tuple[Found, ...]) -> str | None:
    """Of the families the text names by their label, the last that is not merely fresh: "a fresh citrus" is citrus."""
    named = [one.of("family") for one in found if one.of("family") and not one.cue and _is_label(one)]
    telling = [one for one in named if one != "fresh"] or named
    return telling[-1] if telling else None


def _is_label(one: Found) -> bool:
    family = one.of("family") or ""
    own = {plain(label("family", family, language)) for language in ("en", "ko")}
    return one.word in {family, *own} or one.of("odour") is None


def _first(found: tuple[Found, ...], of: Field) -> str | None:
    return next((word for one in found if one.weight > 0 and (word := one.of(of))), None)


def _all(found: tuple[Found, ...], of: Field) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for one in found if one.weight > 0 and (word := one.of(of))))


def _ids(of: Field, words: tuple[str, ...]) -> tuple[str, ...]:
    found = (canonical_or_none(of, word) for word in words)
    return tuple(dict.fromkeys(one for one in found if one is not None))
