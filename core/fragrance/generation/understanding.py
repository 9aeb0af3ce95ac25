"""A brief in sentences, so that a person sees what was understood before anything is composed."""

from __future__ import annotations

from core.fragrance.catalogue.materials import Catalogue
from core.fragrance.generation.brief import Brief
from core.fragrance.generation.constraints import currency_of
from core.fragrance.generation.wording import both, labels, names
from core.knowledge.notices import Notice


def understood(brief: Brief, catalogue: Catalogue, *, region: str | None = None) -> tuple[Notice, ...]:
    """What a brief says, one sentence for each field that says something."""
    positive = [word for word, weight in brief.odour.items() if weight > 0]
    less = [word for word, weight in brief.odour.items() if -1 < weight < 0]
    without = [word for word, weight in brief.odour.items() if weight <= -1]
    told = {
        "fragrance_generation.understood_family": labels("family", [brief.family] if brief.family else []),
        "fragrance_generation.understood_mood": labels("mood", brief.moods),
        "fragrance_generation.understood_season": labels("season", brief.seasons),
        "fragrance_generation.understood_intensity": labels("intensity", [brief.intensity]),
        "fragrance_generation.understood_gender": labels("gender", [brief.gender] if brief.gender else []),
        "fragrance_generation.understood_occasion": labels("occasion", brief.occasions),
        "fragrance_generation.understood_region": labels("region", [region] if region else []),
        "fragrance_generation.understood_odour": labels("odour", positive),
        "fragrance_generation.understood_less": labels("odour", less),
        "fragrance_generation.understood_without": labels("odour", without),
        "fragrance_generation.understood_wanted": names(catalogue.get(one) for one in brief.wanted),
        "fragrance_generation.understood_excluded": names(catalogue.get(one) for one in brief.excluded),
    }
    found = [Notice(key, both("words", *words)) for key, words in told.items() if words[0]]
    if brief.budget_per_kg is not None:
        currency = currency_of(tuple(catalogue.materials.values())) or ""
        found.append(Notice("fragrance_generation.understood_budget",
                            {"amount": f"{brief.budget_per_kg:,.0f}", "currency": currency}))  # fmt: skip
    return tuple(found)
