"""Cuts by money: chosen by expectation, bounded by budget, and silent without prices."""

from __future__ import annotations

import json

import numpy as np
import pytest

from core.ctr.economics import MONEY, Prices, weigh
from core.errors import BadInput

CHANCES = np.array([0.30, 0.20, 0.10, 0.05, 0.02, 0.01])
CLICKED = np.array([1, 0, 1, 0, 0, 0], np.int8)


def test_when_a_click_pays_for_ten_impressions_then_rows_at_a_tenth_are_the_last_shown() -> None:
    found = weigh(CHANCES, Prices(1000, 100), clicked=CLICKED)

    assert found.best is not None
    assert (found.best.impressions, found.best.threshold) == (3, 0.10)
    assert found.break_even == pytest.approx(0.1)
    assert found.revenue == pytest.approx(600)
    assert found.cost == 300
    assert found.profit == pytest.approx(300)
    assert found.roi == pytest.approx(1.0)
    assert found.roas == pytest.approx(2.0)
    assert found.best.profit == 2 * 1000 - 300
    assert found.unavailable == {}


def test_when_the_curve_is_drawn_then_no_point_beats_the_best_cut() -> None:
    found = weigh(np.random.default_rng(0).beta(1, 30, 5000), Prices(500, 20))

    assert max(point.expected_profit for point in found.curve) <= found.best.expected_profit + 1e-9
    assert found.curve[0].impressions == 0
    assert found.curve[-1].impressions == 5000
    assert len(found.curve) <= 202


def test_when_the_budget_is_short_then_the_best_rows_are_bought_first() -> None:
    found = weigh(CHANCES, Prices(1000, 100, budget=250))

    assert found.best.impressions == 2
    assert found.cost == 200


def test_when_nothing_is_worth_its_price_then_nothing_is_shown_and_no_ratio_is_invented() -> None:
    found = weigh(CHANCES, Prices(100, 90))

    assert found.best.impressions == 0
    assert found.profit == 0
    assert found.roi is None
    assert found.unavailable["roi"] == "ctr.nothing_spent"
    assert json.loads(json.dumps(found.as_dict(), allow_nan=False))["best"]["threshold"] is None


def test_when_compared_with_chance_then_the_gain_is_the_ranking_s_alone() -> None:
    found = weigh(CHANCES, Prices(1000, 100))

    assert found.additional_revenue == pytest.approx(600 - 3 * 1000 * CHANCES.mean())
    assert weigh(np.full(6, 0.2), Prices(1000, 100)).additional_revenue == pytest.approx(0)


def test_when_prices_move_a_fifth_then_the_new_cut_and_the_cost_of_staying_are_told() -> None:
    chances = np.random.default_rng(1).beta(1, 30, 5000)
    found = weigh(chances, Prices(500, 20))
    swings = {(one.price, one.change): one for one in found.sensitivity}

    assert set(swings) == {
        (price, change) for price in ("value_per_click", "cost_per_impression") for change in (-0.2, 0.2)
    }
    assert (
        swings["value_per_click", 0.2].impressions
        > found.best.impressions
        > swings["value_per_click", -0.2].impressions
    )
    assert swings["cost_per_impression", 0.2].impressions < found.best.impressions
    assert all(one.loss >= -1e-9 for one in found.sensitivity)


def test_when_a_budget_binds_and_prices_rise_then_the_old_cut_is_cut_to_the_budget() -> None:
    found = weigh(CHANCES, Prices(10_000, 100, budget=300))
    dearer = next(one for one in found.sensitivity if one.price == "cost_per_impression" and one.change > 0)

    assert dearer.impressions == 2
    assert dearer.loss == pytest.approx(0)


@pytest.mark.parametrize(("prices", "reason"), [(Prices(), "ctr.no_prices"), (Prices(1000), "ctr.no_impression_cost"),
                                                (Prices(None, 5), "ctr.no_click_value")])  # fmt: skip
def test_when_a_price_is_unknown_then_every_money_field_is_null_with_the_reason(prices: Prices, reason: str) -> None:
    found = weigh(CHANCES, prices)

    assert all(getattr(found, name) is None for name in MONEY)
    assert found.unavailable == dict.fromkeys(MONEY, reason)
    assert found.best is None


def test_when_a_click_is_worth_nothing_then_there_is_no_break_even() -> None:
    assert weigh(CHANCES, Prices(0, 10)).unavailable["break_even"] == "ctr.click_worth_nothing"


@pytest.mark.parametrize("prices", [Prices(-1, 5), Prices(5, float("nan")), Prices(5, 1, budget=float("inf"))])
def test_when_a_price_is_no_amount_then_it_is_refused(prices: Prices) -> None:
    with pytest.raises(BadInput):
        weigh(CHANCES, prices)


def test_when_the_curve_is_drawn_then_the_best_cut_is_a_point_of_it() -> None:
    found = weigh(np.random.default_rng(2).beta(1, 30, 5000), Prices(500, 20))

    assert found.best in found.curve


def test_when_a_click_is_worth_less_than_one_then_there_still_is_a_break_even() -> None:
    assert weigh(CHANCES, Prices(0.5, 0.1)).break_even == pytest.approx(0.2)
