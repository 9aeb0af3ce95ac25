"""The fragrance frontend: recipes in three shapes, two chats, customer service, products (contract fragrance 1.1)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.fragrance_home import CHAT_BODY, CREATOR_BODY, PAGE_BODY
from tests.contracts.frontends import Frontend
from tests.contracts.reading import NUMBER, TEXT, TRUTH, WHOLE, Reads, one_of, or_null, within

RECIPE, CHAT = "/api/v1/generate/recipe", "/api/v1/generate/chat"
SERVICE = "/api/v1/customer-service"
LAYERS = ("top_notes", "heart_notes", "base_notes")
NESTED: Reads = within("recipe", {
    "name": TEXT, "description": TEXT, **{f"composition.{layer}[].name": TEXT for layer in LAYERS},
    "characteristics.intensity": one_of("moderate"), "characteristics.season": TEXT,
})  # fmt: skip
TOP_LEVEL: Reads = {"name": TEXT, "description": TEXT, "price": TEXT, **{f"{layer}[]": TEXT for layer in LAYERS}}
PROFILE: Reads = within("customer_info", dict.fromkeys((
    "name", "description", "story", "fragrance_family", "mood", "intensity", "longevity", "sillage",
    "top_notes_description", "middle_notes_description", "base_notes_description",
), TEXT))  # fmt: skip
ADMIN: Reads = within("admin_recipe", {
    **dict.fromkeys(("total_cost", "cost_per_ml", "suggested_price"), NUMBER), "recipe_id": TEXT,
    "maturation_time": WHOLE,
})  # fmt: skip
BUBBLE: Reads = {"response": TEXT, "conversation_id": TEXT}
PREVIEW: Reads = within("recipe_preview", {
    "name": TEXT, "description": TEXT, **{f"key_notes.{layer}[]": TEXT for layer in ("top", "heart", "base")},
})  # fmt: skip
REPLY: Reads = {
    "success": TRUTH, "session_id": TEXT, "response": TEXT, "category.category": TEXT,
    "sentiment.sentiment": one_of("positive", "neutral", "negative"), "redirect": or_null(TEXT),
}  # fmt: skip
PERFUMER: Reads = {
    "response": TEXT, "fragrance.korean_name": TEXT, "fragrance.story": TEXT,
    **within("recipe", {
        "name": TEXT, "description": TEXT, "ingredients[].name": TEXT, "ingredients[].type": TEXT,
        "metadata.intensity": TEXT, "metadata.season": TEXT,
    }),
}  # fmt: skip


@pytest.fixture
def artisan(fragrance: Frontend) -> Frontend:
    return fragrance.view("artisan-chat")


@pytest.fixture
def service(fragrance: Frontend) -> Frontend:
    return fragrance.view("customer-service")


def test_when_the_chat_component_asks_then_names_lie_nested(fragrance: Frontend) -> None:
    fragrance.view("ai-fragrance-chat").asks("POST", RECIPE, json=CHAT_BODY, reads=NESTED)


def test_when_the_creator_asks_then_names_lie_at_the_top(fragrance: Frontend) -> None:
    fragrance.view("fragrance-creator").asks("POST", RECIPE, json=CREATOR_BODY, reads=TOP_LEVEL)


def test_when_the_page_asks_then_it_finds_the_profile_and_the_costs(fragrance: Frontend) -> None:
    fragrance.view("app/create/page").asks("POST", RECIPE, json=PAGE_BODY, reads={**PROFILE, **ADMIN})


@pytest.mark.parametrize(
    "enumerated",
    [
        *({"fragrance_family": one} for one in ("floral", "citrus", "woody", "oriental", "fresh")),
        *({"mood": one} for one in ("romantic", "fresh", "elegant", "mysterious", "energetic")),
        *({"intensity": one} for one in ("light", "moderate", "strong")),
        *({"season": one} for one in ("spring", "summer", "autumn", "winter", "fall", "all")),
        *({"korean_region": one} for one in ("제주", "강원", "경상", "전라", "충청", "경기")),
        *({"gender": one} for one in ("feminine", "masculine", "unisex", "female", "male")),
    ],
    ids=lambda one: "-".join(f"{name}={value}" for name, value in one.items()),
)
def test_when_a_card_is_chosen_then_it_is_understood(fragrance: Frontend, enumerated: dict[str, str]) -> None:
    body = {"fragrance_family": "floral", "mood": "romantic", "intensity": "moderate", **enumerated}

    fragrance.view("app/create/page").asks("POST", RECIPE, json=body, reads=PROFILE)


def test_when_a_brief_is_refused_then_the_component_may_see_the_sentence(fragrance: Frontend) -> None:
    body = {**CREATOR_BODY, "intensity": "deafening"}

    fragrance.asks("POST", RECIPE, json=body, status=400, reads={"detail": TEXT, "message": TEXT})


def test_when_the_artisan_is_told_to_change_it_then_the_preview_changes_in_one_conversation(artisan: Frontend) -> None:
    asked = {"message": "달콤한 바닐라 향수를 만들어 주세요", "conversation_id": "", "history": []}
    first = artisan.asks("POST", CHAT, json=asked, reads={**BUBBLE, **PREVIEW})
    history = [{"role": "user", "content": asked["message"]}, {"role": "assistant", "content": first["response"]}]
    less = {"message": "덜 달게 해 주세요", "conversation_id": first["conversation_id"], "history": history}
    second = artisan.asks("POST", CHAT, json=less, reads={**BUBBLE, **PREVIEW})

    assert second["conversation_id"] == first["conversation_id"]
    assert second["recipe_preview"]["key_notes"] != first["recipe_preview"]["key_notes"]


def test_when_the_artisan_cannot_answer_then_the_bubble_is_not_blank_and_the_conversation_goes_on(
    artisan: Frontend,
) -> None:
    asked = {"message": "장미 향수", "conversation_id": "", "history": []}
    begun = artisan.asks("POST", CHAT, json=asked, reads=BUBBLE)["conversation_id"]
    empty: dict[str, Any] = {"message": "", "conversation_id": begun, "history": []}

    assert artisan.asks("POST", CHAT, json=empty, status=400, reads=BUBBLE)["conversation_id"] == begun


def test_when_the_page_talks_to_the_agent_then_it_finds_a_text(fragrance: Frontend) -> None:
    said = [{"role": "user", "content": "숲 향기를 좋아해요"}]
    context = {"conversation_history": said, "interaction_type": "chat", "message_count": 1}
    body = {"message": "시더우드가 들어간 향수", "session_id": "session-1735981200000", "context": context}

    fragrance.view("app/create/page").asks(
        "POST", "/api/v2/agentic/chat", json=body, reads={"response": TEXT, "message": TEXT}
    )


def test_when_the_service_page_is_opened_then_the_questions_are_there(service: Frontend) -> None:
    faq: Reads = {
        "success": one_of(True), "categories[].category": TEXT, "categories[].questions[].q": TEXT,
        "categories[].questions[].a": TEXT,
    }  # fmt: skip

    service.asks("GET", f"{SERVICE}/faq", reads=faq)


def test_when_a_visitor_talks_to_the_service_then_the_session_stays_and_may_be_rated_and_passed_on(
    service: Frontend,
) -> None:
    first = service.asks("POST", f"{SERVICE}/chat", json={"message": "환불", "session_id": None}, reads=REPLY)
    session = first["session_id"]
    again = {"message": "나만의 향수를 만들고 싶어요", "session_id": session}
    second = service.asks("POST", f"{SERVICE}/chat", json=again, reads={**REPLY, "redirect": TEXT})
    rated = {"session_id": session, "rating": 5, "comment": "좋아요"}
    service.asks("POST", f"{SERVICE}/feedback", json=rated, reads={"success": TRUTH})
    service.asks("POST", f"{SERVICE}/escalate", json={"session_id": session}, reads={"ticket_id": TEXT})

    assert second["session_id"] == session


def test_when_the_products_are_listed_then_a_price_that_is_not_known_is_null(fragrance: Frontend) -> None:
    shown: Reads = {
        "products[].id": TEXT, "products[].name": TEXT, "products[].price": or_null(NUMBER),
        "products[].price_text": TEXT,
    }  # fmt: skip

    fragrance.view("products").asks("GET", "/api/products", reads=shown)


@pytest.mark.parametrize("more", [{"session_id": "s-1"}, {"context": ["숲을 좋아해요"]}], ids=["session", "context"])
def test_when_the_perfumer_route_is_asked_then_both_callers_find_their_shape(
    fragrance: Frontend, more: dict[str, Any]
) -> None:
    fragrance.view("ai-perfumer").asks(
        "POST", "/api/ai-perfumer", json={"message": "조용한 장미", **more}, reads=PERFUMER
    )
