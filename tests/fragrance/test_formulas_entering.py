"""What is typed becomes a formula that sums to 100 %, or one sentence that says why it does not."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import BadInput
from core.fragrance.amounts import WHOLE_MG
from core.fragrance.catalogue.materials import Catalogue, Material
from core.fragrance.formulas.apportioning import apportioned
from core.fragrance.formulas.entering import Entry, Unit, formula_of, normalised, unit_named
from core.fragrance.formulas.formula import Formula, Line
from tests.fragrance.formula_values import CATALOGUE, formula

ACCORD = formula(hedione=60, linalool=40)
ROSE = {"a1": ACCORD}


def entered(*entries: Entry) -> Formula:
    return formula_of(entries, catalogue=CATALOGUE, accords=ROSE, accord_names={"a1": "White rose"})


def refusal(*entries: Entry) -> BadInput:
    with pytest.raises(BadInput) as caught:
        entered(*entries)
    assert caught.value.text("ko") != caught.value.text("en")
    return caught.value


def two(first: object, second: object, unit: Unit = "percent") -> tuple[Entry, Entry]:
    return Entry("linalool", first, unit), Entry("hedione", second, unit)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "typed",
    ["bergamot_oil", "Bergamot Oil", "bergamot-oil", "8007-75-8", "베르가못 오일", "베르가못오일"],
)
def test_when_an_ingredient_is_typed_by_id_name_or_cas_then_it_is_the_same_material(typed: str) -> None:
    made = entered(Entry(typed, 12.5), Entry("linalool", "87.5"))

    assert made.lines == (Line("bergamot_oil", 12_500), Line("linalool", 87_500))


@pytest.mark.parametrize("typed", ["accord:a1", "White rose", "white  ROSE"])
def test_when_an_accord_is_typed_then_its_line_stands_for_the_formula(typed: str) -> None:
    made = entered(Entry(typed, 10), Entry("linalool", 90))

    assert [line.accord for line in made.lines] == ["a1", None]


@pytest.mark.parametrize(
    ("unit", "first", "second"),
    [("percent", "0.1", "99.9"), ("parts per thousand", 1, 999), ("mg", 100, 99_900), ("g", 0.1, 99.9)],
)
def test_when_units_differ_then_the_same_formula_comes_of_the_same_amounts(unit: Unit, first: str, second: str) -> None:
    made = entered(*two(first, second, unit))

    assert [line.amount_mg for line in made.lines] == [100, 99_900]


def test_when_a_float_carries_its_rounding_then_the_amount_meant_is_taken() -> None:
    made = entered(*two(0.1 + 0.2, 100 - (0.1 + 0.2)))

    assert [line.amount_mg for line in made.lines] == [300, 99_700]


@pytest.mark.parametrize("amount", ["-5", -0.001, 0, "0.000"])
def test_when_a_share_is_not_over_zero_then_the_line_is_named(amount: object) -> None:
    error = refusal(*two(amount, 50))

    assert error.key == "fragrance_formulas.not_positive"
    assert "'linalool'" in str(error)


@pytest.mark.parametrize(
    "amount", ["nan", float("nan"), float("inf"), "twelve", "", "1e999999999", "1e-999999999", "9" * 50, True]
)
def test_when_an_amount_is_no_number_then_it_is_said(amount: object) -> None:
    assert refusal(*two(amount, 50)).key == "fragrance_formulas.not_a_number"


def test_when_the_sum_is_99_99_then_sum_and_difference_are_named_and_scaling_is_offered() -> None:
    error = refusal(*two("49.99", 50))

    assert error.key == "fragrance_formulas.sum_is_short"
    assert (error.details["sum"], error.details["difference"]) == ("99.99", "0.01")
    assert "scaled to 100 %" in str(error)


def test_when_the_sum_is_101_then_it_is_over_by_1() -> None:
    error = refusal(*two(51, 50))

    assert error.key == "fragrance_formulas.sum_is_over"
    assert (error.details["sum"], error.details["difference"]) == ("101", "1")


@pytest.mark.parametrize(
    ("unit", "first", "second", "other"),
    [
        ("percent", 400, 600, "‰"),
        ("percent", 40_000, 60_000, "mg"),
        ("parts per thousand", 40, 60, "%"),
        ("mg", 400, 600, "‰"),
        ("g", 400, 600, "‰"),
    ],
)
def test_when_the_sum_is_that_of_another_unit_then_that_unit_is_named_and_nothing_guessed(
    unit: Unit, first: int, second: int, other: str
) -> None:
    error = refusal(*two(first, second, unit))

    assert error.key == "fragrance_formulas.looks_like_unit"
    assert error.details["other"] == other


@pytest.mark.parametrize("first", ["0.5", "0.51", "0.49999"])
def test_when_the_sum_is_about_1_then_fractions_are_suspected_before_fineness(first: str) -> None:
    assert refusal(*two(first, "0.5")).key == "fragrance_formulas.looks_like_fractions"


def test_when_a_material_is_not_known_then_the_nearest_names_are_offered() -> None:
    error = refusal(Entry("Bergamott oil", 50), Entry("베르가모트 오일", 25), Entry("Xyzzy", 25))

    assert error.key == "fragrance_formulas.unknown_with_nearest"
    assert error.details["names"] == "'Bergamott oil', '베르가모트 오일', 'Xyzzy'"
    assert error.details["nearest"] == "Bergamot oil, 베르가못 오일"


def test_when_nothing_is_near_then_no_name_is_offered() -> None:
    assert refusal(Entry("Xyzzy", 100)).key == "fragrance_formulas.unknown"


def test_when_an_accord_may_not_be_read_then_it_is_not_there() -> None:
    assert refusal(Entry("accord:other", 100)).key == "fragrance.unknown_accord"


def test_when_a_cas_number_is_that_of_two_materials_then_it_is_asked_which() -> None:
    error = refusal(Entry("78-70-6", 100))

    assert error.key == "fragrance_formulas.cas_of_several"
    assert error.details["names"] == "Linalool, Linalool from ho wood"


def test_when_an_ingredient_stands_twice_then_both_lines_are_named() -> None:
    error = refusal(Entry("Linalool", 40), Entry("hedione", 20), Entry("리날로올", 40))

    assert error.key == "fragrance_formulas.twice"
    assert (error.details["first"], error.details["second"]) == (1, 3)


@pytest.mark.parametrize("amount", ["0.0005", "12.3456", "1e-9"])
def test_when_a_share_is_finer_than_a_thousandth_then_it_is_not_rounded_silently(amount: str) -> None:
    rest = str(100 - Decimal(amount))

    assert refusal(*two(amount, rest)).key == "fragrance_formulas.too_fine"


def test_when_there_are_500_lines_then_the_limit_is_named() -> None:
    error = refusal(*(Entry("linalool", "0.2") for _ in range(500)))

    assert error.key == "fragrance_formulas.too_many_lines"
    assert (error.details["lines"], error.details["limit"]) == (500, 200)


def test_when_there_are_200_lines_then_they_are_taken() -> None:
    many = Catalogue(
        1, {f"m{n}": Material(f"m{n}", f"M {n}", "", "molecule", None, "woody", "base") for n in range(200)}
    )

    made = formula_of([Entry(f"m{n}", "0.5") for n in range(200)], catalogue=many, accords={})

    assert len(made.lines) == 200


def test_when_nothing_is_entered_then_the_formula_is_empty() -> None:
    assert refusal().key == "fragrance_formulas.empty"


def test_when_lines_are_in_different_units_then_they_are_not_added() -> None:
    error = refusal(Entry("linalool", 50), Entry("hedione", 50, "g"))

    assert error.key == "fragrance_formulas.mixed_units"


@pytest.mark.parametrize(
    ("word", "unit"), [("%", "percent"), ("G", "g"), ("천분율", "parts per thousand"), ("mg", "mg")]
)
def test_when_a_unit_is_written_in_words_then_it_is_known(word: str, unit: Unit) -> None:
    assert unit_named(word) == unit


def test_when_kilograms_are_given_then_the_known_units_are_named() -> None:
    with pytest.raises(BadInput) as caught:
        unit_named("kg")

    assert caught.value.key == "fragrance_formulas.unknown_unit"


def test_when_scaling_is_asked_for_then_99_99_becomes_100() -> None:
    scaled = normalised(two("49.99", 50))

    assert sum(Decimal(one.amount) for one in scaled) == 100
    assert [line.amount_mg for line in entered(*scaled).lines] == [49_995, 50_005]


def test_when_grams_of_a_20_g_trial_are_scaled_then_they_become_percent() -> None:
    scaled = normalised(two(5, 15, "g"))

    assert [(one.amount, one.unit) for one in scaled] == [(Decimal(25), "percent"), (Decimal(75), "percent")]


def test_when_a_share_would_vanish_by_scaling_then_it_is_refused() -> None:
    with pytest.raises(BadInput) as caught:
        normalised(two("0.0001", 5000))

    assert caught.value.key == "fragrance_formulas.too_small_to_scale"


@settings(max_examples=60)
@given(st.lists(st.integers(min_value=1, max_value=10**6), min_size=1, max_size=9))
def test_when_any_amounts_are_scaled_then_they_sum_exactly_and_scaling_again_changes_nothing(
    amounts: Sequence[int],
) -> None:
    names = list(CATALOGUE.materials)
    entries = [Entry(name, amount, "mg") for name, amount in zip(names, amounts, strict=False)]
    if min(amounts) * WHOLE_MG < sum(amounts):
        return  # a share under 0.001 % is refused, see above
    scaled = normalised(entries)

    assert sum(Decimal(one.amount) for one in scaled) == 100
    assert normalised(scaled) == scaled
    assert sum(line.amount_mg for line in entered(*scaled).lines) == WHOLE_MG


@settings(max_examples=100)
@given(st.lists(st.integers(min_value=0, max_value=10**9), min_size=1, max_size=40), st.integers(0, 10**6))
def test_when_anything_is_apportioned_then_nothing_is_lost_and_no_part_is_off_by_one(
    weights: Sequence[int], whole: int
) -> None:
    if sum(weights) == 0:
        with pytest.raises(ValueError, match="sum to more than 0"):
            apportioned(weights, whole)
        return
    shares = apportioned(weights, whole)

    assert sum(shares) == whole
    assert all(
        abs(share - Fraction(weight) * whole / sum(weights)) < 1 for share, weight in zip(shares, weights, strict=True)
    )


def test_when_remainders_are_equal_then_the_earlier_line_gets_the_rest() -> None:
    assert apportioned([1, 1, 1], 100) == (34, 33, 33)
