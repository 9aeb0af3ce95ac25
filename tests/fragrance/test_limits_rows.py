"""The rows of the solver and the check are one engine."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core.fragrance.amounts import WHOLE_MG
from core.fragrance.formulas.formula import Formula, Line
from core.fragrance.limits.checking import check
from core.fragrance.limits.rows import LimitRows, limit_rows
from core.fragrance.limits.rules import Rule
from core.fragrance.products import CATEGORIES, Product
from tests.fragrance.limits_examples import CATALOGUE, CITRAL, LIMONENE, LINALOOL, MOSS, limit, table

MATERIALS = tuple(CATALOGUE.materials.values())
SUBSTANCES = (LINALOOL, LIMONENE, CITRAL, MOSS, "8007-75-8", "64-17-5")
FINE = Product("4", 20.0)

limits = st.dictionaries(st.sampled_from(CATEGORIES), st.floats(0, 20), min_size=1)
sets = st.lists(st.sampled_from(SUBSTANCES), min_size=1, max_size=3, unique=True).map(tuple)
rules = st.one_of(
    st.builds(Rule, st.just("limit"), st.sampled_from(["limit", "group"]), st.just("limit"), sets, limits),
    st.builds(Rule, st.just("none"), st.just("prohibited"), st.just("none"), sets),
    st.builds(Rule, st.just("spec"), st.just("specification"), st.just("spec"), sets, specification=st.just("pure")),
)
products = st.builds(Product, st.sampled_from(CATEGORIES), st.floats(0.1, 100))


@st.composite
def amounts(draw: st.DrawFn) -> list[int]:
    """Milligrams of each material; many are 0, together 100 g."""
    weights = draw(st.lists(st.integers(0, 5), min_size=len(MATERIALS), max_size=len(MATERIALS)).filter(any))
    ends = [WHOLE_MG * sum(weights[:place]) // sum(weights) for place in range(len(weights) + 1)]
    return [end - start for start, end in pairwise(ends)]


def mixed(amounts_mg: list[int]) -> Formula:
    named = zip(MATERIALS, amounts_mg, strict=True)
    return Formula(tuple(Line(material.id, amount) for material, amount in named if amount))


@settings(max_examples=150)
@given(amounts(), st.lists(rules, max_size=6), products)
def test_when_shares_are_given_then_the_rows_hold_exactly_where_no_rule_fails(
    amounts_mg: list[int], some_rules: list[Rule], product: Product
) -> None:
    limits_table = table(*some_rules)
    rows = limit_rows(MATERIALS, limits_table, product)
    reached = rows.coefficients @ (np.array(amounts_mg) / 1000)
    at_the_limit = np.isclose(reached, rows.bounds, rtol=1e-8, atol=0) & (rows.bounds > 0)
    assume(not at_the_limit.any())

    report = check(mixed(amounts_mg), product, catalogue=CATALOGUE, table=limits_table, accords={})

    assert bool((reached <= rows.bounds).all()) == (not report.failures)
    assert {one.rule.id for one in report.failures} == {
        rule.id for rule, over in zip(rows.rules, reached > rows.bounds, strict=True) if over
    }


@settings(max_examples=100)
@given(st.lists(st.floats(0, 1), min_size=len(MATERIALS), max_size=len(MATERIALS)), st.floats(0.01, 5), products)
def test_when_shares_within_the_narrowed_bounds_are_rounded_up_to_milligrams_then_the_rows_still_hold(
    weights: list[float], most: float, product: Product
) -> None:
    rows = limit_rows(MATERIALS, table(limit(LINALOOL, most), limit(CITRAL, most / 10)), product)
    shares = np.array(weights)
    narrowed = rows.bounds_before_rounding(len(MATERIALS))
    reached = rows.coefficients @ shares
    shares = shares * min([1.0, *(narrowed[reached > narrowed] / reached[reached > narrowed])])

    rounded = np.ceil(shares * 1000) / 1000

    left_out = narrowed == 0
    assert (rows.coefficients @ rounded <= rows.bounds)[~left_out].all()


def test_when_rows_are_made_then_they_count_percent_of_the_finished_product() -> None:
    rows = limit_rows(MATERIALS, table(limit(LINALOOL, 2.0)), FINE)

    one_percent_of_bergamot = 0.15 * 0.20
    assert rows.coefficients[0, list(CATALOGUE.materials).index("bergamot")] == one_percent_of_bergamot
    assert rows.bounds.tolist() == [2.0]


def test_when_no_material_adds_to_a_rule_then_there_is_no_row_for_it() -> None:
    rows = limit_rows(MATERIALS[:1], table(limit(LIMONENE, 2.0)), FINE)

    assert (rows.rules, rows.coefficients.shape, rows.bounds.shape) == ((), (0, 1), (0,))
    assert rows.bounds_before_rounding(5).shape == (0,)


def test_when_a_substance_is_prohibited_then_every_material_that_holds_it_is_named() -> None:
    rows = limit_rows(MATERIALS, table(Rule("no citral", "prohibited", "citral", (CITRAL,))), FINE)

    assert named(rows, rows.is_prohibited) == ["bergamot", "rose_base"]


def test_when_constituents_are_not_known_then_the_rows_name_the_material() -> None:
    rows = limit_rows(MATERIALS, table(), FINE)

    assert named(rows, rows.is_unknown) == ["old_base"]


def named(rows: LimitRows, chosen: np.ndarray) -> list[str]:
    assert chosen.shape == (rows.coefficients.shape[1],)
    return [material.id for material, is_chosen in zip(MATERIALS, chosen, strict=True) if is_chosen]
