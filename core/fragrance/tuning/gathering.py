"""What trainings are made of: perfumes of the catalogue, pairs that somebody sent, or perfumes drawn to try it."""

from __future__ import annotations

from typing import Literal

from core.errors import BadInput
from core.fragrance.catalogue.perfumes import Perfume
from core.fragrance.catalogue.stored import perfumes
from core.fragrance.tuning.drawn_perfumes import SOURCE as DRAWN
from core.fragrance.tuning.drawn_perfumes import drawn_perfumes
from core.fragrance.tuning.pairs import PairSet, pairs_of
from core.fragrance.tuning.story_pairs import FEWEST, Divided, divided, kept, sample_pairs
from core.security.policy import Permission, Principal, require

Which = Literal["all", "imported", "samples", "drawn"]
SOURCES: dict[Which, str] = {
    "all": "catalogue", "imported": "imported perfumes", "samples": "sample perfumes", "drawn": DRAWN,
}  # fmt: skip
MOST_DRAWN = 200


def require_trainer(principal: Principal, *, publish: bool) -> None:
    """What is published changes everybody's answers. Raises NotAllowed before any work is done."""
    require(principal, Permission.FRAGRANCE_WRITE if publish else Permission.FRAGRANCE_READ)


def gather_perfumes(
    which: Which, *, most: int = MOST_DRAWN, seed: int = 0, principal: Principal
) -> tuple[Perfume, ...]:
    """Perfumes of the catalogue, imported being those that are no samples of ours; or `most` drawn ones."""
    require(principal, Permission.FRAGRANCE_READ)
    if which == "drawn":
        return drawn_perfumes(min(most, MOST_DRAWN), seed)
    found = perfumes(principal)
    return found if which == "all" else tuple(one for one in found if one.is_sample == (which == "samples"))


def gather_pairs(which: Which, *, briefs_each: int, most: int, seed: int, principal: Principal) -> PairSet:
    """Briefs and perfumes for an encoder. Raises BadInput for too few perfumes."""
    found = gather_perfumes(which, most=most, seed=seed, principal=principal)
    return pairs_of(found, briefs_each=briefs_each, most=most, seed=seed, source=SOURCES[which])


def gather_stories(
    sha256: str, which: Which, *, most: int = MOST_DRAWN, seed: int = 0, principal: Principal
) -> Divided:  # fmt: skip
    """The pairs kept under `sha256`; where it is empty, briefs of perfumes with the perfumes' own prose.

    Raises NotFound for pairs that are not there, BadInput for too few.
    """
    if sha256:
        return divided(kept(sha256, principal=principal), source="sent pairs", synthetic=False, seed=seed)
    found = gather_perfumes(which, most=most, seed=seed, principal=principal)
    told = [one for one in found if one.description.strip()][:most]
    if len(told) < FEWEST:
        raise BadInput("fragrance_tuning.too_few_perfumes", count=len(told), fewest=FEWEST)
    synthetic = all(one.is_sample for one in told)
    return divided(sample_pairs(told, seed=seed), source=SOURCES[which], synthetic=synthetic, seed=seed)
