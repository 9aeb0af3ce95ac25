"""Costs add up through accords; a price that is not known stays unknown and is named."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.errors import BadInput
from core.fragrance.catalogue.materials import Catalogue
from core.fragrance.formulas.costs import cost_of_concentrate, cost_of_product
from core.fragrance.formulas.finishing import density, finished_product, parts_by_weight
from core.fragrance.products import Product
from tests.fragrance.formula_values import CATALOGUE, formula, material

ROSE = formula(hedione=50, linalool=50)  # 125 a kilogram
PLAIN = formula(bergamot_oil=50, iso_e_super=50)  # 200 a kilogram


def test_when_every_price_is_known_then_the_cost_of_a_kilogram_is_their_weighted_sum() -> None:
    cost = cost_of_concentrate(PLAIN, catalogue=CATALOGUE, accords={})

    assert cost.per_kg == pytest.approx(200)
    assert [(line.cost, line.share) for line in cost.lines] == [(50, 25), (150, 75)]
    assert (cost.unknown, cost.known_percent, cost.currency) == ((), 100, "KRW")


def test_when_a_line_is_an_accord_then_it_costs_what_its_materials_cost() -> None:
    cost = cost_of_concentrate(formula(accord_r=40, bergamot_oil=60), catalogue=CATALOGUE, accords={"r": ROSE})

    assert cost.per_kg == pytest.approx(0.4 * 125 + 0.6 * 100)
    assert cost.lines[0].cost == pytest.approx(50)


def test_when_a_price_is_missing_then_the_total_is_unknown_and_the_rest_is_told() -> None:
    nested = formula(vanillin=50, linalool=50)

    cost = cost_of_concentrate(formula(accord_v=40, bergamot_oil=60), catalogue=CATALOGUE, accords={"v": nested})

    assert cost.per_kg is None
    assert cost.known_per_kg == pytest.approx(0.2 * 50 + 60)
    assert cost.known_percent == pytest.approx(80)
    assert (cost.lines[0].cost, cost.lines[0].share, cost.lines[0].unknown) == (None, None, ("vanillin",))
    assert cost.unknown == ("vanillin",)
    assert any("Vanillin" in one.text("ko") for one in cost.notices)


def test_when_a_price_is_in_another_currency_then_it_is_not_added_as_ours() -> None:
    cost = cost_of_concentrate(formula(orris=10, linalool=90), catalogue=CATALOGUE, accords={})

    assert cost.per_kg is None
    assert cost.unknown == ("orris",)


def test_when_a_price_was_quoted_by_nobody_then_it_is_said() -> None:
    samples = Catalogue(1, {"a": material("a", "A", "가", is_sample=True)})

    cost = cost_of_concentrate(formula(a=100), catalogue=samples, accords={})

    assert cost.has_samples
    assert [one.key for one in cost.notices] == ["fragrance_formulas.prices_are_samples"]


def test_when_a_material_is_not_there_then_it_is_named() -> None:
    with pytest.raises(BadInput, match="unobtainium"):
        cost_of_concentrate(formula(unobtainium=100), catalogue=CATALOGUE, accords={})


def test_when_the_product_is_alcoholic_then_its_millilitre_costs_concentrate_and_ethanol() -> None:
    product = Product("4", 15)

    cost = cost_of_product(PLAIN, product, catalogue=CATALOGUE, accords={}, bottle_ml=50)

    of_whole = 100 / (15 / 0.95 + 70 / 0.789 + 15 / 0.998)
    assert cost.per_ml == pytest.approx(of_whole * (0.15 * 200 + 0.70 * 5) / 1000)
    assert cost.total == pytest.approx(50 * cost.per_ml)
    assert [one.key for one in cost.notices] == [
        "fragrance_formulas.densities_assumed",
        "fragrance_formulas.suggested_price_rests_on",
    ]


def test_when_the_factor_is_set_then_the_suggested_price_follows(
    settings_from: Callable[..., object],
) -> None:
    settings_from(WORKBENCH_FRAGRANCE_PRICE_FACTOR="2.5")

    cost = cost_of_product(PLAIN, Product(), catalogue=CATALOGUE, accords={})

    assert cost.total is not None
    assert cost.suggested_price == pytest.approx(2.5 * cost.total)


def test_when_the_catalogue_has_no_ethanol_then_the_price_of_the_product_is_unknown() -> None:
    dry = Catalogue(1, {name: one for name, one in CATALOGUE.materials.items() if name != "ethanol"})

    cost = cost_of_product(PLAIN, Product(), catalogue=dry, accords={})

    assert (cost.per_ml, cost.total, cost.suggested_price, cost.unknown) == (None, None, None, ("ethanol",))
    assert cost.known_per_ml > 0


def test_when_the_base_is_not_alcohol_then_only_the_concentrate_is_counted_and_that_is_said() -> None:
    cost = cost_of_product(PLAIN, Product("9", 1.0), catalogue=CATALOGUE, accords={})

    assert cost.per_ml == pytest.approx(0.01 * 200 / 1000)
    assert cost.notices[0].key == "fragrance_formulas.base_not_known"


def test_when_nothing_else_is_said_then_a_bottle_is_100_ml_with_70_percent_alcohol_and_30_days() -> None:
    made = finished_product(Product())

    assert (made.bottle_ml, made.maturation_days) == (100, 30)
    assert made.ethanol_g == pytest.approx(0.70 * made.grams, abs=0.01)
    assert round(made.concentrate_g * 100) + round((made.ethanol_g or 0) * 100) + round(
        (made.water_g or 0) * 100
    ) == round(made.grams * 100)
    assert any("30" in one.text("en") for one in made.assumptions)


def test_when_the_concentrate_leaves_less_than_the_alcohol_wanted_then_there_is_no_water() -> None:
    assert parts_by_weight(Product("4", 40)) == {"concentrate": 40, "ethanol": 60, "water": 0}
    assert density(parts_by_weight(Product("4", 40))) < 0.95


@pytest.mark.parametrize("size", [0, -100, float("nan"), 1e9])
def test_when_a_bottle_cannot_be_then_its_size_is_named(size: float) -> None:
    with pytest.raises(BadInput) as caught:
        finished_product(Product(), bottle_ml=size)

    assert caught.value.key == "fragrance_formulas.bottle_out_of_range"


@pytest.mark.parametrize("share", [-1, 101, float("nan")])
def test_when_a_share_of_alcohol_cannot_be_then_it_is_named(share: float) -> None:
    with pytest.raises(BadInput) as caught:
        finished_product(Product(), alcohol_share=share)

    assert caught.value.key == "fragrance_formulas.alcohol_out_of_range"
