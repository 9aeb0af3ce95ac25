"""Whatever brief, seed, catalogue and limits: what is returned adds up, keeps every rule, and is the same again."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import BadInput
from core.fragrance.amounts import WHOLE_MG, percent
from core.fragrance.catalogue.materials import Catalogue
from core.fragrance.generation import styles
from core.fragrance.generation.alternatives import MOST_ALIKE, likeness
from core.fragrance.generation.brief import Brief
from core.fragrance.generation.generating import Alternative, Generated, generate
from core.fragrance.limits.checking import check
from core.fragrance.limits.rules import LimitTable
from tests.fragrance.generation_draws import drawn_brief, drawn_catalogue, drawn_limits

SEEDS = st.integers(0, 10**6)
QUIET = [HealthCheck.too_slow]


@settings(max_examples=15, deadline=None, suppress_health_check=QUIET, derandomize=True)
@given(SEEDS, SEEDS, SEEDS)
def test_when_anything_is_asked_then_what_is_returned_keeps_to_it(catalogue: int, limits: int, brief: int) -> None:
    look_at(catalogue, limits, brief)


@pytest.mark.soak
@settings(max_examples=400, deadline=None, suppress_health_check=QUIET)
@given(SEEDS, SEEDS, SEEDS)
def test_when_much_is_asked_then_what_is_returned_keeps_to_it(catalogue: int, limits: int, brief: int) -> None:
    look_at(catalogue, limits, brief)


def look_at(catalogue_seed: int, limits_seed: int, brief_seed: int) -> None:
    """Either one sentence with the demands that exclude each other, or alternatives that keep to all of them."""
    catalogue, table = drawn_catalogue(catalogue_seed), drawn_limits(limits_seed)
    brief = drawn_brief(brief_seed, catalogue)
    try:
        generated = generate(brief, catalogue=catalogue, table=table, accords={})
    except BadInput as error:
        assert error.text("ko") != error.text("en")
        return
    for one in generated.alternatives:
        keeps_to(one, brief, catalogue, table)
    first = [{line.ingredient: float(line.amount_mg) for line in one.formula.lines} for one in generated.alternatives]
    assert all(likeness(one, other) <= MOST_ALIKE for one in first for other in first if one is not other)
    again = generate(
        brief, catalogue=Catalogue(9, dict(reversed(catalogue.materials.items()))), table=table, accords={}
    )
    assert lines(again) == lines(generated)


def keeps_to(one: Alternative, brief: Brief, catalogue: Catalogue, table: LimitTable) -> None:
    amounts = {line.ingredient: line.amount_mg for line in one.formula.lines}
    materials = {name: catalogue.get(name) for name in amounts}
    assert sum(amounts.values()) == WHOLE_MG
    assert min(amounts.values()) > 0
    assert check(one.formula, brief.product, catalogue=catalogue, table=table, accords={}).verdict != "fail"
    assert set(brief.wanted) <= set(amounts)
    assert not set(brief.excluded) & set(amounts)
    for name, material in materials.items():
        if material.highest_share is not None:
            assert percent(amounts[name]) <= material.highest_share + 1e-3  # a share below one milligram is one
        if material.constituents is None:
            assert name in brief.wanted
            assert one.limits.verdict == "unknown"
        if brief.stock_is_limit and material.stock_g is not None:
            assert percent(amounts[name]) / 100 * brief.batch_g <= material.stock_g + 1e-9
    low, high, each = styles.line_band(brief.complexity)
    assert low <= len(amounts) <= high
    for position, (least, most) in styles.layer_bands(brief.family).items():
        assert least - 1e-6 <= one.layers[position] <= most + 1e-6
        assert sum(m.position == position and m.kind != "solvent" for m in materials.values()) >= each
    assert set(one.reasons) == set(amounts)
    assert all(one.reasons.values())
    if all(material.price for material in materials.values()):
        cost = sum(materials[name].price.per_kg * amount / WHOLE_MG for name, amount in amounts.items())  # type: ignore[union-attr]
        assert one.cost_per_kg == pytest.approx(cost)
        assert brief.budget_per_kg is None or cost <= brief.budget_per_kg * (1 + 1e-9)
    else:
        assert one.cost_per_kg is None


def lines(generated: Generated) -> list[list[tuple[str, int]]]:
    return [[(line.ingredient, line.amount_mg) for line in one.formula.lines] for one in generated.alternatives]
