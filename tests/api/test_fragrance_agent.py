"""What the agent tells of itself is looked up, and what nobody rated is not made popular."""

from __future__ import annotations

from fastapi.routing import APIRoute

from app.api.main import create_app
from core.fragrance.catalogue.current import current_catalogue
from core.settings.current import get_settings
from tests.api.fragrance_home import Perfumery, perfumery
from tests.fragrance.search_home import PERFUMES

__all__ = ["perfumery"]


def test_when_the_state_is_asked_for_then_it_is_that_of_the_catalogue_and_the_limits(perfumery: Perfumery) -> None:
    told = perfumery.answer("/api/v2/agentic/status", method="GET")

    assert told["materials"] == len(current_catalogue().materials)
    assert told["limits_are_samples"] is True
    assert told["without_vector"] <= told["entries"]
    assert told["story_model"] is None


def test_when_the_tools_are_listed_then_each_is_a_route_that_is_served(perfumery: Perfumery) -> None:
    told = perfumery.answer("/api/v2/agentic/tools", method="GET")["tools"]

    served = {
        f"{method} {route.path}"
        for route in create_app(get_settings()).routes
        if isinstance(route, APIRoute)
        for method in route.methods
    }
    assert told
    assert set(told.values()) <= served


def test_when_something_is_recommended_then_it_is_of_the_catalogue_and_says_what_matched(perfumery: Perfumery) -> None:
    told = perfumery.answer("/api/v2/agentic/recommendations", {"query": "rose", "limit": 3}, who={})

    names = {one.name for one in PERFUMES}
    assert told["recommendations"]
    assert all(one["name"] in names for one in told["recommendations"])
    assert any("rose" in note.casefold() for one in told["recommendations"] for note in one["matched"])


def test_when_nobody_rated_then_nothing_is_popular_and_it_says_so(perfumery: Perfumery) -> None:
    told = perfumery.answer("/api/v2/public/recipes/popular", method="GET")

    assert told["recipes"] == []
    assert told["reason"]


def test_when_recipes_are_rated_then_the_best_come_first_with_their_count(perfumery: Perfumery) -> None:
    for recipe, rating in (("a", 3), ("a", 4), ("b", 5)):
        perfumery.answer("/api/v1/feedback/recipe", {"recipe_id": recipe, "rating": rating})

    told = perfumery.answer("/api/v2/public/recipes/popular", method="GET")

    assert told["recipes"] == [
        {"recipe_id": "b", "rating": 5.0, "ratings": 1},
        {"recipe_id": "a", "rating": 3.5, "ratings": 2},
    ]
    assert told["reason"] == ""
