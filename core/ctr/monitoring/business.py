"""What a run brings in money at its chosen cut, from the prices it was given; nothing without them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Business:
    """Money at the chosen cut, expected, from the prices of the run.

    click_rate_gain: click rate at the cut over that of all test rows, less 1. roi_gain: roi at the cut minus
    that of showing to every row.
    """

    roas: float | None
    roi: float | None
    roi_gain: float | None
    additional_revenue: float | None
    revenue_per_click: float | None
    click_rate_gain: float | None


NO_BUSINESS = Business(None, None, None, None, None, None)
NAMES = tuple(Business.__dataclass_fields__)
REASON_OF = {"roi_gain": "roi", "revenue_per_click": "revenue"}  # where a field shares the reason of another


def business_of(document: Mapping[str, Any]) -> tuple[Business, dict[str, str]]:
    """The figures of a report, and for each that is None the key of the sentence that says why."""
    money, cut = document["economics"], document["evaluation"]["at_threshold"]
    prices, curve = money["prices"], money["curve"]
    roi_of_all = None
    if curve and prices["cost_per_impression"]:
        everything = curve[-1]
        roi_of_all = everything["expected_profit"] / (prices["cost_per_impression"] * everything["impressions"])
    gain = None
    if cut["precision"] is not None and cut["base"]["precision"]:
        gain = cut["precision"] / cut["base"]["precision"] - 1
    business = Business(
        roas=money["roas"],
        roi=money["roi"],
        roi_gain=None if money["roi"] is None or roi_of_all is None else money["roi"] - roi_of_all,
        additional_revenue=money["additional_revenue"],
        revenue_per_click=prices["value_per_click"],
        click_rate_gain=gain,
    )
    missing = [name for name in NAMES if getattr(business, name) is None]
    reasons: Mapping[str, str] = money["unavailable"]
    return business, {name: reasons.get(REASON_OF.get(name, name), "monitoring.nothing_flagged") for name in missing}
