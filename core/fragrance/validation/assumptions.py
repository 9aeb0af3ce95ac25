"""The sentences that go with the figures of the validator: what its model takes for granted and what it cannot tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from core.fragrance.products import NOT_ON_SKIN, Product
from core.fragrance.validation.confidence import has_volatility
from core.fragrance.validation.doses import Dose
from core.fragrance.validation.evaporation import AIR_SPEED, APPLIED_G_M2, LAST_HOUR, LIPIDS_G_M2
from core.fragrance.validation.odour import MODERATE_FROM, NOTICED, STRONG_FROM
from core.fragrance.validation.volatility import SKIN_K, USUAL_MASS, is_from_boiling_point
from core.knowledge.notices import Notice

NAMED = 8  # materials of a sentence; the others are counted


def assumptions_of(
    doses: Sequence[Dose], product: Product, *, longevity_h: float | None, has_amounts: bool
) -> tuple[Notice, ...]:  # fmt: skip
    """In the order to be read."""
    return (*_of_input(doses, product, has_amounts=has_amounts), *_of_model(product), *_of_output(longevity_h))


def _of_input(doses: Sequence[Dose], product: Product, *, has_amounts: bool) -> Iterator[Notice]:
    if not has_amounts:
        yield Notice("fragrance_validation.equal_shares")
        read = [one for one in doses if one.is_read_as]
        if read:
            told = "; ".join(f"{one.ingredient} → {one.name}" for one in read)
            yield Notice("fragrance_validation.read_as", {"names": told})
    missing = [one for one in doses if not has_volatility(one)]
    if missing:
        share = sum(one.share for one in missing)
        yield Notice("fragrance_validation.left_out", _told(missing) | {"share": f"{share:.1f}"})
    without_strength = [one for one in doses if one.material and one.material.strength is None]
    if without_strength:
        yield Notice("fragrance_validation.no_strength", _told(without_strength))
    estimated = [one for one in doses if one.material and is_from_boiling_point(one.material)]
    if estimated:
        yield Notice("fragrance_validation.from_boiling_point", _told(estimated))
    without_mass = [one for one in doses if has_volatility(one) and one.material and one.material.molar_mass is None]
    if without_mass:
        yield Notice("fragrance_validation.usual_mass", _told(without_mass) | {"mass": f"{USUAL_MASS:g}"})
    if product.category in NOT_ON_SKIN:
        yield Notice("fragrance_validation.not_on_skin")
    elif product.is_rinsed_off:
        yield Notice("fragrance_validation.rinsed_off")


def _of_model(product: Product) -> Iterator[Notice]:
    yield Notice(
        "fragrance_validation.film",
        {
            "dose": f"{APPLIED_G_M2 / 10:g}", "dosage": f"{product.dosage:g}", "skin": f"{SKIN_K - 273.15:.0f}",
            "air": f"{AIR_SPEED / 3600:g}", "lipids": f"{LIPIDS_G_M2 * 100:g}",
        },
    )  # fmt: skip
    yield Notice("fragrance_validation.ideal_mixture")
    yield Notice("fragrance_validation.odour_proxy")
    yield Notice("fragrance_validation.left_out_of_model")


def _of_output(longevity_h: float | None) -> Iterator[Notice]:
    if longevity_h is None:
        yield Notice("fragrance_validation.too_little_known")
        return
    yield Notice("fragrance_validation.longevity", {"share": f"{100 * NOTICED:g}"})
    yield Notice("fragrance_validation.sillage", {"moderate": f"{MODERATE_FROM:g}", "strong": f"{STRONG_FROM:g}"})
    if longevity_h >= LAST_HOUR:
        yield Notice("fragrance_validation.over_a_day", {"hours": f"{LAST_HOUR:g}"})


def _told(doses: Sequence[Dose]) -> dict[str, str | int]:
    """names: the first few, largest share first. count: of all."""
    names = [one.name for one in sorted(doses, key=lambda one: (-one.share, one.ingredient))]
    shown = "; ".join(names[:NAMED])
    return {"names": shown if len(names) <= NAMED else f"{shown} …", "count": len(names)}
