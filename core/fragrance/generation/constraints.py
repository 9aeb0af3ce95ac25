"""From a brief to rows: what its words, the product, the batch, the money and the limits demand of a formula."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from core.fragrance.amounts import MG_PER_PERCENT
from core.fragrance.catalogue.materials import POSITIONS, Material
from core.fragrance.generation import styles
from core.fragrance.generation.brief import Brief
from core.fragrance.generation.odours import MIDDLE_STRENGTH, is_told_out, unwanted
from core.fragrance.generation.rows import LIMIT, WANTED, Program, Row
from core.fragrance.limits.rows import limit_rows
from core.fragrance.limits.rules import LimitTable

WEIGHABLE_G = 0.01  # least that a balance reading milligrams weighs well; less is dosed as a dilution
TELLING = 0.1  # of its usual share: less of a material is not told
WANTED_TELLING = 0.5  # of its usual share, for one that was asked for
# Percent of the concentrate taken as usual where the catalogue does not know, by strength.
ORDINARY_SHARE = {0: 10.0, 1: 8.0, 2: 4.0, 3: 1.0, 4: 0.1}
HIGHEST_OF_USUAL = 3.0  # times the usual share, where the highest is not known
EVERYTHING = math.inf


def program(brief: Brief, materials: Sequence[Material], table: LimitTable) -> Program:
    """Every row of a brief over these materials, in groups. Wanted materials must be among them."""
    lowest, highest, is_weighable = _shares(brief, materials)
    _, most_lines, _ = styles.line_band(brief.complexity)
    rows = (
        *_forbidden(brief, materials, table, is_weighable),
        *_limits(brief, materials, table),
        *_layers(brief, materials),
        *_lines(brief, materials),
        *_intensity(brief, materials),
        *_money(brief, materials),
        *_stock(brief, materials),
        *_wanted(brief, materials, highest),
    )
    return Program(tuple(materials), lowest, highest, rows, max(most_lines, len(brief.wanted)))


def usual_share(material: Material) -> float:
    """Percent of the concentrate."""
    if material.usual_share:
        return material.usual_share
    ordinary = ORDINARY_SHARE[MIDDLE_STRENGTH if material.strength is None else material.strength]
    return min(ordinary, material.highest_share or ordinary)


def currency_of(materials: Sequence[Material]) -> str | None:
    """The currency most prices are in; a price in another one counts as not known."""
    counted = Counter(one.price.currency for one in materials if one.price)
    return min(counted, key=lambda one: (-counted[one], one)) if counted else None


def price_per_kg(material: Material, currency: str | None) -> float | None:
    return material.price.per_kg if material.price and material.price.currency == currency else None


def _shares(brief: Brief, materials: Sequence[Material]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    weighable = 100 * WEIGHABLE_G / brief.batch_g
    usual = np.array([usual_share(one) for one in materials])
    highest = np.array(
        [min(100.0, one.highest_share or HIGHEST_OF_USUAL * share) for one, share in zip(materials, usual, strict=True)]
    )
    highest = np.floor(highest * MG_PER_PERCENT + 1e-6) / MG_PER_PERCENT
    lowest = np.minimum(np.maximum(TELLING * usual, weighable), highest)
    lowest = np.maximum(np.ceil(lowest * MG_PER_PERCENT - 1e-6), 1) / MG_PER_PERCENT
    return lowest, np.maximum(highest, lowest), highest >= weighable


def _forbidden(
    brief: Brief, materials: Sequence[Material], table: LimitTable, is_weighable: np.ndarray
) -> Iterator[Row]:  # fmt: skip
    against = unwanted(brief)
    excluded = [one.id in brief.excluded or is_told_out(one, against) for one in materials]
    unknown = [
        is_unknown and one.id not in brief.wanted
        for one, is_unknown in zip(materials, limit_rows(materials, table, brief.product).is_unknown, strict=True)
    ]
    yield from _none_of("excluded", excluded)
    yield from _none_of("known", unknown)
    yield from _none_of("batch", ~is_weighable)


def _none_of(group: str, mask: Sequence[bool] | np.ndarray) -> Iterator[Row]:
    out = np.asarray(mask, dtype=float)
    if out.any():
        yield Row(group, np.zeros(len(out)), out, -EVERYTHING, 0.0)


def _limits(brief: Brief, materials: Sequence[Material], table: LimitTable) -> Iterator[Row]:
    limits = limit_rows(materials, table, brief.product)
    none = np.zeros(len(materials))
    for rule, coefficients, bound in zip(limits.rules, limits.coefficients, limits.bounds, strict=True):
        group = f"{LIMIT}{rule.id}"
        if bound == 0:
            yield Row(group, none, (coefficients > 0).astype(float), -EVERYTHING, 0.0)
        else:
            # In units of the largest coefficient, because a solver keeps to rows by an absolute tolerance.
            largest = float(coefficients.max())
            yield Row(group, coefficients / largest, none, -EVERYTHING, float(bound) / largest)


def _layers(brief: Brief, materials: Sequence[Material]) -> Iterator[Row]:
    none = np.zeros(len(materials))
    fragrant = np.array([one.kind != "solvent" for one in materials], dtype=float)
    for position, (low, high) in styles.layer_bands(brief.family).items():
        of_layer = fragrant * np.array([one.position == position for one in materials], dtype=float)
        yield Row("layers", of_layer - low / 100 * fragrant, none, 0.0, EVERYTHING)
        yield Row("layers", of_layer - high / 100 * fragrant, none, -EVERYTHING, 0.0)


def _lines(brief: Brief, materials: Sequence[Material]) -> Iterator[Row]:
    none, ones = np.zeros(len(materials)), np.ones(len(materials))
    low, high, each = styles.line_band(brief.complexity)
    yield Row("lines", none, ones, low, high)
    for position in POSITIONS:
        of_layer = [one.position == position and one.kind != "solvent" for one in materials]
        yield Row("lines", none, np.array(of_layer, dtype=float), each, EVERYTHING)


def _intensity(brief: Brief, materials: Sequence[Material]) -> Iterator[Row]:
    none = np.zeros(len(materials))
    strengths = np.array([MIDDLE_STRENGTH if one.strength is None else one.strength for one in materials]) / 100
    low, high = styles.strength_band(brief.intensity)
    yield Row("intensity", strengths, none, low, high)
    solvent = np.array([one.kind == "solvent" for one in materials], dtype=float)
    if solvent.any():
        yield Row("intensity", solvent, none, -EVERYTHING, styles.most_solvent(brief.intensity))


def _money(brief: Brief, materials: Sequence[Material]) -> Iterator[Row]:
    if brief.budget_per_kg is None:
        return
    currency = currency_of(materials)
    prices = [price_per_kg(one, currency) for one in materials]
    share_of_budget = np.array([one or 0.0 for one in prices]) / brief.budget_per_kg
    yield Row("budget", share_of_budget, np.zeros(len(materials)), -EVERYTHING, 100.0)
    unpriced = [
        price is None and one.id not in brief.wanted for price, one in zip(prices, materials, strict=True)
    ]  # fmt: skip
    yield from _none_of("budget", unpriced)


def _stock(brief: Brief, materials: Sequence[Material]) -> Iterator[Row]:
    if not brief.stock_is_limit:
        return
    none = np.zeros(len(materials))
    for number, one in enumerate(materials):
        if one.stock_g is not None and one.stock_g < brief.batch_g:
            alone = none.copy()
            alone[number] = 1.0
            yield Row("stock", alone, none, -EVERYTHING, 100 * one.stock_g / brief.batch_g)
    unknown = [one.stock_g is None and one.id not in brief.wanted for one in materials]
    yield from _none_of("stock", unknown)


def _wanted(brief: Brief, materials: Sequence[Material], highest: np.ndarray) -> Iterator[Row]:
    numbers = {one.id: number for number, one in enumerate(materials)}
    for material_id in dict.fromkeys(brief.wanted):
        number = numbers[material_id]
        alone = np.zeros(len(materials))
        alone[number] = 1.0
        telling = min(WANTED_TELLING * usual_share(materials[number]), float(highest[number]))
        group = f"{WANTED}{material_id}"
        yield Row(group, np.zeros(len(materials)), alone, 1.0, EVERYTHING)
        yield Row(group, alone, np.zeros(len(materials)), telling, EVERYTHING, is_exact=True)
