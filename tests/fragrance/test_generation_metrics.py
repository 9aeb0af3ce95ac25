"""The measures of composed formulas, each on formulas whose values can be worked out by head."""

from __future__ import annotations

from datetime import date

import pytest

from core.fragrance.amounts import milligrams
from core.fragrance.catalogue.materials import Catalogue, Material, Position
from core.fragrance.evaluation.generation_metrics import (
    LETTERS,
    Quality,
    balance,
    consistency,
    creativity,
    diversity,
    feasibility,
    layers_of,
    letter,
    over_briefs,
    quality,
    structure,
    weakest,
)
from core.fragrance.formulas.formula import Formula, Line
from core.fragrance.generation.brief import Brief
from core.fragrance.generation.generating import Alternative, Generated
from core.fragrance.limits.checking import LimitsReport, Verdict
from core.fragrance.limits.rules import LimitTable
from core.fragrance.products import Product

TABLE = LimitTable("t", "table", "1", date(2026, 1, 1), (), True, "test")


def material(material_id: str, position: Position, *odour: str, kind: str = "molecule") -> Material:
    return Material(material_id, material_id, "", kind, None, "floral", position, odour)  # type: ignore[arg-type]


CATALOGUE = Catalogue(
    1,
    {
        one.id: one
        for one in (
            material("lemon", "top", "lemon", "citrus"),
            material("rose", "heart", "rose", "floral"),
            material("musk", "base", "musk"),
            material("dpg", "base", kind="solvent"),
        )
    },
)


def amounts(**shares: float) -> dict[str, float]:
    return {name: float(milligrams(share)) for name, share in shares.items()}


def formula(**shares: float) -> Formula:
    return Formula(tuple(Line(name, milligrams(share)) for name, share in shares.items()))


def alternative(
    made: Formula, *, cost: float | None = 100.0, verdict: Verdict = "pass", number: int = 1
) -> Alternative:
    report = LimitsReport(verdict, TABLE, Product(), (), (), ())
    return Alternative(number, made, {}, {}, cost, 0.5, report)


def told(**values: float | None) -> Quality:
    known: dict[str, float | None] = {
        "structure": 1.0, "balance": 1.0, "creativity": 1.0, "feasibility": 1.0, "consistency": 1.0, "diversity": 1.0,
    }  # fmt: skip
    return Quality(**{**known, **values})  # type: ignore[arg-type]


def test_when_layers_are_taken_then_solvents_are_left_out() -> None:
    assert layers_of(amounts(lemon=10, rose=20, musk=10, dpg=60), CATALOGUE) == {"top": 25, "heart": 50, "base": 25}
    assert layers_of(amounts(dpg=100), CATALOGUE) == {"top": 0, "heart": 0, "base": 0}


def test_when_a_layer_leaves_its_band_then_structure_loses_a_quarter() -> None:
    good, poor = formula(lemon=30, rose=40, musk=30), formula(lemon=30, rose=15, musk=55)

    assert structure(good, {"top": 30, "heart": 40, "base": 30}, None) == 1
    assert structure(poor, {"top": 30, "heart": 15, "base": 55}, None) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("layers", "expected"),
    [((30, 45, 25), 1.0), ((25, 55, 20), 1.0), ((15, 55, 30), 5 / 6), ((0, 10, 90), 0.0), ((55, 35, 10), 0.75)],
)
def test_when_layers_leave_the_usual_shares_then_balance_falls_with_the_distance(
    layers: tuple[float, float, float], expected: float
) -> None:
    assert balance(dict(zip(("top", "heart", "base"), layers, strict=True))) == pytest.approx(expected)  # type: ignore[arg-type]


def test_when_an_existing_formula_is_near_then_creativity_is_what_differs() -> None:
    mine = amounts(lemon=30, rose=40, musk=30)

    assert creativity(mine, [amounts(rose=100), amounts(lemon=30, rose=60, musk=10)]) == pytest.approx(0.2)
    assert creativity(mine, [mine]) == pytest.approx(0)
    assert creativity(mine, []) is None


