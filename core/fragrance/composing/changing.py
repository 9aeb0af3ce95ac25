"""A sentence about the formula at hand changes its brief: less of an odour, without a material, cheaper, lighter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from core.fragrance.catalogue.materials import Catalogue
from core.fragrance.composing.requests import Request, without_requests
from core.fragrance.generation.brief import Brief, Intensity
from core.fragrance.generation.reading_briefs import Given, Reading, read_brief
from core.fragrance.vocabulary import plain, words_of

CHEAPER = 0.85  # of what the formula costs now
INTENSITIES: tuple[Intensity, ...] = ("light", "moderate", "strong")
LESS_AT_LEAST = -0.5  # weight of an odour that is to become less


@dataclass(frozen=True)
class Change:
    """brief: as it is now. reading: of the sentence. towards: odour words, 1 for those to tell more, -1 for less."""

    brief: Brief
    reading: Reading
    towards: Mapping[str, int]
    is_empty: bool = False  # the sentence changes nothing of the brief


def changed(
    brief: Brief, message: str, asked: tuple[Request, ...], *, cost_per_kg: float | None, catalogue: Catalogue
) -> Change:  # fmt: skip
    """cost_per_kg: of the formula at hand, None where it is not known. Raises BadInput like `read_brief`."""
    reading = read_brief(Given(words=without_requests(message, asked), language=brief.language), catalogue=catalogue)
    told = reading.brief
    odour = _odours(brief.odour, told.odour)
    wanted = tuple(dict.fromkeys((*(one for one in brief.wanted if one not in told.excluded), *told.wanted)))
    excluded = tuple(dict.fromkeys((*(one for one in brief.excluded if one not in told.wanted), *told.excluded)))
    now = replace(
        brief,
        words=f"{brief.words}\n{message}".strip(),
        family=told.family or brief.family,
        moods=told.moods or brief.moods,
        seasons=told.seasons or brief.seasons,
        occasions=told.occasions or brief.occasions,
        gender=told.gender or brief.gender,
        budget_per_kg=told.budget_per_kg or brief.budget_per_kg,
        odour=odour,
        wanted=wanted,
        excluded=excluded,
    )
    if "cheaper" in asked and cost_per_kg is not None and told.budget_per_kg is None:
        now = replace(now, budget_per_kg=CHEAPER * cost_per_kg)
    now = replace(now, intensity=_intensity(brief.intensity, asked, told.intensity, message))
    towards = {word: 1 if weight > 0 else -1 for word, weight in told.odour.items() if weight}
    return Change(now, reading, towards, is_empty=replace(now, words=brief.words) == brief)


def further(brief: Brief, towards: Mapping[str, int]) -> Brief:
    """The same wishes, more strongly: for a formula in which they do not show yet."""
    odour = {**brief.odour}
    for word, way in towards.items():
        odour[word] = max(-0.95, min(1.0, odour.get(word, 0.0) + 0.25 * way))
    return replace(brief, odour=odour)


def _odours(before: Mapping[str, float], told: Mapping[str, float]) -> dict[str, float]:
    odour = {**before}
    for word, weight in told.items():
        at_hand = odour.get(word, 0.0)
        if weight <= -1.0:
            odour[word] = -1.0
        elif weight < 0:
            odour[word] = max(-0.95, min(at_hand + weight, LESS_AT_LEAST))
        else:
            odour[word] = min(1.0, max(at_hand, 0.0) + weight)
    return odour


def _intensity(before: Intensity, asked: tuple[Request, ...], told: Intensity, message: str) -> Intensity:
    step = ("stronger" in asked) - ("lighter" in asked)
    if step:
        at = INTENSITIES.index(before) + step
        return INTENSITIES[max(0, min(at, len(INTENSITIES) - 1))]
    return told if _names_intensity(message) else before


def _names_intensity(message: str) -> bool:
    """A brief without one reads as moderate, which says nothing."""
    said = plain(message)
    return any(word in said for one in INTENSITIES for word in words_of("intensity", one) if len(word) > 1)
