"""What a formula is expected to do, by stated models: no figure without its method, assumptions and confidence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from core.fragrance.catalogue.materials import Catalogue, Position
from core.fragrance.formulas.formula import Accords, Formula
from core.fragrance.products import Product
from core.fragrance.validation import odour
from core.fragrance.validation.assumptions import assumptions_of
from core.fragrance.validation.confidence import confidence_of, has_volatility, is_enough_known, is_known
from core.fragrance.validation.doses import Dose, doses_of, doses_of_names
from core.fragrance.validation.evaporation import film_of, fractions, hours_shown, left, lipids_moles, volatility_order
from core.fragrance.validation.odour import SillageWord
from core.fragrance.validation.risks import risks_of
from core.fragrance.validation.structure import balance_of, layers_of, stability_of
from core.knowledge.notices import Notice

Method = Literal["evaporation model", "rules"]
COST_OF_A_RISK = 0.05  # of the score


@dataclass(frozen=True)
class Evaporation:
    """What the film does over a day.

    hours: shape (n,), from 0 to 24. left: by material id, share of its own amount left, 0 to 1, shape (n,), the most
    volatile first. by_position: odour activity over the film from each layer, shape (n,), in units of the reference of
    `odour`; their sum is the total. unknown: ingredients without volatility, left out of the curves.
    """

    hours: tuple[float, ...]
    left: dict[str, tuple[float, ...]]
    by_position: dict[Position, tuple[float, ...]]
    unknown: tuple[str, ...]

    @property
    def total(self) -> tuple[float, ...]:
        """Odour activity of all layers, shape (n,)."""
        return tuple(sum(at_once) for at_once in zip(*self.by_position.values(), strict=True))


@dataclass(frozen=True)
class Validation:
    """method: "evaporation model", or "rules" where amounts are not told or too little is known for the model.

    layers: percent of the odorous part, solvents left out. balance, stability, score: 0 to 1, None where nothing is
    known to judge by; the score is the mean of the two less 0.05 for each risk. longevity_h: hours until the odour is
    under the stated share of the reference, 24 for "at least"; None where too little is known, and so are sillage, 0 to
    1, and its word. assumptions, risks: sentences. unknown: ingredients that the catalogue does not hold, or without
    volatility or strength. confidence: 0 to 1, how much of the formula the model knows.
    """

    method: Method
    layers: dict[Position, float]
    balance: float | None
    stability: float | None
    score: float | None
    longevity_h: float | None
    sillage: float | None
    sillage_word: SillageWord | None
    evaporation: Evaporation
    assumptions: tuple[Notice, ...]
    risks: tuple[Notice, ...]
    unknown: tuple[str, ...]
    confidence: float


def validate(
    formula: Formula, product: Product, *, catalogue: Catalogue, accords: Accords, family: str | None = None
) -> Validation:  # fmt: skip
    """family: of the brief, whose style has its own bands of layers; None for the usual ones.

    Raises BadInput like `flattened`; a material the catalogue does not know is named in `unknown`.
    """
    return _validated(doses_of(formula, catalogue, accords), product, family, has_amounts=True)


def validate_names(
    top: Sequence[str], heart: Sequence[str], base: Sequence[str], catalogue: Catalogue, product: Product | None = None
) -> Validation:  # fmt: skip
    """The same of names without amounts, by rules: every name counts alike, in the layer it is given for.

    Raises BadInput where there is no name at all.
    """
    return _validated(doses_of_names(top, heart, base, catalogue), product or Product(), None, has_amounts=False)


def _validated(doses: Sequence[Dose], product: Product, family: str | None, *, has_amounts: bool) -> Validation:
    layers = layers_of(doses)
    balance, stability = balance_of(layers, family), stability_of(doses)
    risks = risks_of(doses, layers, has_amounts=has_amounts)
    evaporation = evaporation_of(doses, product)
    longevity_h = sillage = word = None
    if is_enough_known(doses):
        hours, total = hours_shown(), odour.summed(evaporation.by_position)
        longevity_h, sillage = odour.longevity(hours, total), odour.sillage(hours, total)
        word = odour.sillage_word(sillage)
    return Validation(
        method="evaporation model" if has_amounts and longevity_h is not None else "rules",
        layers=layers,
        balance=balance,
        stability=stability,
        score=_score(balance, stability, len(risks)),
        longevity_h=longevity_h,
        sillage=sillage,
        sillage_word=word,
        evaporation=evaporation,
        assumptions=assumptions_of(doses, product, longevity_h=longevity_h, has_amounts=has_amounts),
        risks=risks,
        unknown=_named_once(one for one in doses if not is_known(one)),
        confidence=confidence_of(doses, has_amounts=has_amounts),
    )


def evaporation_of(doses: Sequence[Dose], product: Product) -> Evaporation:
    """The curves of the doses whose volatility is known."""
    hours = hours_shown()
    known = sorted((one for one in doses if has_volatility(one)), key=volatility_order)
    moles, rates = film_of(known, product)
    amounts = left(moles, rates, lipids_moles(), hours)
    activity = fractions(amounts, lipids_moles()) * odour.weights(known)[:, None]
    shares = amounts / moles[:, None]
    return Evaporation(
        hours=tuple(hours.tolist()),
        left={one.material.id: tuple(row) for one, row in zip(known, shares.tolist(), strict=True) if one.material},
        by_position={
            position: tuple(row.tolist()) for position, row in odour.by_position(known, activity).items()
        },
        unknown=_named_once(one for one in doses if not has_volatility(one)),
    )  # fmt: skip


def _score(balance: float | None, stability: float | None, risks: int) -> float | None:
    known = [one for one in (balance, stability) if one is not None]
    return max(sum(known) / len(known) - COST_OF_A_RISK * risks, 0.0) if known else None


def _named_once(doses: Iterable[Dose]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.ingredient for one in doses))
