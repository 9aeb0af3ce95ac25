"""A batch sums exactly on the balance; what is too small is diluted, and what that changes is said."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import BadInput
from core.fragrance.amounts import WHOLE_MG
from core.fragrance.catalogue.materials import Catalogue
from core.fragrance.formulas.apportioning import apportioned
from core.fragrance.formulas.batches import Batch, batch_grams, batch_of
from core.fragrance.formulas.formula import Formula, Line
from tests.fragrance.formula_values import CATALOGUE, formula

WITH_SOLVENT = formula(bergamot_oil=30, vanillin=0.2, iso_e_super=39.8, dpg=30)


def weighed(batch: Batch) -> dict[str, float]:
    return {one.ingredient: one.grams for one in batch.weighings}


def sum_of(batch: Batch) -> Decimal:
    return sum((Decimal(str(one.grams)) for one in batch.weighings), Decimal(0))


def refused(call: object, *args: object, **kwargs: object) -> str:
    with pytest.raises(BadInput) as caught:
        call(*args, **kwargs)  # type: ignore[operator]
    assert caught.value.text("ko") != caught.value.text("en")
    return caught.value.key


def test_when_a_formula_is_scaled_then_each_line_is_weighed_in_steps_of_the_balance() -> None:
    batch = batch_of(formula(bergamot_oil=33.333, linalool=33.333, hedione=33.334), 10, catalogue=CATALOGUE)

    assert weighed(batch) == {"hedione": 3.34, "bergamot_oil": 3.33, "linalool": 3.33}
    assert sum_of(batch) == 10


def test_when_a_line_is_rounded_then_its_error_in_percent_is_stated() -> None:
    batch = batch_of(formula(bergamot_oil=12.345, linalool=87.655), 10, catalogue=CATALOGUE)

    errors = {one.ingredient: one.error_percent for one in batch.weighings}
    assert weighed(batch)["bergamot_oil"] == 1.23  # of 123.45 and 876.55 steps the second is nearer to the next
    assert errors["bergamot_oil"] == pytest.approx((1.23 - 1.2345) / 1.2345 * 100)


def test_when_lines_are_put_in_order_then_solvents_come_first_and_the_most_volatile_last_each_largest_first() -> None:
    mixed = formula(bergamot_oil=10, linalool=20, accord_r=10, hedione=20, iso_e_super=15, orris=20, dpg=5)

    batch = batch_of(mixed, 100, catalogue=CATALOGUE)

    order = [one.ingredient for one in batch.weighings]
    assert order == ["dpg", "accord:r", "orris", "iso_e_super", "hedione", "linalool", "bergamot_oil"]


def test_when_a_line_is_under_the_smallest_then_it_is_diluted_and_the_solvent_taken_back() -> None:
    batch = batch_of(WITH_SOLVENT, 20, catalogue=CATALOGUE)

    vanillin = next(one for one in batch.weighings if one.ingredient == "vanillin")
    solvent = next(one for one in batch.weighings if one.ingredient == "dpg")
    assert (vanillin.strength, vanillin.solvent, vanillin.exact_g, vanillin.grams) == (10, "dpg", 0.04, 0.4)
    assert (solvent.grams, solvent.exact_g, solvent.error_percent) == (pytest.approx(5.64), 6.0, pytest.approx(0))
    assert (batch.total_g, batch.added_solvent_g, batch.notices) == (20, 0, ())
    assert sum_of(batch) == 20


def test_when_ten_percent_is_still_too_little_then_one_percent_is_proposed() -> None:
    batch = batch_of(formula(vanillin=0.01, bergamot_oil=69.99, dpg=30), 20, catalogue=CATALOGUE)

    vanillin = next(one for one in batch.weighings if one.ingredient == "vanillin")
    assert (vanillin.strength, vanillin.grams) == (1, 0.2)


def test_when_no_line_can_give_the_solvent_back_then_the_batch_grows_and_that_is_said() -> None:
    dry = formula(vanillin=0.2, bergamot_oil=99.8)

    batch = batch_of(dry, 20, catalogue=CATALOGUE, solvent="dpg")

    assert (batch.batch_g, batch.total_g, batch.added_solvent_g) == (20, 20.36, 0.36)
    assert sum_of(batch) == Decimal("20.36")
    assert [one.key for one in batch.notices] == ["fragrance_formulas.solvent_added"]
    assert "0.36 g" in batch.notices[0].text("ko")


def test_when_the_formulas_solvent_is_too_little_then_it_stays_and_the_batch_grows() -> None:
    batch = batch_of(formula(vanillin=0.2, bergamot_oil=98.8, dpg=1), 20, catalogue=CATALOGUE)

    assert weighed(batch)["dpg"] == pytest.approx(0.2)
    assert batch.added_solvent_g == pytest.approx(0.36)


def test_when_there_is_no_solvent_then_nothing_is_diluted_and_the_lines_are_named() -> None:
    batch = batch_of(formula(vanillin=0.2, bergamot_oil=99.8), 20, catalogue=CATALOGUE)

    assert all(one.strength == 100 for one in batch.weighings)
    assert batch.notices[0].key == "fragrance_formulas.no_solvent_to_dilute"
    assert batch.notices[0].details["names"] == "Vanillin"


def test_when_even_one_percent_is_too_little_then_a_larger_batch_is_asked_for() -> None:
    batch = batch_of(formula(vanillin=0.001, bergamot_oil=69.999, dpg=30), 5, catalogue=CATALOGUE)

    assert "fragrance_formulas.too_small_for_batch" in [one.key for one in batch.notices]


def test_when_rounding_shows_then_the_line_is_named_with_its_error() -> None:
    batch = batch_of(formula(vanillin=0.24, bergamot_oil=99.76), 5, catalogue=CATALOGUE, smallest_g=0)

    told = next(one for one in batch.notices if one.key == "fragrance_formulas.rounding_shows")
    assert "Vanillin (-16.7 %)" in told.text("en")


@pytest.mark.parametrize(
    ("amount", "unit", "grams"), [(20, "g", 20), ("0.02", "kg", 20), (20_000, "mg", 20), (Decimal("12.5"), "g", 12.5)]
)
def test_when_a_batch_is_given_in_another_unit_then_its_grams_are_known(
    amount: float | str | Decimal, unit: str, grams: float
) -> None:
    assert batch_grams(amount, unit) == grams


@pytest.mark.parametrize(
    ("amount", "unit", "key"),
    [
        (0, "g", "batch_not_positive"),
        (-20, "g", "batch_not_positive"),
        (float("nan"), "g", "batch_not_positive"),
        ("a lot", "g", "batch_not_positive"),
        (500, "kg", "batch_too_large"),
        (20, "ml", "unknown_batch_unit"),
    ],
)
def test_when_a_batch_cannot_be_then_it_is_said(amount: float | str, unit: str, key: str) -> None:
    assert refused(batch_grams, amount, unit) == f"fragrance_formulas.{key}"


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"batch_g": 0}, "batch_not_positive"),
        ({"batch_g": -1}, "batch_not_positive"),
        ({"batch_g": 0.02}, "batch_too_small"),
        ({"batch_g": 20.005}, "batch_not_in_steps"),
        ({"step_g": 0.03}, "unknown_step"),
        ({"step_g": 0}, "unknown_step"),
        ({"smallest_g": -1}, "batch_not_positive"),
        ({"smallest_g": float("nan")}, "batch_not_positive"),
        ({"solvent": "linalool"}, "not_a_solvent"),
    ],
)
def test_when_a_batch_step_or_solvent_cannot_be_then_it_is_said(changes: dict[str, object], key: str) -> None:
    wanted = {"batch_g": 20, "catalogue": CATALOGUE, **changes}

    assert refused(batch_of, WITH_SOLVENT, **wanted) == f"fragrance_formulas.{key}"


@pytest.mark.parametrize("solvent", [None, "nothing"])
def test_when_a_material_is_not_there_then_it_is_named(solvent: str | None) -> None:
    lines = formula(unobtainium=100) if solvent is None else WITH_SOLVENT

    assert refused(batch_of, lines, 20, catalogue=CATALOGUE, solvent=solvent) == "fragrance.unknown_material"


@settings(max_examples=80)
@given(
    st.lists(st.integers(1, 5000), min_size=1, max_size=len(CATALOGUE.materials)),
    st.integers(100, 50_000),
    st.sampled_from([None, "dpg"]),
)
def test_when_any_formula_is_weighed_then_the_batch_sums_exactly_and_no_line_is_off_by_a_step(
    weights: list[int], steps: int, solvent: str | None
) -> None:
    names = list(CATALOGUE.materials)
    shares = apportioned(weights, WHOLE_MG)
    made = Formula(tuple(Line(name, mg) for name, mg in zip(names, shares, strict=False) if mg))

    batch = batch_of(made, steps / 100, catalogue=CATALOGUE, solvent=solvent)

    assert sum_of(batch) == Decimal(str(batch.total_g))
    assert round(batch.total_g * 100) == steps + round(batch.added_solvent_g * 100)
    for one in batch.weighings:
        if one.strength == 100 and one.ingredient != solvent and one.ingredient not in ("dpg", "ethanol"):
            assert abs(one.grams - one.exact_g) < 0.0151
        assert one.grams >= 0


def test_when_the_same_batch_is_asked_for_again_then_it_is_the_same() -> None:
    turned = Catalogue(2, dict(reversed(CATALOGUE.materials.items())))

    assert batch_of(WITH_SOLVENT, 20, catalogue=CATALOGUE) == batch_of(WITH_SOLVENT, 20, catalogue=turned)
