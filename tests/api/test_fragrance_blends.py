"""A blend of named notes and a mood board over HTTP."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.api.fragrance_home import Perfumery, perfumery

__all__ = ["perfumery"]

BLEND, BOARD = "/api/v1/generate/custom-blend", "/api/v1/generate/mood-board"


def test_when_notes_are_blended_then_ratios_add_up_and_the_weights_make_the_batch(perfumery: Perfumery) -> None:
    body = {"notes": ["rose", {"name": "vetiver oil"}, "moon dust"], "mood": "romantic", "batch_g": 50}
    told = perfumery.answer(BLEND, body)
    weights = [float(found) for one in told["blending_instructions"] for found in re.findall(r"Weigh ([\d.]+) g", one)]

    assert sum(told["recommended_ratios"].values()) == pytest.approx(100)
    assert any("vetiver" in name.lower() for name in told["recommended_ratios"])
    assert sum(weights) == pytest.approx(told["batch_g"])
    assert told["estimated_cost"] > 0
    assert told["unread"] == ["moon dust"]


@pytest.mark.parametrize("body", [{}, {"notes": ["rose"] * 16}, {"notes": ["rose"], "batch_g": -1}, {"notes": 5}])
def test_when_a_blend_cannot_be_made_then_400_says_why(perfumery: Perfumery, body: dict[str, Any]) -> None:
    assert perfumery.asks(BLEND, body).status_code == 400


def test_when_a_customer_asks_for_amounts_then_it_is_refused(perfumery: Perfumery) -> None:
    assert perfumery.asks(BLEND, {"notes": ["rose"]}, who=perfumery.customer).status_code == 403


def test_when_a_mood_is_laid_out_then_odours_and_colours_follow_the_brief(perfumery: Perfumery) -> None:
    pink = perfumery.answer(BOARD, {"mood": "romantic", "description": "rose and peony"}, who={})
    sea = perfumery.answer(BOARD, {"mood": "fresh", "description": "marine, minty"}, who={})

    assert "rose" in [one["id"] for one in pink["odours"]]
    assert [one["id"] for one in pink["colours"]] != [one["id"] for one in sea["colours"]]
    assert all(one["why"] and one["css"].startswith("lab(") for one in pink["colours"])
    assert pink["materials"]
    assert "not measurements" in pink["message"]


def test_when_nothing_is_said_then_there_is_no_board(perfumery: Perfumery) -> None:
    assert perfumery.asks(BOARD, {}).status_code == 400
