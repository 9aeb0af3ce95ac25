"""Finding passages: rights first, both legs, and what is told when one of them is away."""

from __future__ import annotations

import pytest

from core.errors import Unavailable
from core.knowledge.answers.evidence import scored
from core.knowledge.collections import create_collection, remove_collection
from core.knowledge.documents import list_documents, remove_documents
from core.knowledge.retrieval import index
from core.knowledge.retrieval.find import Found, find
from core.knowledge.retrieval.index import bring_up_to_date
from core.knowledge.retrieval.served_snapshots import ServedSnapshots
from core.knowledge.sharing import share, unshare
from core.resilience import result_cache
from tests.knowledge.collections_home import ADMIN, ANA, BEN, POLICY, HashEncoder, HashModel, account, filled, ingest
from tests.knowledge.index_home import index_files, model

__all__ = ["model"]
RULE = b"# Rule\n\nThe first rule stands. Delivery is free.\n"
QUESTION = "배송은 며칠이 걸리나요"


def keys(found: Found) -> list[str]:
    return [one.key for one in found.warnings]


def traces(found: Found) -> tuple[object, ...]:
    """All of it that somebody can see, but for the number of the index."""
    terms = ("^배", "배송", "rule", "secret")
    return found.passages, found.warnings, found.searched, found.legs, [found.rarity(term) for term in terms]


def test_when_asked_then_the_passage_that_answers_comes_first_with_both_scores(model: HashModel) -> None:
    filled(policy=POLICY, other=RULE)

    found = find(QUESTION, principal=ANA)

    first = found.passages[0]
    assert first.passage.heading_path == ("배송",) and first.rank == 1
    assert first.lexical and first.dense and first.window == (0, len(first.passage.text))
    assert (found.searched, found.legs, found.warnings, found.encoder_id) == (3, ("words", "vectors"), (), "hash-1")
    assert [one.rank for one in found.passages] == [1, 2, 3]
    assert scored(found)[0].text == first.passage.text and scored(found)[0].passage_id == first.passage.id


def test_when_only_the_title_names_the_thing_then_the_passage_is_found_by_it(model: HashModel) -> None:
    collection = create_collection("c", principal=ANA)
    page = "<html><head><title>{}</title></head><body><p>{}</p></body></html>"
    lantern = page.format("Lantern", "It burns oil and gives light for nine hours at most.")
    ingest(collection.id, {"1.html": lantern.encode(), "2.html": page.format("Kettle", "It boils water.").encode()})

    found = find("lantern", legs=("words",), principal=ANA)

    assert [one.passage.title for one in found.passages if one.lexical] == ["Lantern"]
    assert found.passages[0].passage.words.startswith("Lantern\nIt burns")


def test_when_nothing_was_ever_brought_in_then_nothing_is_found_and_nothing_breaks(model: HashModel) -> None:
    found = find(QUESTION, principal=ANA)

    assert (found.passages, found.searched, found.warnings, found.legs) == ((), 0, (), ())


def test_when_others_bring_in_private_documents_then_nothing_that_ben_sees_changes(model: HashModel) -> None:
    theirs = filled(principal=BEN, policy=POLICY, rule=RULE)
    bring_up_to_date(encoder_id="hash-1")
    before = [find(question, principal=BEN) for question in (QUESTION, "first rule", "secret")]

    filled(secret=b"# secret\n\nA secret rule on delivery. " + "배송은 배송 규정에 따릅니다. ".encode() * 40)
    behind = [find(question, principal=BEN) for question in (QUESTION, "first rule", "secret")]
    bring_up_to_date(encoder_id="hash-1")
    after = [find(question, principal=BEN) for question in (QUESTION, "first rule", "secret")]

    assert [traces(one) for one in before] == [traces(one) for one in behind] == [traces(one) for one in after]
    assert {one.passage.collection_id for one in after[0].passages} == {theirs}
    assert find("secret", principal=ADMIN).searched > after[0].searched


def test_when_a_collection_is_shared_and_unshared_then_it_is_found_exactly_meanwhile(model: HashModel) -> None:
    account(BEN)
    collection_id = filled(policy=POLICY)
    counts = [len(find(QUESTION, principal=BEN).passages)]

    share(collection_id, "ben", "reader", principal=ANA)
    counts.append(len(find(QUESTION, principal=BEN).passages))
    unshare(collection_id, "ben", principal=ANA)
    counts.append(len(find(QUESTION, principal=BEN).passages))

    assert counts == [0, 2, 0]


def test_when_filters_are_given_then_only_what_fits_is_searched(model: HashModel) -> None:
    first, second = filled(policy=POLICY), filled(rule=RULE)
    (document,) = list_documents(collection_id=second, principal=ANA).documents

    def searched(**filters: object) -> int:
        return find(QUESTION, principal=ANA, **filters).searched  # type: ignore[arg-type]

    assert (searched(collections=[first]), searched(collections=[second]), searched(collections=["no"])) == (2, 1, 0)
    assert (searched(documents=[document.id]), searched(language="ko"), searched(doc_types=["RECORD"])) == (1, 2, 0)


