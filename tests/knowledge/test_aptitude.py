"""Aptitude records become a person's own documents, once, and nobody else's."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import update

from core.errors import Conflict, NotAllowed, NotFound
from core.knowledge.aptitude.documents import aptitude_mapping
from core.knowledge.aptitude.records import (
    aptitude_source,
    begin_processing,
    ensure_results_collection,
    people_of_record,
    record,
    record_number_of,
    remove_results,
)
from core.knowledge.aptitude.samples import SAMPLE_COUNT
from core.knowledge.collections import list_collections, remove_collection, rename_collection
from core.knowledge.documents import list_documents
from core.knowledge.ingestion.carrying_out import run_ingestion
from core.knowledge.ingestion.plans import Ingestion, list_ingestions
from core.knowledge.ingestion.requests import cancel_ingestion
from core.security.policy import LOCAL_ANALYST, Principal
from core.storage import tables
from core.storage.database import writing
from tests.knowledge.collections_home import ADMIN, ANA, BEN, CHO, HashEncoder, account

pytestmark = pytest.mark.usefixtures("people")


@pytest.fixture
def people(database: Path) -> None:
    for one in (ANA, BEN, CHO):
        account(one)
    link(ANA, 17)
    link(BEN, "5")


def link(person: Principal, number: int | str) -> None:
    row = update(tables.accounts).where(tables.accounts.c.id == person.id)
    with writing() as connection:
        connection.execute(row.values(client_fields={"ins_seq": number}))


def processed(person: Principal, number: int, *, force: bool = False) -> Ingestion:
    made = begin_processing(person, number, force=force)
    return run_ingestion(made.id, load_encoder=HashEncoder, principal=person)


def types_of(person: Principal) -> list[str | None]:
    return sorted(str(one.doc_type) for one in list_documents(principal=person).documents)


def test_when_a_record_is_processed_then_its_seven_documents_lie_in_the_persons_own_collection() -> None:
    assert processed(ANA, 17).state == "completed"

    assert types_of(ANA) == sorted(aptitude_mapping().types)
    assert [one.name for one in list_collections(principal=ANA)] == ["적성 검사 결과"]
    assert types_of(BEN) == [] == list(list_collections(principal=BEN))


def test_when_a_number_has_no_record_then_it_says_which_there_are() -> None:
    for number in (0, -1, SAMPLE_COUNT + 1):
        with pytest.raises(NotFound, match=str(SAMPLE_COUNT)):
            record(number)


def test_when_the_source_is_shown_then_its_name_is_in_the_language_and_its_keys_are_not() -> None:
    korean, english = (aptitude_source(17, language) for language in ("ko", "en"))

    assert (korean.name, english.name) == ("적성 검사 결과 17", "Aptitude results 17")
    assert [one.key for one in korean.items()] == [one.key for one in english.items()]


def test_when_the_collection_is_asked_for_twice_then_it_was_made_once_whatever_it_is_called_now() -> None:
    first = ensure_results_collection(ANA, language="en")
    rename_collection(first.id, "Mine", principal=ANA)

    assert ensure_results_collection(ANA).id == first.id
    assert [one.name for one in list_collections(principal=ANA)] == ["Mine"]


def test_when_the_collection_was_removed_then_processing_brings_it_back() -> None:
    first = ensure_results_collection(ANA)
    remove_collection(first.id, principal=ANA)

    assert ensure_results_collection(ANA).id == first.id


def test_when_nothing_changed_then_it_is_a_conflict_and_no_plan_is_left() -> None:
    first = processed(ANA, 17)

    with pytest.raises(Conflict, match="17"):
        begin_processing(ANA, 17)
    assert [one.id for one in list_ingestions(principal=ANA)] == [first.id]


def test_when_it_is_forced_then_every_document_is_made_anew() -> None:
    processed(ANA, 17)

    assert begin_processing(ANA, 17, force=True).actions == {"change": 7}


def test_when_the_same_is_asked_by_two_at_once_then_there_is_one_plan() -> None:
    with ThreadPoolExecutor(2) as pool:
        plans = list(pool.map(lambda _: begin_processing(ANA, 17), range(2)))

    assert {one.id for one in plans} == {one.id for one in list_ingestions(principal=ANA)}
    assert len(list_collections(principal=ANA)) == len({one.id for one in plans}) == 1


def test_when_a_plan_was_only_cancelled_then_it_is_made_again() -> None:
    made = begin_processing(ANA, 17)
    cancel_ingestion(made.id, principal=ANA)

    assert begin_processing(ANA, 17).id != made.id


def test_when_a_record_is_somebody_elses_then_only_an_admin_may_ask() -> None:
    with pytest.raises(NotAllowed):
        begin_processing(ANA, 5)
    with pytest.raises(NotAllowed):
        begin_processing(CHO, 17)

    assert begin_processing(ANA, 5, asked_by=ADMIN).owner == ANA.id


def test_when_an_unlinked_person_took_a_free_record_then_it_is_theirs() -> None:
    processed(CHO, 9)

    assert (people_of_record(9), record_number_of(CHO)) == (("cho",), 9)
    account(replace(CHO, id="dan"))
    with pytest.raises(NotAllowed):
        begin_processing(replace(CHO, id="dan"), 9)


def test_when_another_record_is_processed_then_the_documents_of_the_former_are_gone() -> None:
    processed(CHO, 9)
    processed(CHO, 11)

    assert {one.metadata["record"] for one in list_documents(principal=CHO).documents} == {"sample-011"}


def test_when_a_record_lacks_preferences_then_there_is_no_document_of_them() -> None:
    processed(CHO, 7)

    assert len(types_of(CHO)) == 6 and "PREFERENCE_ANALYSIS" not in types_of(CHO)


def test_when_the_record_of_a_person_is_asked_for_then_the_account_says_it_in_either_spelling() -> None:
    assert [record_number_of(one) for one in (ANA, BEN, LOCAL_ANALYST)] == [17, 5, 17]
    with pytest.raises(NotFound):
        record_number_of(CHO)


def test_when_results_are_removed_then_only_those_asked_for_go_and_processing_brings_them_back() -> None:
    processed(ANA, 17)

    removed = remove_results(principal=ANA, doc_types=["THINKING_SKILLS"])

    assert (len(removed), len(types_of(ANA))) == (1, 6)
    assert begin_processing(ANA, 17).actions == {"add": 1, "unchanged": 6}
    assert remove_results(principal=BEN) == ()
