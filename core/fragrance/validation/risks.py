"""What may go wrong with a formula, one sentence each, by limits that are data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from core.fragrance.catalogue.materials import Position
from core.fragrance.validation.doses import Dose
from core.fragrance.validation.expectations import expectations
from core.knowledge.notices import Notice

VERY_STRONG = 4


def risks_of(doses: Sequence[Dose], layers: dict[Position, float], *, has_amounts: bool) -> tuple[Notice, ...]:
    """has_amounts: False where only names were given, so that nothing is said of the share of one material."""
    found = [*_of_layers(layers), *_of_strength(doses)]
    if has_amounts:
        found += [*_of_use_levels(doses), *_of_one_material(doses)]
    return tuple(found)


def _of_layers(layers: dict[Position, float]) -> Iterator[Notice]:
    limits = expectations()
    if not any(layers.values()):
        return
    for key, share, limit, is_risk in (
        ("fragrance_validation.top_heavy", layers["top"], limits.top_over, layers["top"] > limits.top_over),
        ("fragrance_validation.thin_heart", layers["heart"], limits.heart_under, layers["heart"] < limits.heart_under),
        ("fragrance_validation.thin_base", layers["base"], limits.base_under, layers["base"] < limits.base_under),
    ):
        if is_risk:
            yield Notice(key, {"share": _number(share), "limit": _number(limit)})


def _of_strength(doses: Sequence[Dose]) -> Iterator[Notice]:
    known = [one.material.strength for one in doses if one.material and one.material.strength is not None]
    strong = sum(one >= VERY_STRONG for one in known)
    limit = expectations().very_strong_lines_over
    if known and 100 * strong / len(known) > limit:
        yield Notice(
            "fragrance_validation.many_strong", {"count": strong, "lines": len(known), "limit": _number(limit)}
        )


def _of_use_levels(doses: Sequence[Dose]) -> Iterator[Notice]:
    for one in doses:
        highest = one.material.highest_share if one.material else None
        if highest is not None and one.share > highest:
            details = {"name": one.name, "share": _number(one.share), "limit": _number(highest)}
            yield Notice("fragrance_validation.over_highest_share", details)


def _of_one_material(doses: Sequence[Dose]) -> Iterator[Notice]:
    odorous = [one for one in doses if not one.is_solvent]
    whole, limit = sum(one.share for one in odorous), expectations().one_material_over
    for one in odorous:
        share = 100 * one.share / whole
        if share > limit:
            yield Notice(
                "fragrance_validation.one_material",
                {"name": one.name, "share": _number(share), "limit": _number(limit)},
            )


def _number(value: float) -> str:
    """At most three decimals, as shares are weighed."""
    return f"{round(value, 3):g}"
