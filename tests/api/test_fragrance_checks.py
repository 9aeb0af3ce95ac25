"""Validation and limits over HTTP: methods and confidences as they are, and nothing passes that nobody could judge."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.fragrance_home import CREATOR_BODY, Perfumery, perfumery

__all__ = ["perfumery"]

VALIDATE, LIMITS = "/api/v1/validate", "/api/v1/limits/check"
TOP, HEART, BASE = ["limonene"], ["methyl dihydrojasmonate"], ["ethylene brassylate"]
NAMES = {"top_notes": TOP, "heart_notes": HEART, "base_notes": BASE}


@pytest.fixture(scope="module")
def formula(perfumery: Perfumery) -> list[dict[str, Any]]:
    """A composed formula as a client would send it back."""
    told = perfumery.answer("/api/v1/generate/recipe", CREATOR_BODY)
    return [{"ingredient": one["id"], "percentage": one["percentage"]} for one in told["admin_recipe"]["ingredients"]]


def test_when_volatility_is_upside_down_then_the_score_is_lower(perfumery: Perfumery) -> None:
    right = perfumery.answer(VALIDATE, NAMES)
    wrong = perfumery.answer(VALIDATE, {"top_notes": BASE, "heart_notes": HEART, "base_notes": TOP})

    assert wrong["score"] < right["score"]
    assert wrong["stability"] < right["stability"]


def test_when_a_name_is_unknown_then_it_is_named_and_confidence_is_lower(perfumery: Perfumery) -> None:
    known = perfumery.answer(VALIDATE, NAMES)
    told = perfumery.answer(VALIDATE, {**NAMES, "heart_notes": [*HEART, "moon dust"]})

    assert told["unknown"] == ["moon dust"]
    assert told["confidence"] < known["confidence"]


def test_when_there_are_only_names_then_the_method_is_rules_and_says_what_it_assumed(perfumery: Perfumery) -> None:
    told = perfumery.answer(VALIDATE, NAMES)

    assert told["method"] == "rules"
    assert told["confidence"] != 0.85
    assert told["assumptions"]


def test_when_notes_come_as_objects_or_as_middle_notes_then_they_are_read(perfumery: Perfumery) -> None:
    objects = {"top_notes": [{"name": TOP[0]}], "middle_notes": HEART, "base_notes": [{"name": BASE[0], "x": 1}]}

    assert perfumery.answer(VALIDATE, objects) == perfumery.answer(VALIDATE, NAMES)


def test_when_a_formula_is_sent_then_the_model_tells_figures_within_their_ranges(
    perfumery: Perfumery, formula: list[dict[str, Any]]
) -> None:
    told = perfumery.answer(VALIDATE, {"formula": formula, "fragrance_family": "floral"})

    assert told["method"] == "evaporation model"
    assert 0 < told["longevity_h"] <= 24
    assert 0 <= told["sillage"] <= 1
    assert sum(told["layers"].values()) == pytest.approx(100)


def test_when_limits_are_checked_then_table_date_and_advice_stand_beside_the_verdict(
    perfumery: Perfumery, formula: list[dict[str, Any]]
) -> None:
    told = perfumery.answer(LIMITS, {"formula": formula, "category": "4", "dosage": 15})

    assert told["verdict"] in ("pass", "unknown")
    assert told["is_sample"] is True
    assert told["amended_on"]
    assert "not a certification" in told["advice"]


def test_when_a_customer_asks_for_limits_then_it_is_refused(
    perfumery: Perfumery, formula: list[dict[str, Any]]
) -> None:
    assert perfumery.asks(LIMITS, {"formula": formula}, who=perfumery.customer).status_code == 403


def test_when_a_material_is_over_its_limit_then_the_rule_and_the_line_are_named(perfumery: Perfumery) -> None:
    mostly = [{"name": "eugenol", "percentage": 60}, {"name": "methyl dihydrojasmonate", "percentage": 40}]
    told = perfumery.answer(LIMITS, {"ingredients": mostly, "dosage": 100})

    failed = [one for one in told["rules"] if one["verdict"] == "fail"]
    assert told["verdict"] == "fail"
    assert failed[0]["product_share"] > failed[0]["limit"]
    assert failed[0]["contributions"]


@pytest.mark.parametrize(
    ("path", "body", "named"),
    [
        (VALIDATE, {}, "ingredient"),
        (VALIDATE, {"formula": [{"ingredient": "moon dust", "percentage": 100}]}, "moon dust"),
        (VALIDATE, {"formula": [{"ingredient": "eugenol", "percentage": 90}]}, "90"),
        (VALIDATE, {"formula": [{"ingredient": "eugenol"}]}, "percentage"),
        (VALIDATE, {"top_notes": "eugenol"}, "top_notes"),
        (VALIDATE, {**NAMES, "category": "99"}, "99"),
        (VALIDATE, {**NAMES, "fragrance_family": "plastic"}, "family"),
        (LIMITS, {}, "formula"),
        (LIMITS, {"formula": [{"ingredient": "eugenol", "percentage": 100}], "dosage": 0}, "0"),
        (LIMITS, {"formula": [{"ingredient": "eugenol", "percentage": -100}]}, "eugenol"),
    ],
)
def test_when_something_cannot_be_checked_then_400_says_what(
    perfumery: Perfumery, path: str, body: dict[str, Any], named: str
) -> None:
    answer = perfumery.asks(path, body)

    assert answer.status_code == 400
    assert named in answer.json()["message"]
