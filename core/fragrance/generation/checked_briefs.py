"""A brief held to its own words: every id known, every amount possible, nothing both wanted and excluded."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

from core.errors import BadInput
from core.fragrance.catalogue.materials import Catalogue
from core.fragrance.generation.brief import Brief, Complexity, Intensity
from core.fragrance.generation.odours import is_told_out, unwanted
from core.fragrance.vocabulary import Field, canonical, canonical_or_none

MOST_ALTERNATIVES = 12
SMALLEST_BATCH_G, LARGEST_BATCH_G = 0.1, 1_000_000.0


def checked(brief: Brief, catalogue: Catalogue) -> Brief:
    """The brief with canonical ids. Raises BadInput with one sentence that names the field."""
    _one_of("intensity", brief.intensity, get_args(Intensity))
    _one_of("complexity", brief.complexity, get_args(Complexity))
    if not 1 <= brief.alternatives <= MOST_ALTERNATIVES:
        raise BadInput("fragrance_generation.alternatives_out_of_range", given=brief.alternatives,
                       most=MOST_ALTERNATIVES)  # fmt: skip
    if not SMALLEST_BATCH_G <= brief.batch_g <= LARGEST_BATCH_G:
        raise BadInput("fragrance_generation.batch_out_of_range", given=f"{brief.batch_g:g}",
                       least=f"{SMALLEST_BATCH_G:g}", most=f"{LARGEST_BATCH_G:g}")  # fmt: skip
    if brief.budget_per_kg is not None and not 0 < brief.budget_per_kg < float("inf"):
        raise BadInput("fragrance_generation.budget_out_of_range", given=f"{brief.budget_per_kg:g}")
    brief = replace(
        brief,
        family=canonical_or_none("family", brief.family),
        gender=canonical_or_none("gender", brief.gender),
        moods=_ids("mood", brief.moods),
        seasons=_ids("season", brief.seasons),
        occasions=_ids("occasion", brief.occasions),
        odour=_odour(brief.odour),
    )
    _agrees(brief, catalogue)
    return brief


def _one_of(field: str, given: str, known: tuple[str, ...]) -> None:
    if given not in known:
        raise BadInput("fragrance.unknown_word", word=given, field=field, known=", ".join(known))


def _ids(field: Field, words: tuple[str, ...]) -> tuple[str, ...]:
    found = (canonical_or_none(field, word) for word in words)
    return tuple(dict.fromkeys(one for one in found if one is not None))


def _odour(given: dict[str, float]) -> dict[str, float]:
    for word, weight in given.items():
        if not -1 <= weight <= 1:
            raise BadInput("fragrance_generation.weight_out_of_range", word=word, given=f"{weight:g}")
    return {canonical("odour", word): float(weight) for word, weight in given.items() if weight}


def _agrees(brief: Brief, catalogue: Catalogue) -> None:
    against = unwanted(brief)
    for material_id in (*brief.wanted, *brief.excluded):
        catalogue.get(material_id)
    for material_id in brief.wanted:
        material = catalogue.get(material_id)
        if material_id in brief.excluded or is_told_out(material, against):
            raise BadInput("fragrance_generation.wanted_and_excluded", name_en=material.name("en"),
                           name_ko=material.name("ko"))  # fmt: skip
