"""One brief, its alternatives: what they hold, how they differ, and that the same brief gives the same again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

from core.errors import BadInput
from core.fragrance.amounts import WHOLE_MG
from core.fragrance.catalogue.materials import Catalogue
from core.fragrance.catalogue.shipped import shipped_catalogue
from core.fragrance.formulas.formula import Formula, Line
from core.fragrance.generation import styles
from core.fragrance.generation.alternatives import MOST_ALIKE, NEAR_DUPLICATE, likeness
from core.fragrance.generation.brief import Brief
from core.fragrance.generation.generating import Generated, generate
from core.fragrance.limits.rules import LimitTable, Rule
from tests.conftest import PROJECT
from tests.fragrance.generation_draws import NO_LIMITS, table_of
from tests.fragrance.small_catalogue import small_catalogue

ROSE = Brief(family="floral", moods=("romantic",), odour={"rose": 1.0}, complexity="simple", alternatives=1, seed=7)
FOUGERE = Brief(family="aromatic", moods=("fresh",), odour={"lavender": 1.0}, alternatives=1)
AMBER = Brief(family="oriental", seasons=("winter",), odour={"vanilla": 1.0, "amber": 1.0}, alternatives=1)
PRINT_LINES = """
import json, sys
from core.fragrance.generation.brief import Brief
from core.fragrance.generation.generating import generate
from tests.fragrance.generation_draws import NO_LIMITS
from tests.fragrance.small_catalogue import small_catalogue
brief = Brief(**json.loads(sys.argv[1]))
made = generate(brief, catalogue=small_catalogue(), table=NO_LIMITS, accords={})
print(json.dumps([[(line.ingredient, line.amount_mg) for line in one.formula.lines] for one in made.alternatives]))
"""


def made(brief: Brief, *, catalogue: Catalogue | None = None, table: LimitTable = NO_LIMITS, **more: Any) -> Generated:
    return generate(brief, catalogue=catalogue or small_catalogue(), table=table, accords={}, **more)


def lines(generated: Generated) -> list[list[tuple[str, int]]]:
    return [[(line.ingredient, line.amount_mg) for line in one.formula.lines] for one in generated.alternatives]


def amounts(generated: Generated, number: int = 0) -> dict[str, float]:
    return {name: float(amount) for name, amount in lines(generated)[number]}


def test_when_a_formula_is_made_then_it_sums_and_every_layer_is_within_its_band() -> None:
    one = made(ROSE).alternatives[0]

    assert sum(line.amount_mg for line in one.formula.lines) == WHOLE_MG
    bands = styles.layer_bands("floral")
    assert all(bands[position][0] <= share <= bands[position][1] for position, share in one.layers.items())
    assert sum(one.layers.values()) == pytest.approx(100)


def test_when_a_formula_is_made_then_its_cost_is_the_sum_of_shares_and_prices() -> None:
    catalogue, one = small_catalogue(), made(ROSE).alternatives[0]
    expected = sum(
        line.amount_mg / WHOLE_MG * price.per_kg
        for line in one.formula.lines
        if (price := catalogue.get(line.ingredient).price)
    )

    assert one.cost_per_kg == pytest.approx(expected)


def test_when_the_catalogue_is_the_shipped_one_then_amounts_are_written_in_round_steps() -> None:
    one = made(FOUGERE, catalogue=shipped_catalogue()).alternatives[0]

    uneven = [line for line in one.formula.lines if line.amount_mg >= 1_000 and line.amount_mg % 100]
    assert len(uneven) <= 1  # one line takes what the steps leave over


def test_when_two_briefs_differ_then_their_ingredients_do() -> None:
    catalogue = shipped_catalogue()
    fougere, amber = amounts(made(FOUGERE, catalogue=catalogue)), amounts(made(AMBER, catalogue=catalogue))

    assert likeness(fougere, amber) < 0.5
    assert {"lavender-oil", "linalyl-acetate"} & set(fougere)
    assert len(set(fougere) - set(amber)) >= 5


def test_when_the_same_is_asked_twice_then_the_same_is_answered() -> None:
    assert lines(made(replace(ROSE, alternatives=3))) == lines(made(replace(ROSE, alternatives=3)))


def test_when_another_process_is_asked_then_it_answers_the_same() -> None:
    asked = {"family": "woody", "odour": {"cedar": 1.0}, "complexity": "simple", "alternatives": 2, "seed": 3}
    answers = [
        subprocess.run(
            [sys.executable, "-c", PRINT_LINES, json.dumps(asked)], cwd=PROJECT, check=True, capture_output=True,
            text=True, env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(PROJECT)},
        ).stdout
        for seed in ("1", "4242")
    ]  # fmt: skip

    assert answers[0] == answers[1]
    here = [[list(line) for line in one] for one in lines(made(Brief(**asked)))]
    assert json.loads(answers[0]) == here


def test_when_the_seed_is_another_then_another_way_is_taken() -> None:
    catalogue = shipped_catalogue()
    several = {
        json.dumps(lines(made(replace(ROSE, complexity="medium", seed=seed), catalogue=catalogue)))
        for seed in range(4)
    }  # fmt: skip

    assert len(several) > 1


def test_when_several_alternatives_are_asked_then_they_differ_and_the_best_comes_first() -> None:
    generated = made(replace(FOUGERE, alternatives=3), catalogue=shipped_catalogue())
    three = [amounts(generated, number) for number in range(3)]

    assert all(likeness(one, other) <= MOST_ALIKE for one in three for other in three if one is not other)
    assert [one.number for one in generated.alternatives] == [1, 2, 3]
    assert [one.fit for one in generated.alternatives] == sorted(
        (one.fit for one in generated.alternatives), reverse=True
    )


def test_when_the_materials_allow_fewer_alternatives_then_that_is_told() -> None:
    generated = made(replace(ROSE, alternatives=12))

    assert 1 <= len(generated.alternatives) < 12
    assert [one.key for one in generated.notices] == ["fragrance_generation.fewer_alternatives"]


def test_when_a_formula_exists_then_none_nearly_equals_it() -> None:
    first = made(ROSE)
    second = made(ROSE, existing=[first.alternatives[0].formula])

    assert likeness(amounts(first), amounts(second)) <= NEAR_DUPLICATE


def test_when_a_formula_is_changed_by_a_word_then_most_of_it_stays_and_it_goes_that_way() -> None:
    catalogue = shipped_catalogue()
    first = made(AMBER, catalogue=catalogue)
    changed = replace(AMBER, odour={**AMBER.odour, "sweet": -0.5})

    near = made(changed, catalogue=catalogue, near=first.alternatives[0].formula)
    anew = made(changed, catalogue=catalogue)

    assert likeness(amounts(first), amounts(near)) > likeness(amounts(first), amounts(anew))
    assert likeness(amounts(first), amounts(near)) >= 0.6
    assert lines(near) != lines(first)


def test_when_nothing_changes_then_a_formula_stays_near_itself() -> None:
    first = made(FOUGERE, catalogue=shipped_catalogue())
    again = made(FOUGERE, catalogue=shipped_catalogue(), near=first.alternatives[0].formula)

    assert likeness(amounts(first), amounts(again)) >= 0.9


def test_when_an_existing_formula_holds_an_accord_that_may_not_be_read_then_it_is_passed_over() -> None:
    hidden = Formula((Line("accord:hidden", WHOLE_MG),))

    assert lines(made(ROSE, existing=[hidden])) == lines(made(ROSE))


def test_when_a_limit_binds_then_the_formula_keeps_it() -> None:
    strict = table_of(Rule("geraniol", "limit", "Geraniol", ("106-24-1",), {"4": 0.09}))

    one = made(replace(ROSE, wanted=("geraniol",)), table=table_of())
    kept = made(replace(ROSE, excluded=()), table=strict)
    assert amounts(one)["geraniol"] > 600
    assert amounts(kept).get("geraniol", 0.0) * 0.15 / 1_000 <= 0.09
    assert kept.alternatives[0].limits.verdict == "pass"


def test_when_a_material_with_unknown_constituents_is_wanted_then_the_limits_are_unknown_and_it_is_told() -> None:
    strict = table_of(Rule("geraniol", "limit", "Geraniol", ("106-24-1",), {"4": 1.0}))
    generated = made(replace(ROSE, wanted=("rose_base",)), table=strict)

    assert "rose_base" in amounts(generated)
    assert generated.alternatives[0].limits.verdict == "unknown"
    assert "fragrance_generation.unknown_wanted" in [one.key for one in generated.notices]


def test_when_constituents_are_unknown_then_nobody_chooses_the_material() -> None:
    assert "rose_base" not in amounts(made(replace(ROSE, alternatives=1)))


def test_when_a_wanted_material_has_no_price_then_the_cost_is_not_known_and_it_is_told() -> None:
    catalogue = small_catalogue()
    unpriced = replace(catalogue.get("vanillin"), price=None)
    catalogue = Catalogue(2, {**catalogue.materials, "vanillin": unpriced})
    generated = made(replace(ROSE, wanted=("vanillin",), budget_per_kg=90_000.0), catalogue=catalogue)

    assert generated.alternatives[0].cost_per_kg is None
    assert [one.text() for one in generated.notices] == ["Without a price, hence not in the cost: Vanillin."]


def test_when_a_budget_is_named_then_the_concentrate_costs_no_more_and_what_has_no_price_stays_out() -> None:
    catalogue = shipped_catalogue()
    free = made(AMBER, catalogue=catalogue).alternatives[0]
    assert free.cost_per_kg is not None
    budget = free.cost_per_kg * 0.5

    cheap = made(replace(AMBER, budget_per_kg=budget), catalogue=catalogue).alternatives[0]

    assert cheap.cost_per_kg is not None
    assert cheap.cost_per_kg <= budget


def test_when_stock_is_a_limit_then_the_batch_takes_no_more_than_is_there() -> None:
    catalogue = small_catalogue()
    stocked = {name: replace(one, stock_g=1_000.0) for name, one in catalogue.materials.items()}
    stocked["phenethyl_alcohol"] = replace(stocked["phenethyl_alcohol"], stock_g=2.0)
    generated = made(replace(ROSE, stock_is_limit=True, batch_g=100.0), catalogue=Catalogue(2, stocked))

    assert amounts(generated).get("phenethyl_alcohol", 0.0) <= 2_000


def test_when_an_odour_is_not_wanted_at_all_then_no_material_tells_it_foremost() -> None:
    catalogue = shipped_catalogue()
    generated = made(replace(AMBER, odour={"vanilla": 1.0, "musk": -1.0}), catalogue=catalogue)

    assert not [name for name in amounts(generated) if "musk" in catalogue.get(name).odour[:3]]


def test_when_less_of_an_odour_is_wanted_then_the_formula_tells_less_of_it() -> None:
    catalogue = shipped_catalogue()
    usual, less = (
        made(replace(AMBER, odour=odour), catalogue=catalogue)
        for odour in ({"amber": 1.0}, {"amber": 1.0, "sweet": -0.5})
    )
    sweet = {name for name, one in catalogue.materials.items() if {"sweet", "vanilla"} & set(one.odour[:2])}

    def told(generated: Generated) -> float:
        return sum(3 ** (catalogue.get(name).strength or 2) * amount
                   for name, amount in amounts(generated).items() if name in sweet)  # fmt: skip

    assert told(less) < told(usual)


def test_when_a_line_serves_the_brief_then_its_reason_names_both() -> None:
    one = made(ROSE).alternatives[0]

    said = [reason.text("ko") for reason in one.reasons["phenethyl_alcohol"]]
    assert any("요청하신 장미" in sentence for sentence in said)
    assert any("your wish for rose" in reason.text("en") for reason in one.reasons["phenethyl_alcohol"])
    assert all(one.reasons[line.ingredient] for line in one.formula.lines)


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"intensity": "loud"}, "fragrance.unknown_word"),
        ({"complexity": "huge"}, "fragrance.unknown_word"),
        ({"family": "plastic"}, "fragrance.unknown_word"),
        ({"odour": {"plastic": 1.0}}, "fragrance.unknown_word"),
        ({"odour": {"rose": 2.0}}, "fragrance_generation.weight_out_of_range"),
        ({"wanted": ("unobtainium",)}, "fragrance.unknown_material"),
        ({"alternatives": 0}, "fragrance_generation.alternatives_out_of_range"),
        ({"batch_g": 0.0}, "fragrance_generation.batch_out_of_range"),
        ({"budget_per_kg": -5.0}, "fragrance_generation.budget_out_of_range"),
        ({"wanted": ("geraniol",), "excluded": ("geraniol",)}, "fragrance_generation.wanted_and_excluded"),
        ({"wanted": ("geraniol",), "odour": {"rose": -1.0}}, "fragrance_generation.wanted_and_excluded"),
    ],
)
def test_when_a_brief_cannot_be_read_then_one_sentence_names_it(change: dict[str, Any], key: str) -> None:
    with pytest.raises(BadInput) as raised:
        made(replace(ROSE, **change))

    assert raised.value.key == key
