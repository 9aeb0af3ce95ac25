"""Where figures come from, and how each becomes text in exactly one way."""

from __future__ import annotations

from typing import Any

import pytest

from core.ctr.economics import Prices
from core.ctr.reporting.fact_text import Fact, base_text, fact_text
from core.ctr.reporting.report_facts import facts_of
from tests.ctr.reporting_example import make_report


def at_pointer(documents: dict[str, Any], source: str) -> Any:
    """What stands at "file#/json/pointer"."""
    file, pointer = source.split("#/")
    place = documents[file]
    for step in pointer.split("/"):
        name = step.replace("~1", "/").replace("~0", "~")
        place = place[int(name)] if isinstance(place, list) else place[name]
    return place


def test_when_facts_are_gathered_then_each_leads_back_to_its_place_in_the_report() -> None:
    report = make_report()
    documents = {"report.json": report.document, "explanation.json": report.explanation}

    for fact in facts_of(report).values():
        place = at_pointer(documents, fact.source)
        if not isinstance(place, list | dict) and fact.id not in ("three_tenths.lift", "tenth.more_clicks"):
            if fact.id != "money.more_revenue":
                assert place == fact.value, fact.id
        elif isinstance(place, dict) and "value" in place:
            assert (place["value"], place["low"], place["high"]) == (fact.value, fact.low, fact.high)


def test_when_headline_scores_are_told_then_they_bring_interval_and_base() -> None:
    report = make_report()
    fact = facts_of(report)["score.average_precision"]

    assert fact.low is not None and fact.high is not None and fact.low <= fact.number <= fact.high
    assert fact.base == report.document["evaluation"]["base"]["average_precision"]


def test_when_a_column_name_holds_a_slash_then_its_source_is_still_found() -> None:
    report = make_report()
    assert report.explanation is not None
    report.explanation["features"][0]["name"] = "a/b~c"

    fact = facts_of(report)["importance.a/b~c"]

    assert at_pointer({"explanation.json": report.explanation}, fact.source)["value"] == fact.value


def test_when_no_prices_are_stated_then_money_is_none_with_a_reason() -> None:
    fact = facts_of(make_report(prices=None))["money.profit"]

    assert fact.value is None
    assert fact.reason == "ctr.no_prices"
    assert fact_text(fact, "en") == "–"


@pytest.mark.parametrize(
    ("fact", "english", "korean"),
    [
        (Fact("a", 60000, "count"), "60,000", "60,000"),
        (Fact("a", 0.0192, "share"), "1.92 %", "1.92%"),
        (Fact("a", 0.00004, "share"), "0.0040 %", "0.0040%"),
        (Fact("a", 0.084, "score", 0.061, 0.107), "0.084 (95 % 0.061 to 0.107)", "0.084 (95% 신뢰구간 0.061~0.107)"),
        (Fact("a", 2.5, "factor"), "2.50 times", "2.50배"),
        (Fact("a", 1234567.4, "money"), "1,234,567", "1,234,567"),
        (Fact("a", 0.5, "money"), "0.50", "0.50"),
        (Fact("a", 0.00001, "p"), "< 0.001", "< 0.001"),
        (Fact("a", -0.01, "difference"), "-0.0100", "-0.0100"),
        (Fact("a", -0.000001, "nats"), "0.00000", "0.00000"),
        (Fact("a", "order_logistic", "text"), "order_logistic", "order_logistic"),
    ],
)
def test_when_a_fact_becomes_text_then_digits_and_units_follow_its_unit(fact: Fact, english: str, korean: str) -> None:
    assert fact_text(fact, "en") == english
    assert fact_text(fact, "ko") == korean


def test_when_the_interval_is_left_out_then_the_figure_keeps_its_digits() -> None:
    fact = Fact("a", 0.084, "score", 0.061, 0.107, base=0.019)

    assert fact_text(fact, "en", interval=False) == "0.084"
    assert base_text(fact, "en") == "0.019"


def test_when_the_cut_pays_then_the_additional_share_is_over_as_many_rows_by_chance() -> None:
    facts = facts_of(make_report(prices=Prices(120.0, 6.0)))
    revenue, additional = facts["money.revenue"].number, facts["money.additional_revenue"].number

    assert facts["money.more_revenue"].number == pytest.approx(revenue / (revenue - additional) - 1)
