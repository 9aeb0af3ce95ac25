"""Notes, collections and loaded models as the former service's administrators changed them (contract fragrance 1.2)."""

from __future__ import annotations

from typing import Any

import pytest

from core.fragrance.catalogue.current import current_catalogue
from core.knowledge.collections import create_collection, list_collections
from core.resilience.resident_models import report, resident
from core.security.policy import LOCAL_ANALYST, Role
from tests.api.accounts import header_of, person_named
from tests.api.fragrance_home import Perfumery, perfumery

__all__ = ["perfumery"]

BELOW = "/api/v1/admin"
NOTE = {"name": "yuzu test oil", "kind": "natural", "family": "citrus", "position": "top", "odour": ["citrus", "fresh"]}


@pytest.fixture(scope="module")
def developer(perfumery: Perfumery) -> dict[str, str]:
    from core.accounts.token_pairs import open_client_session

    return header_of(open_client_session(person_named("devi", role=Role.DEVELOPER)).access)


def test_when_notes_are_added_then_they_are_materials_and_bad_ones_are_told(perfumery: Perfumery) -> None:
    bad = {**NOTE, "name": "strange", "family": "no such family"}

    told = perfumery.answer(f"{BELOW}/data/add-notes", {"notes": [NOTE, bad]})
    again = perfumery.answer(f"{BELOW}/data/add-notes", {"notes": [NOTE]})

    (added,) = told["added"]
    assert current_catalogue().materials[added].name_en == NOTE["name"]
    assert current_catalogue().materials[added].odour == ("citrus", "fresh")
    assert [one["index"] for one in told["refused"]] == [1]
    assert "no such family" in told["refused"][0]["reason"]
    assert (again["added"], again["changed"], again["unchanged"]) == ([], [], 1)


@pytest.mark.parametrize("notes", [[], [{"price": 3}], ["bergamot"], [NOTE] * 501])
def test_when_notes_cannot_be_read_then_nothing_is_stored_and_the_reason_is_told(
    perfumery: Perfumery, notes: Any
) -> None:
    before = len(current_catalogue().materials)
    answer = perfumery.asks(f"{BELOW}/data/add-notes", {"notes": notes})

    assert answer.status_code == 400
    assert answer.json()["detail"]
    assert len(current_catalogue().materials) == before


@pytest.mark.parametrize("name", ["fragrance_notes", "fragrance_perfumes", "recipes", "knowledge_base"])
def test_when_a_collection_is_shipped_then_it_is_not_deleted(perfumery: Perfumery, name: str) -> None:
    answer = perfumery.asks(f"{BELOW}/data/collections/{name}", method="DELETE")

    assert (answer.status_code, answer.json()["code"]) == (409, "ADMINISTRATION_SHIPPED_COLLECTION")


def test_when_a_collection_is_named_then_its_owner_deletes_it_and_nobody_else(perfumery: Perfumery) -> None:
    from core.accounts.accounts import find_account

    owner = find_account("nose", principal=LOCAL_ANALYST).principal
    create_collection("notes of mine", principal=owner)
    path = f"{BELOW}/data/collections/notes of mine"

    other = perfumery.asks(path, method="DELETE", who=perfumery.customer)
    mine = perfumery.asks(path, method="DELETE")
    again = perfumery.asks(path, method="DELETE")

    assert [one.status_code for one in (other, mine, again)] == [404, 200, 404]
    assert "notes of mine" not in [one.name for one in list_collections(principal=owner)]


def test_when_two_collections_have_the_name_then_an_id_is_asked_for(perfumery: Perfumery) -> None:
    from core.accounts.accounts import find_account

    owner = find_account("nose", principal=LOCAL_ANALYST).principal
    ids = {create_collection("twice", principal=owner).id for _ in range(2)}
    answer = perfumery.asks(f"{BELOW}/data/collections/twice", method="DELETE")

    assert answer.status_code == 409
    assert all(one in answer.json()["message"] for one in ids)
    assert perfumery.asks(f"{BELOW}/data/collections/{ids.pop()}", method="DELETE").status_code == 200


def test_when_models_are_reloaded_then_this_process_has_let_go_of_them(
    perfumery: Perfumery, developer: dict[str, str]
) -> None:
    resident("drawn:one", "1", object)
    refused = perfumery.asks(f"{BELOW}/models/reload")

    told = perfumery.answer(f"{BELOW}/models/reload", who=developer)

    assert refused.status_code == 403
    assert "drawn:one" in told["models"]
    assert report() == ()


def test_when_nobody_may_write_then_nothing_is_added(perfumery: Perfumery) -> None:
    body = {"notes": [NOTE]}

    assert perfumery.asks(f"{BELOW}/data/add-notes", body, who=perfumery.customer).status_code == 403
    assert perfumery.asks(f"{BELOW}/data/add-notes", body, who={}).status_code == 401


def test_when_nobody_expected_the_error_then_the_chat_bubble_still_has_a_sentence(
    perfumery: Perfumery, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.fragrance.composing import conversation

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("hunter2")

    for name in [one for one in dir(conversation) if callable(getattr(conversation, one)) and not one.startswith("_")]:
        monkeypatch.setattr(conversation, name, broken)
    answer = perfumery.asks("/api/v1/generate/chat", {"message": "a rose", "conversation_id": "", "history": []})

    told = answer.json()
    assert answer.status_code == 500
    assert told["response"] == told["detail"] == told["message"]
    assert "hunter2" not in answer.text


def test_when_nothing_was_stored_since_then_the_state_of_the_agent_reads_no_item_again(
    perfumery: Perfumery, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.fragrance.search import vectors

    first = perfumery.answer("/api/v2/agentic/status", method="GET")
    with monkeypatch.context() as patch:
        patch.setattr(vectors, "stored_items", lambda: pytest.fail("read again"))
        again = perfumery.answer("/api/v2/agentic/status", method="GET")
    perfumery.answer(f"{BELOW}/data/add-notes", {"notes": [{**NOTE, "name": "another oil"}]})
    after = perfumery.answer("/api/v2/agentic/status", method="GET")

    assert again == first
    assert after["entries"] == first["entries"] + 1