def test_when_documents_are_removed_while_the_index_is_behind_then_further_hits_take_their_places(
    model: HashModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(**{f"rule{number}": RULE + b"x" * number for number in range(12)})
    bring_up_to_date(encoder_id="hash-1")
    monkeypatch.setattr(ServedSnapshots, "_is_to_be_built", lambda _: False)
    best = find("first rule", k=8, principal=ANA)
    gone = {one.passage.document_id for one in best.passages}

    remove_documents(sorted(gone), principal=ANA)
    found = find("first rule", k=4, principal=ANA)

    assert len(found.passages) == 4 and not gone & {one.passage.document_id for one in found.passages}
    assert [one.rank for one in found.passages] == [1, 2, 3, 4] and keys(found) == ["knowledge.index_behind"]


def test_when_the_encoder_is_away_then_words_answer_alone_and_it_is_told(model: HashModel) -> None:
    filled(policy=POLICY)
    result_cache.forget()  # what was encoded before would be remembered
    model.is_away = True

    found = find(QUESTION, principal=ANA)

    assert found.passages[0].passage.heading_path == ("배송",) and found.passages[0].dense is None
    assert (keys(found), found.legs) == (["knowledge.encoder_away"], ("words",))
    assert "down" in found.warnings[0].text("ko") and "words alone" in found.warnings[0].text("en")


def test_when_the_encoder_cannot_even_be_loaded_then_the_index_at_hand_serves(
    model: HashModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(policy=POLICY)
    find(QUESTION, principal=ANA)

    def broken() -> HashModel:
        raise Unavailable("embeddings.unavailable", encoder="e", reason="no file")

    monkeypatch.setattr("core.knowledge.retrieval.find.text_model", broken)
    found = find(QUESTION, principal=ANA)

    assert len(found.passages) == 1 and found.encoder_id == "hash-1" and len(index_files("facts.json")) == 1


def test_when_words_are_unreadable_then_vectors_answer_alone_until_the_index_is_built_anew(
    model: HashModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(policy=POLICY)
    bring_up_to_date(encoder_id="hash-1")
    index._serving.cache_clear()
    for file in index_files("lexical.codes.npy"):
        file.write_bytes(b"no array")

    with monkeypatch.context() as patch:
        patch.setattr(ServedSnapshots, "_is_to_be_built", lambda _: False)
        found = find(QUESTION, principal=ANA)
    again = find(QUESTION, principal=ANA)

    assert (keys(found), found.legs, len(found.passages)) == (["knowledge.words_away"], ("vectors",), 2)
    assert found.passages[0].lexical is None
    assert (keys(again), again.legs) == ([], ("words", "vectors"))


def test_when_the_encoder_is_another_then_words_answer_and_what_to_do_is_told(model: HashModel) -> None:
    filled(policy=POLICY)
    model.id = "hash-2"

    found = find(QUESTION, principal=ANA)

    assert (keys(found), found.legs) == (["knowledge.without_vectors"], ("words",))
    assert found.warnings[0].details == {"count": 2, "total": 2, "encoder": "hash-2"}


def test_when_some_passages_lack_vectors_then_they_are_found_by_words_and_counted(model: HashModel) -> None:
    filled(policy=POLICY)
    other = create_collection("other", principal=ANA)
    ingest(other.id, {"rule.md": RULE}, encoder=HashEncoder(id="hash-0"))

    found = find("first rule", principal=ANA)

    assert found.passages[0].passage.title == "Rule" and found.passages[0].dense is None
    assert found.warnings[0].details == {"count": 1, "total": 3, "encoder": "hash-1"}
    assert all(one.dense is not None for one in found.passages[1:]) and found.legs == ("words", "vectors")


def test_when_neither_leg_can_be_asked_then_that_is_no_empty_answer(model: HashModel) -> None:
    filled(policy=POLICY)
    result_cache.forget()  # what was encoded before would be remembered
    model.is_away = True

    with pytest.raises(Unavailable, match="cannot be searched"):
        find(QUESTION, legs=("vectors",), principal=ANA)


@pytest.mark.parametrize("query", ["", "  ", "\x00"])
def test_when_the_question_is_blank_then_nothing_is_found(model: HashModel, query: str) -> None:
    filled(policy=POLICY)

    assert find(query, legs=("words",), principal=ANA).passages == ()


def test_when_a_collection_is_removed_then_nothing_of_it_is_searched(model: HashModel) -> None:
    collection_id = filled(policy=POLICY)
    find(QUESTION, principal=ANA)

    remove_collection(collection_id, principal=ANA)

    assert find(QUESTION, principal=ANA).searched == 0
