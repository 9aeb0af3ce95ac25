"""Composing over HTTP: one body for three readers, amounts for those who may see them, and refusals that say why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from core.fragrance.generation.styles import layer_bands
from core.resilience import breakers
from core.settings.current import get_settings
from tests.api.fragrance_home import CHAT_BODY, CREATOR_BODY, PAGE_BODY, Perfumery, perfumery
from tests.workers import free_port

__all__ = ["perfumery"]

RECIPE = "/api/v1/generate/recipe"
LAYERS = ("top_notes", "heart_notes", "base_notes")


def formula_of(answer: dict[str, Any]) -> list[tuple[str, float]]:
    return [(one["id"], one["percentage"]) for one in answer["admin_recipe"]["ingredients"]]


@pytest.mark.parametrize("path", [RECIPE, "/api/v2/generate/recipe", "/api/v2/admin/recipe"])
def test_when_the_chat_component_asks_then_nested_names_and_characteristics_are_there(
    perfumery: Perfumery, path: str
) -> None:
    recipe = perfumery.answer(path, CHAT_BODY)["recipe"]

    for layer in LAYERS:
        names = [one["name"] for one in recipe["composition"][layer]]
        assert names
        assert all(isinstance(name, str) and name for name in names)
    assert recipe["characteristics"]["intensity"] == CHAT_BODY["intensity"]
    assert recipe["characteristics"]["season"] == "all"
    assert recipe["name"]
    assert recipe["description"]


def test_when_the_creator_asks_then_names_at_the_top_are_the_nested_ones_and_a_price_is_told(
    perfumery: Perfumery,
) -> None:
    told = perfumery.answer(RECIPE, CREATOR_BODY)

    for layer in LAYERS:
        assert told[layer] == [one["name"] for one in told["recipe"]["composition"][layer]]
    assert told["middle_notes"] == told["heart_notes"]
    assert told["success"] is True
    assert isinstance(told["price"], str)
    assert told["price_value"] == pytest.approx(told["admin_recipe"]["suggested_price"])
    assert told["currency"] in told["price"]


def test_when_the_page_asks_then_the_profile_is_prose_and_the_admin_part_has_numbers(perfumery: Perfumery) -> None:
    told = perfumery.answer(RECIPE, PAGE_BODY)
    profile, admin = told["customer_info"], told["admin_recipe"]

    assert all(profile[name] for name in profile), profile
    assert {type(admin[name]) for name in ("total_cost", "cost_per_ml", "suggested_price")} == {float}
    assert admin["recipe_id"] == told["generation_id"]
    assert admin["limits"]["verdict"] in ("pass", "unknown")
    assert told["recipe"]["metadata"]["season"] == "winter"


def test_when_a_formula_is_told_then_it_adds_up_in_shares_layers_and_costs(perfumery: Perfumery) -> None:
    told = perfumery.answer(RECIPE, CREATOR_BODY)
    admin = told["admin_recipe"]

    assert sum(one["percentage"] for one in told["recipe"]["ingredients"]) == pytest.approx(100, abs=0.1)
    for position, (low, high) in layer_bands("floral").items():
        assert low - 1e-6 <= admin["layers"][position] <= high + 1e-6
    by_hand = sum(one["percentage"] / 100 * one["price_per_kg"] for one in admin["ingredients"])
    assert admin["cost_per_kg"] == pytest.approx(by_hand)
    assert admin["suggested_price"] == pytest.approx(get_settings().fragrance_price_factor * admin["total_cost"])


def test_when_briefs_differ_then_so_do_formulas_and_one_brief_with_one_seed_gives_one(perfumery: Perfumery) -> None:
    first, again = (perfumery.answer(RECIPE, {**CREATOR_BODY, "seed": 5}) for _ in range(2))
    other = perfumery.answer(RECIPE, CHAT_BODY)

    assert first == again
    assert {name for name, _ in formula_of(first)} != {name for name, _ in formula_of(other)}


@pytest.mark.parametrize(
    "more",
    [{"season": "all"}, {"season": "fall"}, {"gender": "female"}, {"mood": ["calm", "fresh"]}, {"unheard_of": [1]}],
)
def test_when_a_client_uses_a_word_of_its_own_then_it_is_understood(perfumery: Perfumery, more: dict[str, Any]) -> None:
    told = perfumery.answer(RECIPE, {**CREATOR_BODY, **more})

    expected = {"all": "all", "fall": "autumn"}.get(str(more.get("season")), "all")
    assert told["recipe"]["characteristics"]["season"] == expected


@pytest.mark.parametrize("free_text", ["description", "unique_request", "prompt"])
def test_when_words_are_free_then_they_reach_the_formula_whatever_they_are_called(
    perfumery: Perfumery, free_text: str
) -> None:
    told = perfumery.answer(RECIPE, {free_text: "a smoky vetiver without vanilla"})

    assert "vetiver" in " ".join(told["understood"]).lower()
    assert not [name for layer in LAYERS for name in told[layer] if "vanill" in name.lower()]


def test_when_notes_are_wanted_and_excluded_then_both_are_honoured(perfumery: Perfumery) -> None:
    wishes = {"notes": ["vetiver oil"], "exclude_notes": ["patchouli oil"]}
    told = perfumery.answer(RECIPE, {"fragrance_family": "woody", "preferences": wishes})
    names = " ".join(name for layer in LAYERS for name in told[layer]).lower()

    assert "vetiver" in names
    assert "patchouli" not in names


def test_when_a_conversation_is_sent_along_then_what_the_assistant_said_is_no_wish(perfumery: Perfumery) -> None:
    context = [{"role": "user", "content": "something with lemon"}, {"role": "assistant", "content": "with leather?"}]
    told = perfumery.answer(RECIPE, {"conversation_context": context})
    understood = " ".join(told["understood"]).lower()

    assert "lemon" in understood
    assert "leather" not in understood


@pytest.mark.parametrize("who", ["customer", "guest"])
def test_when_a_customer_asks_then_there_is_prose_and_no_amount_anywhere(perfumery: Perfumery, who: str) -> None:
    header = perfumery.customer if who == "customer" else {}
    told = perfumery.answer(RECIPE, CREATOR_BODY, who=header)
    whole = perfumery.answer(RECIPE, CREATOR_BODY)

    assert told["admin_recipe"] is None
    assert "percentage" not in str(told)
    assert told["customer_info"] == whole["customer_info"]
    assert told["top_notes"] == whole["top_notes"]
    assert not [one for one in told["recipe"]["ingredients"] if one["type"] == "solvent"]
    assert told["price_value"] == whole["price_value"]
    assert any("sample" in one for one in told["notices"]), "a price from sample prices says that it is one"


def test_when_a_perfumer_keeps_it_then_the_formula_is_stored_under_the_id_that_is_told(perfumery: Perfumery) -> None:
    from core.fragrance.formulas.stored import get_version
    from core.security.policy import LOCAL_ANALYST

    told = perfumery.answer(RECIPE, {**CREATOR_BODY, "save": True})
    admin = told["admin_recipe"]

    assert admin["is_saved"]
    stored = get_version(admin["recipe_id"], principal=LOCAL_ANALYST)
    assert [line.ingredient for line in stored.formula.lines] == [name for name, _ in formula_of(told)]


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({**CREATOR_BODY, "intensity": "deafening"}, "intensity"),
        ({**CREATOR_BODY, "intensity": 5}, "intensity"),
        ({**CREATOR_BODY, "fragrance_family": "plastic"}, "family"),
        ({**CREATOR_BODY, "mood": "purple"}, "mood"),
        ({**CREATOR_BODY, "season": "monsoon"}, "season"),
        ({**CREATOR_BODY, "preferences": {"notes": ["rose"] * 21}}, "notes"),
        ({**CREATOR_BODY, "category": "99"}, "99"),
        ({**CREATOR_BODY, "dosage": 400}, "400"),
        ({"description": "x" * 5000}, "5000"),
        ({}, "description"),
        ([], "body"),
    ],
)
def test_when_a_brief_cannot_be_used_then_400_names_the_field(perfumery: Perfumery, body: Any, named: str) -> None:
    answer = perfumery.asks(RECIPE, body)

    assert answer.status_code == 400
    assert named in answer.json()["message"]
    assert answer.json()["success"] is False


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"description": "rose \\ud800"}', 200),
        (b'{"mood": "\\ud800"}', 400),
        (b'{"conversation_context": ' + b"[" * 300 + b"]" * 300 + b"}", 400),
        (b"{", 400),
    ],
)
def test_when_a_body_holds_what_no_answer_can_then_it_is_read_or_refused(
    perfumery: Perfumery, body: bytes, status: int
) -> None:
    headers = {**perfumery.perfumer, "Content-Type": "application/json"}
    answer = perfumery.client.post(RECIPE, content=body, headers=headers)

    assert answer.status_code == status
    assert answer.json()["message"]


def test_when_a_brief_cannot_be_met_then_422_names_what_contradicts(perfumery: Perfumery) -> None:
    answer = perfumery.asks(RECIPE, {**CREATOR_BODY, "budget_per_kg": 1})

    assert answer.status_code == 422
    assert "budget" in answer.json()["message"]


def test_when_a_batch_holds_one_that_cannot_be_used_then_the_others_are_composed_in_order(
    perfumery: Perfumery,
) -> None:
    requests = [CREATOR_BODY, {**CREATOR_BODY, "intensity": "deafening"}, CHAT_BODY]
    told = perfumery.answer("/api/v1/generate/batch", {"requests": requests})

    assert [one["index"] for one in told["recipes"]] == [0, 2]
    assert (told["total_recipes"], told["failed_generations"]) == (2, 1)
    assert "intensity" in told["failures"][0]["error"]
    assert told["recipes"][0]["top_notes"] == perfumery.answer(RECIPE, CREATOR_BODY)["top_notes"]
    assert told["average_quality"] == pytest.approx(sum(one["quality"] for one in told["recipes"]) / 2)
    assert 0 < told["average_quality"] <= 1
    assert told["generation_time"] > 0


def test_when_prompts_are_sent_then_each_is_a_brief_in_words(perfumery: Perfumery) -> None:
    told = perfumery.answer("/api/v1/generate/batch", {"prompts": ["장미와 바이올렛", 7, "smoky cedar"]})

    assert [one["index"] for one in told["recipes"]] == [0, 2]
    assert "prompt" in told["failures"][0]["error"]


@pytest.mark.parametrize("body", [{"requests": [CREATOR_BODY] * 21}, {"requests": []}, {"prompts": ["rose"] * 21}, {}])
def test_when_a_batch_has_no_or_too_many_briefs_then_400_says_how_many_go(
    perfumery: Perfumery, body: dict[str, Any]
) -> None:
    answer = perfumery.asks("/api/v1/generate/batch", body)

    assert answer.status_code == 400
    assert "20" in answer.json()["message"]


def test_when_a_batch_holds_nothing_usable_then_it_says_so_with_a_null_quality(perfumery: Perfumery) -> None:
    told = perfumery.answer("/api/v1/generate/batch", {"requests": ["rose", 3, None]})

    assert told["success"] is False
    assert (told["recipes"], told["failed_generations"], told["average_quality"]) == ([], 3, None)


def test_when_nobody_signed_in_and_nothing_is_open_then_the_bubble_says_why(
    perfumery: Perfumery, settings_from: Callable[..., object]
) -> None:
    settings_from(WORKBENCH_OPEN_ROUTES="")
    answer = perfumery.asks(RECIPE, CREATOR_BODY, who={})

    assert answer.status_code == 401
    assert answer.json()["response"] == answer.json()["message"]


@pytest.fixture
def model_away(settings_from: Callable[..., object]) -> Iterator[Callable[..., object]]:
    """A language model is configured whose server does not answer; call with further settings."""
    breakers._breakers.clear()
    away = {"WORKBENCH_LLM_PROVIDER": "ollama", "WORKBENCH_LLM_MODEL": "echo", "WORKBENCH_OUTSIDE_RETRIES": "0"}
    address = f"http://127.0.0.1:{free_port()}"
    yield lambda **more: settings_from(**away, WORKBENCH_OLLAMA_BASE_URL=address, OLLAMA_BASE_URL=address, **more)
    breakers._breakers.clear()


@pytest.mark.parametrize("body", [CREATOR_BODY, {"fragrance_family": "woody"}])
def test_when_the_language_model_is_away_then_rules_write_and_one_failure_is_counted(
    perfumery: Perfumery, model_away: Callable[..., object], body: dict[str, Any]
) -> None:
    model_away()
    told = perfumery.answer(RECIPE, body)

    assert told["generator"] == "rule"
    assert any("did not answer" in one for one in told["notices"])
    assert [(one.name, one.failures) for one in breakers.states()] == [("ollama", 1)]


def test_when_a_story_is_required_of_a_model_that_is_away_then_503_says_so(
    perfumery: Perfumery, model_away: Callable[..., object]
) -> None:
    model_away(WORKBENCH_FRAGRANCE_STORY_REQUIRED="1")
    answer = perfumery.asks(RECIPE, CREATOR_BODY)

    assert answer.status_code == 503
    assert "echo" in answer.json()["message"]
    assert answer.json()["response"]
