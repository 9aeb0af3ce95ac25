"""What the validator says of a formula, of names alone, and of what it does not know."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core.errors import BadInput
from core.fragrance.amounts import WHOLE_MG
from core.fragrance.catalogue.materials import Catalogue
from core.fragrance.formulas.formula import Formula, Line
from core.fragrance.products import Product
from core.fragrance.validation import odour
from core.fragrance.validation.validating import Validation, validate, validate_names
from core.messages import LANGUAGES
from tests.conftest import PROJECT
from tests.fragrance.validation_examples import CATALOGUE, USUAL, formula, material

ENTRY = "fragrance_validation."


def validated(product: Product | None = None, **shares: float) -> Validation:
    return validate(formula(**shares), product or Product(), catalogue=CATALOGUE, accords={})


def said(validation: Validation) -> set[str]:
    return {one.key.removeprefix(ENTRY) for one in (*validation.assumptions, *validation.risks)}


def test_when_a_formula_is_usual_then_every_figure_is_told_with_its_assumptions() -> None:
    found = validated(**USUAL)

    assert found.method == "evaporation model"
    assert found.layers == pytest.approx({"top": 25.0, "heart": 40.0, "base": 35.0})
    assert found.balance == found.stability == found.score == 1.0
    assert found.longevity_h is not None
    assert found.sillage is not None
    assert 0 < found.sillage < 1
    assert found.sillage_word == odour.sillage_word(found.sillage)
    assert found.risks == ()
    assert found.unknown == ()
    assert {"film", "ideal_mixture", "odour_proxy", "left_out_of_model", "longevity", "sillage"} <= said(found)


def test_when_everything_is_measured_then_confidence_is_one_and_estimates_lower_it() -> None:
    whole = validated(**USUAL).confidence
    shares = {name: share for name, share in USUAL.items() if name != "petal"}

    assert whole == pytest.approx(1.0)
    for name, trust in (("guessed", 0.6), ("massless", 0.9), ("boiler", 0.5 * 1.0)):
        assert validated(**shares, **{name: 20.0}).confidence == pytest.approx(0.8 + 0.2 * trust)


def test_when_the_order_of_volatility_is_inverted_then_the_score_is_lower() -> None:
    right = validate_names(["peel", "herb"], ["petal", "leaf"], ["resin", "musk"], CATALOGUE)
    inverted = validate_names(["resin", "musk"], ["petal", "leaf"], ["peel", "herb"], CATALOGUE)

    assert (right.stability, inverted.stability) == (1.0, 0.0)
    assert right.score is not None
    assert inverted.score is not None
    assert inverted.score < right.score
    assert inverted.confidence == right.confidence


def test_when_only_part_of_the_order_is_wrong_then_stability_lies_between() -> None:
    swapped = validate_names(["peel", "petal"], ["herb", "leaf"], ["resin", "musk"], CATALOGUE)

    assert swapped.stability is not None
    assert 0.5 < swapped.stability < 1.0


@pytest.mark.parametrize("name", ["unheard-of", "riddle"])
def test_when_an_ingredient_is_unknown_then_it_is_named_and_confidence_falls(name: str) -> None:
    known = validate_names(["peel"], ["petal"], ["musk"], CATALOGUE)
    unknown = validate_names(["peel"], ["petal"], ["musk", name], CATALOGUE)

    assert unknown.unknown == unknown.evaporation.unknown == (name,)
    assert unknown.confidence == pytest.approx(0.75 * known.confidence)
    assert "left_out" in said(unknown)
    assert name not in unknown.evaporation.left


def test_when_a_formula_holds_what_the_catalogue_does_not_then_it_is_named_and_no_error() -> None:
    shares = {name: share for name, share in USUAL.items() if name != "petal"}

    found = validated(**shares, ghost=20.0)

    assert found.unknown == ("ghost",)
    assert found.confidence == pytest.approx(0.8)
    assert sum(found.layers.values()) == pytest.approx(100.0)


def test_when_a_strength_is_unknown_then_the_material_evaporates_but_has_no_odour() -> None:
    shares = {name: share for name, share in USUAL.items() if name != "leaf"}

    found = validated(**shares, dumb=20.0)

    assert found.unknown == ("dumb",)
    assert found.evaporation.unknown == ()
    assert found.evaporation.left["dumb"][-1] < 1.0
    assert "no_strength" in said(found)
    assert found.confidence == pytest.approx(0.9)


def test_when_only_names_are_given_then_the_method_is_rules_and_confidence_is_worked_out() -> None:
    found = validate_names(["peel"], ["petal"], ["musk"], CATALOGUE)
    less = validate_names(["peel"], ["petal", "unheard-of"], ["musk"], CATALOGUE)

    assert found.method == less.method == "rules"
    assert found.confidence == pytest.approx(0.5)
    assert less.confidence == pytest.approx(0.375)
    assert "equal_shares" in said(found)
    assert found.layers == pytest.approx({"top": 100 / 3, "heart": 100 / 3, "base": 100 / 3})


def test_when_names_are_told_in_other_words_then_they_are_found() -> None:
    found = validate_names(["PEEL (test)"], [" petal 시험 "], ["Musk"], CATALOGUE)

    assert found.unknown == ()
    assert set(found.evaporation.left) == {"peel", "petal", "musk"}


def test_when_no_name_is_known_then_nothing_is_told_but_that() -> None:
    found = validate_names(["x"], ["y"], ["z"], CATALOGUE)

    assert found.method == "rules"
    assert found.longevity_h is found.sillage is found.sillage_word is found.stability is None
    assert found.confidence == 0.0
    assert found.unknown == ("x", "y", "z")
    assert "too_little_known" in said(found)
    assert found.evaporation.left == {}
    assert not any(found.evaporation.total)


def test_when_no_name_is_given_then_one_sentence_says_so() -> None:
    with pytest.raises(BadInput, match="No ingredient is named"):
        validate_names([], ["  "], [], CATALOGUE)


def test_when_less_than_half_is_known_then_longevity_is_not_told() -> None:
    found = validated(peel=40.0, riddle=60.0)

    assert found.method == "rules"
    assert found.longevity_h is None
    assert "too_little_known" in said(found)
    assert "longevity" not in said(found)


def test_when_a_formula_is_all_unknown_then_no_score_is_made_up() -> None:
    found = validated(ghost=100.0)

    assert found.balance is found.stability is found.score is None
    assert found.confidence == 0.0


def test_when_the_most_volatile_goes_first_then_the_odour_moves_from_top_to_base() -> None:
    layers = validated(**USUAL).evaporation.by_position

    strongest = [max(layers, key=lambda one: layers[one][place]) for place in (0, -1)]

    assert strongest == ["top", "base"]
    assert layers["top"][-1] < 1e-6 < layers["base"][-1]


def test_when_the_base_is_heavy_then_it_lasts_longer_than_a_cologne() -> None:
    cologne = validated(Product("4", 4.0), peel=50.0, herb=45.0, leaf=5.0).longevity_h
    heavy = validated(Product("4", 18.0), peel=10.0, petal=20.0, resin=40.0, musk=30.0).longevity_h

    assert cologne is not None
    assert heavy is not None
    assert cologne < 3.0
    assert heavy > 6.0


def test_when_a_perfume_is_dosed_higher_then_it_lasts_longer() -> None:
    weak, strong = (validated(Product("4", dosage), **USUAL).longevity_h for dosage in (2.0, 20.0))

    assert weak is not None
    assert strong is not None
    assert weak < strong


def test_when_a_material_is_split_into_an_accord_then_the_figures_stay() -> None:
    accord = Formula((Line("petal", 50_000), Line("leaf", 50_000)))
    nested = Formula((Line("peel", 30_000), Line("accord:flower", 40_000), Line("musk", 30_000)))

    apart = validated(peel=30.0, petal=20.0, leaf=20.0, musk=30.0)
    together = validate(nested, Product(), catalogue=CATALOGUE, accords={"flower": accord})

    assert together.longevity_h == apart.longevity_h
    assert together.evaporation == apart.evaporation


def test_when_solvent_thins_a_formula_then_its_layers_and_stability_stay() -> None:
    thinned = validated(**{name: share / 2 for name, share in USUAL.items()}, carrier=50.0)

    assert thinned.layers == pytest.approx(validated(**USUAL).layers)
    assert thinned.stability == 1.0
    assert "carrier" in thinned.evaporation.left


@pytest.mark.parametrize(
    ("shares", "risk", "words"),
    [
        ({"peel": 40.0, "herb": 25.0, "petal": 20.0, "musk": 15.0}, "top_heavy", "65 %"),
        ({"peel": 45.0, "petal": 15.0, "musk": 20.0, "resin": 20.0}, "thin_heart", "15 %"),
        ({"peel": 45.0, "petal": 25.0, "leaf": 20.0, "musk": 10.0}, "thin_base", "10 %"),
        ({"spark": 20.0, "petal": 40.0, "musk": 40.0}, None, ""),
        ({"spark": 40.0, "musk": 60.0}, "many_strong", "1 of 2"),
        ({"peel": 20.0, "capped": 30.0, "leaf": 20.0, "musk": 30.0}, "over_highest_share", "capped (test): 30 %"),
        ({"peel": 20.0, "petal": 55.0, "musk": 25.0}, "one_material", "petal (test) alone makes 55 %"),
    ],
)
def test_when_a_formula_is_at_risk_then_one_sentence_says_which(
    shares: dict[str, float], risk: str | None, words: str
) -> None:  # fmt: skip
    risks = {one.key.removeprefix(ENTRY): one.text("en") for one in validated(**shares).risks}

    assert risk in risks if risk else not risks
    assert words in risks.get(risk or "", "")


def test_when_there_are_risks_then_they_cost_score() -> None:
    risky = validated(peel=20.0, capped=30.0, leaf=20.0, musk=30.0)

    assert len(risky.risks) == 1
    assert risky.balance is not None
    assert risky.stability is not None
    assert risky.score == pytest.approx((risky.balance + risky.stability) / 2 - 0.05)


def test_when_a_style_has_its_own_bands_then_the_formula_is_held_against_them() -> None:
    shares = {"peel": 40.0, "petal": 40.0, "musk": 20.0}
    usual, citrus = (
        validate(formula(**shares), Product(), catalogue=CATALOGUE, accords={}, family=family).balance
        for family in (None, "citrus")
    )

    assert usual == pytest.approx(1 - 5 / 20 / 3)
    assert citrus == 1.0


@pytest.mark.parametrize(("category", "key"), [("12", "not_on_skin"), ("9", "rinsed_off"), ("4", None)])
def test_when_a_product_does_not_stay_on_skin_then_the_curves_say_so(category: str, key: str | None) -> None:
    told = said(validated(Product(category, 5.0), **USUAL))  # type: ignore[arg-type]

    assert told & {"not_on_skin", "rinsed_off"} == ({key} if key else set())


def test_when_the_odour_outlasts_a_day_then_longevity_says_at_least() -> None:
    hours = np.array([0.0, 1.0, 24.0])

    assert odour.longevity(hours, np.full(3, odour.NOTICED)) == 24.0
    assert odour.longevity(hours, np.zeros(3)) == 0.0
    assert odour.longevity(hours, odour.NOTICED * np.array([4.0, 2.0, 0.5])) == pytest.approx(12.5)
    assert "over_a_day" in said(validated(petal=10.0, resin=10.0, musk=80.0))


def test_when_sillage_is_told_then_the_first_hour_alone_counts() -> None:
    hours = np.array([0.0, 0.5, 1.0, 24.0])

    half = odour.sillage(hours, np.full(4, odour.HALF_SILLAGE))

    assert half == pytest.approx(0.5)
    assert odour.sillage(hours, np.array([*np.full(3, odour.HALF_SILLAGE), 99.0])) == half
    assert [odour.sillage_word(one) for one in (0.1, half, 0.9)] == ["weak", "moderate", "strong"]
    assert [odour.sillage_label("strong", one) for one in ("ko", "en")] == ["강함", "strong"]


def test_when_anything_is_said_then_both_languages_say_it() -> None:
    every = [
        *validated(**USUAL).assumptions,
        *validated(Product("9", 1.0), peel=20.0, riddle=20.0, dumb=20.0, boiler=20.0, massless=20.0).assumptions,
        *validate_names(["x"], ["peel"], [], CATALOGUE).assumptions,
        *validated(peel=70.0, capped=30.0).risks,
    ]

    assert all(notice.text(language) for notice in every for language in LANGUAGES)


def test_when_many_materials_are_meant_then_the_first_are_named_and_all_counted() -> None:
    many = {f"m{number:02}": material(f"m{number:02}", "heart", None) for number in range(20)}

    found = validate_names([], sorted(many), [], Catalogue(0, many))

    text = next(one for one in found.assumptions if one.key == "fragrance_validation.left_out").text("en")
    assert "(20, 100.0 % of the concentrate)" in text
    assert "m07" in text
    assert "m08" not in text


def test_when_the_same_is_validated_twice_then_the_answer_is_the_same() -> None:
    assert validated(**USUAL) == validated(**USUAL)


def test_when_lines_stand_in_another_order_then_the_figures_stay() -> None:
    shuffled = validated(**dict(reversed(USUAL.items())))

    one, other = (replace(found, layers={}) for found in (validated(**USUAL), shuffled))
    assert one == other


def test_when_another_process_validates_then_the_answer_is_the_same() -> None:
    code = (
        "from tests.fragrance.validation_examples import *;"
        "from core.fragrance.products import Product;"
        "from core.fragrance.validation.validating import validate;"
        "print(repr(validate(formula(**USUAL), Product(), catalogue=CATALOGUE, accords={})))"
    )
    told = [
        subprocess.run(
            [sys.executable, "-c", code], cwd=PROJECT, env=os.environ | {"PYTHONHASHSEED": seed}, check=True,
            capture_output=True, text=True,
        ).stdout.strip()
        for seed in ("1", "2")
    ]  # fmt: skip

    assert told == [repr(validated(**USUAL))] * 2


def test_when_a_formula_is_solvent_alone_then_no_score_and_no_odour_are_told() -> None:
    found = validated(carrier=100.0)

    assert found.score is found.longevity_h is None
    assert not any(found.evaporation.total)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from([*CATALOGUE.materials, "ghost"]), st.integers(1, 9_000), min_size=1), st.data())
def test_when_any_formula_is_validated_then_every_figure_stays_in_its_range(
    amounts: dict[str, int], data: st.DataObject
) -> None:  # fmt: skip
    first = data.draw(st.sampled_from(sorted(amounts)))
    rest = WHOLE_MG - sum(amounts.values())
    lines = tuple(Line(name, amount + (rest if name == first else 0)) for name, amount in amounts.items())
    assume(all(line.amount_mg > 0 for line in lines))

    found = validate(Formula(lines), Product(), catalogue=CATALOGUE, accords={})

    shares = [one for one in (found.balance, found.stability, found.score, found.sillage) if one is not None]
    assert all(0.0 <= one <= 1.0 for one in (*shares, found.confidence))
    assert 0.0 <= (found.longevity_h or 0.0) <= 24.0
    assert (found.longevity_h is None) == (found.sillage is None) == (found.method == "rules")
    assert all(0.0 <= one <= 1.0 for kept in found.evaporation.left.values() for one in kept)
    assert sum(found.layers.values()) == pytest.approx(0.0) or sum(found.layers.values()) == pytest.approx(100.0)
