"""Which impressions to buy: profit over cut-offs from value per click, cost per impression and a budget.

Figures of money come from these inputs alone; without them they are None and `unavailable` says why.
Currency is whatever the inputs are in.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import floor, inf, isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInput

CURVE_POINTS = 200
SWING = 0.20  # of value and cost, for the sensitivity
SWUNG = ("value_per_click", "cost_per_impression")
MONEY = ("revenue", "cost", "profit", "roi", "roas", "additional_revenue", "profit_over_all", "break_even")
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Prices:
    """value_per_click and cost_per_impression in one currency; budget for the rows at hand, None for no limit."""

    value_per_click: float | None = None
    cost_per_impression: float | None = None
    budget: float | None = None


@dataclass(frozen=True)
class CutOff:
    """Showing to the `impressions` best rows. Expected: by the probabilities. Realised: by the clicks that came."""

    threshold: float  # lowest probability that is shown; infinity where nothing is
    impressions: int
    expected_clicks: float
    expected_profit: float
    clicks: int | None
    profit: float | None


@dataclass(frozen=True)
class Swing:
    """The best cut when one price changes by `change` (a share); loss: profit forgone by keeping the old cut."""

    price: str
    change: float
    threshold: float
    impressions: int
    expected_profit: float
    loss: float


@dataclass(frozen=True)
class Economics:
    """roi: profit / cost. roas: revenue / cost. additional_revenue: over as many rows picked by chance.

    profit_over_all: over showing to every row. break_even: cost over value, the probability that pays for itself.
    Figures are expected ones at the best cut. unavailable: field -> key of the sentence that says why it is None.
    """

    prices: Prices
    curve: tuple[CutOff, ...]
    best: CutOff | None
    sensitivity: tuple[Swing, ...]
    unavailable: dict[str, str]
    revenue: float | None = None
    cost: float | None = None
    profit: float | None = None
    roi: float | None = None
    roas: float | None = None
    additional_revenue: float | None = None
    profit_over_all: float | None = None
    break_even: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON; the threshold of showing nothing becomes None."""
        plain = asdict(self)
        for cut in (*plain["curve"], *plain["sensitivity"], *([plain["best"]] if plain["best"] else [])):
            cut["threshold"] = cut["threshold"] if isfinite(cut["threshold"]) else None
        return plain


def weigh(probability: Floats, prices: Prices, *, clicked: NDArray[np.int8] | None = None) -> Economics:
    """The profit curve and its best cut. probability: calibrated, shape (rows,); clicked: what came, if known.

    The best cut is chosen by expected profit, never by the clicks it is then checked on.
    Raises BadInput for negative or endless prices.
    """
    reason = _missing_reason(prices)
    if reason is not None or prices.value_per_click is None or prices.cost_per_impression is None:
        return Economics(prices, (), None, (), dict.fromkeys(MONEY, str(reason)))
    value, price = prices.value_per_click, prices.cost_per_impression
    ranked = _Ranked(probability, clicked)
    shown = ranked.best_count(value, price, prices.budget)
    curve = tuple(ranked.cut(count, value, price) for count in ranked.counts(shown))
    best = ranked.cut(shown, value, price)
    revenue, cost = value * best.expected_clicks, price * shown
    by_chance = value * shown * float(probability.mean())
    everything = ranked.cut(len(probability), value, price).expected_profit
    no_cost = {} if cost > 0 else dict.fromkeys(("roi", "roas"), "ctr.nothing_spent")
    return Economics(
        prices=prices,
        curve=curve,
        best=best,
        sensitivity=_sensitivity(ranked, prices, value, price, shown),
        revenue=revenue,
        cost=cost,
        profit=revenue - cost,
        roi=(revenue - cost) / cost if cost > 0 else None,
        roas=revenue / cost if cost > 0 else None,
        additional_revenue=revenue - by_chance,
        profit_over_all=best.expected_profit - everything,
        break_even=price / value if value > 0 else None,
        unavailable=no_cost if value > 0 else {**no_cost, "break_even": "ctr.click_worth_nothing"},
    )


class _Ranked:
    """Rows by falling probability with running sums, so that any cut is a look-up."""

    def __init__(self, probability: Floats, clicked: NDArray[np.int8] | None) -> None:
        order = np.argsort(-probability, kind="stable")
        self.probability = probability[order]
        self.expected = np.concatenate([[0.0], np.cumsum(self.probability)])
        self.clicks = None if clicked is None else np.concatenate([[0], np.cumsum(clicked[order], dtype=np.int64)])

    def best_count(self, value: float, price: float, budget: float | None) -> int:
        """Rows that are worth their price, as many as the budget pays for."""
        worth = int(np.searchsorted(-self.probability * value, -price, side="right")) if value > 0 else 0
        return worth if budget is None or price == 0 else min(worth, floor(budget / price + 1e-9))

    def counts(self, best: int) -> list[int]:
        even = np.linspace(0, len(self.probability), CURVE_POINTS).round().astype(int)
        return sorted({*even.tolist(), best})

    def cut(self, count: int, value: float, price: float) -> CutOff:
        clicks = None if self.clicks is None else int(self.clicks[count])
        return CutOff(
            threshold=float(self.probability[count - 1]) if count else inf,
            impressions=count,
            expected_clicks=float(self.expected[count]),
            expected_profit=float(value * self.expected[count] - price * count),
            clicks=clicks,
            profit=None if clicks is None else value * clicks - price * count,
        )


def _sensitivity(ranked: _Ranked, prices: Prices, value: float, price: float, shown: int) -> tuple[Swing, ...]:
    found = []
    for name in SWUNG:
        for change in (-SWING, SWING):
            new_value = value * (1 + change) if name == "value_per_click" else value
            new_price = price * (1 + change) if name == "cost_per_impression" else price
            best = ranked.cut(ranked.best_count(new_value, new_price, prices.budget), new_value, new_price)
            affordable = shown
            if prices.budget is not None and new_price > 0:
                affordable = min(shown, floor(prices.budget / new_price + 1e-9))
            kept = ranked.cut(affordable, new_value, new_price)
            loss = best.expected_profit - kept.expected_profit
            found.append(Swing(name, change, best.threshold, best.impressions, best.expected_profit, loss))
    return tuple(found)


def _missing_reason(prices: Prices) -> str | None:
    for name, amount in asdict(prices).items():
        if amount is not None and not (isfinite(amount) and amount >= 0):
            raise BadInput("ctr.bad_price", name=name, value=amount)
    if prices.value_per_click is None:
        return "ctr.no_click_value" if prices.cost_per_impression is not None else "ctr.no_prices"
    return "ctr.no_impression_cost" if prices.cost_per_impression is None else None
