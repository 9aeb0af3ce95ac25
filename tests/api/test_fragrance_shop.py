"""The shop's addresses: products without invented prices, remarks, and the perfumer in one message."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.fragrance_home import Perfumery, perfumery
from tests.fragrance.search_home import PERFUMES

__all__ = ["perfumery"]


def test_when_products_are_listed_then_an_unknown_price_is_null_and_says_so(perfumery: Perfumery) -> None:
    told = perfumery.answer("/api/products", method="GET", who={})
    by_id = {one["id"]: one for one in told["products"]}

    assert told["total"] == len(PERFUMES)
    assert by_id["citrus"]["price"] == 45000
    assert "45,000" in by_id["citrus"]["price_text"]
    assert by_id["untold"]["price"] is None
    assert "Price on request" in by_id["untold"]["price_text"]


def test_when_products_are_asked_for_in_parts_then_each_is_shown_once(perfumery: Perfumery) -> None:
    parts = [perfumery.answer(f"/api/products?limit=4&offset={start}", method="GET")["products"] for start in (0, 4)]

    assert len({one["id"] for part in parts for one in part}) == len(PERFUMES)


def test_when_a_recipe_is_remarked_on_then_the_remark_is_kept(perfumery: Perfumery) -> None:
    kept = perfumery.answer("/api/v1/feedback/recipe", {"generation_id": "x", "rating": 4, "feedback": "warm"})

    assert kept["success"] is True
    assert kept["feedback_id"]


@pytest.mark.parametrize("body", [{"recipe_id": "x", "rating": 6}, {"recipe_id": "x"}, {"rating": 3}])
def test_when_a_remark_cannot_be_kept_then_400_says_why(perfumery: Perfumery, body: dict[str, Any]) -> None:
    assert perfumery.asks("/api/v1/feedback/recipe", body).status_code == 400


@pytest.mark.parametrize("more", [{"session_id": "s"}, {"context": ["I like roses"]}])
def test_when_the_perfumer_is_asked_then_both_callers_find_their_shape(
    perfumery: Perfumery, more: dict[str, Any]
) -> None:
    told = perfumery.answer("/api/ai-perfumer", {"message": "a quiet rose", **more}, who={})

    assert told["response"]
    assert told["fragrance"]["korean_name"]
    assert told["fragrance"]["story"]
    assert told["recipe"]["name"] and told["recipe"]["description"]
    assert all(one["name"] and one["type"] in ("top", "middle", "base") for one in told["recipe"]["ingredients"])
    assert set(told["recipe"]["metadata"]) >= {"intensity", "season"}
    assert told["session_id"] == more.get("session_id", "")


def test_when_nothing_is_said_to_the_perfumer_then_the_bubble_says_what_to_do(perfumery: Perfumery) -> None:
    answer = perfumery.asks("/api/ai-perfumer", {"message": ""})

    assert answer.status_code == 400
    assert answer.json()["response"]
