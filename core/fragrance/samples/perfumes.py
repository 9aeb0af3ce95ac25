"""Sample perfumes that our own generator composes of sample briefs, labelled as samples; removed, they stay removed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from core.errors import Conflict
from core.fragrance.catalogue.current import current_catalogue
from core.fragrance.catalogue.materials import POSITIONS, Catalogue, Position
from core.fragrance.catalogue.perfume_ids import perfume_id
from core.fragrance.catalogue.perfumes import Perfume
from core.fragrance.catalogue.shipped import ensure_samples
from core.fragrance.catalogue.stored import save_perfumes_in, stored_perfumes
from core.fragrance.formulas.costs import cost_of_product
from core.fragrance.formulas.formula import Formula
from core.fragrance.formulas.stored import save_formula_in
from core.fragrance.generation.generating import generate
from core.fragrance.generation.kept_briefs import plain_brief
from core.fragrance.generation.stories import tell
from core.fragrance.limits.stored import current_limits
from core.fragrance.samples.briefs import BRAND, SampleBrief, sample_briefs
from core.fragrance.validation.validating import validate
from core.messages import LANGUAGES
from core.security.policy import Permission, Principal, require
from core.storage.database import writing

SOURCE = "samples"
BOTTLE_ML = 50.0
REASON = "표본 · sample"


@dataclass(frozen=True)
class Composed:
    """One sample: the perfume as it is searched for, and its formula."""

    sample: SampleBrief
    perfume: Perfume
    formula: Formula
    fit: float


def compose_samples(
    *, principal: Principal, count: int | None = None, progress: Callable[[float], None] = lambda fraction: None
) -> tuple[Composed, ...]:  # fmt: skip
    """Compose and store the samples that are not there yet; what was stored. progress: share of them, 0 to 1.

    A sample that somebody removed or changed is left alone, and so is one that another process stored meanwhile. Each
    is stored with its formula or not at all. Raises NotAllowed.
    """
    require(principal, Permission.FRAGRANCE_WRITE)
    require(principal, Permission.FRAGRANCE_FORMULA)
    ensure_samples()
    known = {one.perfume.id for one in stored_perfumes(principal, removed=True)}
    catalogue = current_catalogue()
    wanted = [one for one in sample_briefs() if _id(one) not in known][:count]
    made: list[Composed] = []
    for number, one in enumerate(wanted):
        made.append(_composed(one, catalogue, [before.formula for before in made]))
        progress((number + 1) / len(wanted))
    return tuple(ready for ready in made if _is_stored(ready, catalogue, principal))


def _composed(sample: SampleBrief, catalogue: Catalogue, existing: list[Formula]) -> Composed:
    brief = sample.brief
    best = generate(brief, catalogue=catalogue, table=current_limits(), accords={}, existing=existing).alternatives[0]
    stories = [
        tell(best.formula, brief, catalogue=catalogue, accords={}, language=language) for language in LANGUAGES
    ]  # fmt: skip
    expected = validate(best.formula, brief.product, catalogue=catalogue, accords={}, family=brief.family)
    cost = cost_of_product(best.formula, brief.product, catalogue=catalogue, accords={}, bottle_ml=BOTTLE_ML)
    notes = _notes(best.formula, catalogue)
    perfume = Perfume(
        id=_id(sample),
        name=f"{sample.name_en} · {sample.name_ko}",
        brand=BRAND["en"],
        description="\n\n".join(one.description for one in stories),
        family=brief.family,
        gender=brief.gender,
        seasons=brief.seasons,
        moods=brief.moods,
        top=notes["top"],
        heart=notes["heart"],
        base=notes["base"],
        price=None if cost.suggested_price is None else round(cost.suggested_price),
        price_ml=BOTTLE_ML,
        currency=cost.currency,
        longevity_h=None if expected.longevity_h is None else round(expected.longevity_h, 1),
        source=SOURCE,
        is_sample=True,
    )
    return Composed(sample, perfume, best.formula, best.fit)


def _is_stored(one: Composed, catalogue: Catalogue, principal: Principal) -> bool:
    """Store it; False where another process was quicker."""
    brief = one.sample.brief
    told: dict[str, dict[str, Any]] = {
        language: vars(tell(one.formula, brief, catalogue=catalogue, accords={}, language=language))
        for language in LANGUAGES
    }
    story: dict[str, Any] = {language: {**values, "notices": []} for language, values in told.items()}
    try:
        with writing() as connection:
            stored = save_formula_in(
                connection, one.perfume.name, one.formula, product=brief.product, is_public=True, is_sample=True,
                brief=plain_brief(brief), story=story, reason=REASON, principal=principal,
            )  # fmt: skip
            perfume = replace(one.perfume, formula_id=stored.id)
            save_perfumes_in(connection, [perfume], expected={perfume.id: 0}, reason=REASON, principal=principal)
    except Conflict:
        return False
    return True


def _notes(formula: Formula, catalogue: Catalogue) -> dict[Position, tuple[str, ...]]:
    """Names of the materials by layer, largest first."""
    lines = sorted(formula.lines, key=lambda line: (-line.amount_mg, line.ingredient))
    materials = [catalogue.get(line.ingredient) for line in lines]
    return {
        position: tuple(one.name_en for one in materials if one.position == position and one.kind != "solvent")
        for position in POSITIONS
    }


def _id(sample: SampleBrief) -> str:
    return perfume_id(BRAND["en"], sample.name_en)