@pytest.mark.parametrize(
    ("verdict", "cost", "budget", "expected"),
    [
        ("pass", 100.0, None, 1.0), ("unknown", 100.0, None, 0.75), ("fail", 100.0, None, 0.5),
        ("unknown", None, None, 0.25), ("pass", 100.0, 90.0, 2 / 3), ("pass", None, 90.0, 1 / 3),
    ],
)  # fmt: skip
def test_when_something_is_not_known_then_feasibility_never_counts_it_as_held(
    verdict: Verdict, cost: float | None, budget: float | None, expected: float
) -> None:
    one = alternative(formula(rose=100), cost=cost, verdict=verdict)

    assert feasibility(one, Brief(budget_per_kg=budget)) == pytest.approx(expected)


def test_when_a_wanted_odour_is_missing_or_an_unwanted_one_there_then_consistency_falls_by_its_weight() -> None:
    made = amounts(rose=99.95, lemon=0.05)

    assert consistency(made, Brief(odour={"rose": 1.0}), CATALOGUE) == 1
    assert consistency(made, Brief(odour={"rose": 1.0, "musk": 0.25}), CATALOGUE) == pytest.approx(0.8)
    assert consistency(made, Brief(odour={"rose": 1.0, "lemon": 1.0}), CATALOGUE) == pytest.approx(0.5)
    assert consistency(made, Brief(odour={"rose": -1.0, "musk": -1.0}), CATALOGUE) == pytest.approx(0.5)
    assert consistency(made, Brief(), CATALOGUE) is None


def test_when_alternatives_share_half_then_diversity_is_a_half_and_one_alone_has_none() -> None:
    first, second = amounts(lemon=50, rose=50), amounts(lemon=50, musk=50)

    assert diversity([first, second]) == pytest.approx(0.5)
    assert diversity([first, first, second]) == pytest.approx(1 / 3)
    assert diversity([first]) is None


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        (1.0, "A+"),
        (0.9, "A+"),
        (0.8999, "A"),
        (0.85, "A"),
        (0.8, "A-"),
        (0.75, "B+"),
        (0.45, "D"),
        (0.4499, "F"),
        (0.0, "F"),
    ],
)
def test_when_a_score_falls_by_a_twentieth_then_the_letter_falls_by_one(score: float, expected: str) -> None:
    assert letter(score) == expected


def test_when_letters_are_counted_down_then_each_step_has_its_own() -> None:
    assert tuple(letter(0.9 - 0.05 * step) for step in range(len(LETTERS))) == LETTERS


def test_when_all_measures_are_known_then_the_score_is_weighted_as_clients_expect() -> None:
    assert told(structure=0.0).score == pytest.approx(0.75)
    assert told(balance=0.0).score == pytest.approx(0.75)
    assert told(creativity=0.0).score == pytest.approx(0.8)
    assert told(feasibility=0.0).score == pytest.approx(0.85)
    assert told(consistency=0.0).score == pytest.approx(0.85)
    assert told(diversity=0.0).score == pytest.approx(1)


def test_when_a_measure_is_not_known_then_it_neither_helps_nor_harms() -> None:
    assert told(creativity=None, structure=0.0).score == pytest.approx(0.55 / 0.8)
    assert told(creativity=None).grade == "A+"


def test_when_briefs_are_many_then_each_measure_has_an_interval_and_unknown_ones_none() -> None:
    found = over_briefs([told(balance=0.0, creativity=None), told(balance=1.0, creativity=None)])

    assert found["balance"] is not None and found["balance"].low < 0.5 < found["balance"].high
    assert found["creativity"] is None
    assert weakest(found) == "balance"
    assert weakest({}) is None


def test_when_alternatives_come_from_one_brief_then_the_best_is_measured_and_all_for_diversity() -> None:
    best, other = formula(lemon=30, rose=45, musk=25), formula(lemon=80, musk=20)
    generated = Generated(Brief(odour={"rose": 1.0}), (alternative(best), alternative(other, number=2)), 0.0, 0.0)

    found = quality(generated, catalogue=CATALOGUE, accords={}, existing=[other])

    assert found.structure == found.balance == found.consistency == found.feasibility == 1
    assert found.creativity == found.diversity == pytest.approx(0.5)
    assert found.grade == "A+"
