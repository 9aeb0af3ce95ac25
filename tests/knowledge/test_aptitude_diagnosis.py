"""What is missing of an aptitude record is found by looking, not by guessing."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import update

from core.errors import NotAllowed, NotFound
from core.knowledge.aptitude.diagnosis import diagnose, overview, try_queries
from core.knowledge.aptitude.records import begin_processing, remove_results
from core.knowledge.ingestion.carrying_out import run_ingestion
from core.security.policy import Principal
from core.storage import knowledge_tables
from core.storage.database import writing
from tests.knowledge.collections_home import ADMIN, ANA, BEN, RES, HashEncoder, account

pytestmark = pytest.mark.usefixtures("people")


@pytest.fixture
def people(database: Path) -> None:
    for one in (ANA, BEN):
        account(one)


def process(person: Principal, number: int) -> None:
    made = begin_processing(person, number, asked_by=ADMIN)
    run_ingestion(made.id, load_encoder=HashEncoder, principal=person)


def issues(number: int) -> set[str]:
    return {one.key.removeprefix("aptitude.") for one in diagnose(number, principal=ADMIN).findings}


def test_when_a_whole_record_was_processed_then_nothing_is_wrong_with_it() -> None:
    process(ANA, 17)

    found = diagnose(17, principal=ADMIN)

    assert (found.preferences, found.completeness, found.has_issues) == ("present", 1.0, False)
    assert {one.owner for one in found.documents} == {"ana"} and len(found.documents) == 7


def test_when_it_was_never_processed_then_that_is_said_and_can_be_mended() -> None:
    assert issues(17) == {"never_processed"}
    assert diagnose(17, principal=ADMIN).can_be_repaired


@pytest.mark.parametrize(("number", "presence", "key"), [(7, "missing", "preferences_missing"),
                                                         (5, "partial", "preferences_partial")])  # fmt: skip
def test_when_answers_were_never_given_then_processing_mends_nothing(number: int, presence: str, key: str) -> None:
    process(ANA, number)

    found = diagnose(number, principal=ADMIN)

    assert (found.preferences, issues(number), found.can_be_repaired) == (presence, {key}, False)


def test_when_a_document_was_removed_or_says_something_else_then_it_is_named() -> None:
    process(ANA, 17)
    process(BEN, 17)
    remove_results(principal=ANA, doc_types=["THINKING_SKILLS"])
    mine = knowledge_tables.documents.c.owner == "ben", knowledge_tables.documents.c.doc_type == "USER_PROFILE"
    with writing() as connection:
        connection.execute(update(knowledge_tables.documents).where(*mine).values(sha256="0" * 64))

    found = {(one.key, one.details["kind"]) for one in diagnose(17, principal=ADMIN).findings}

    assert found == {("aptitude.document_missing", "THINKING_SKILLS"), ("aptitude.document_outdated", "USER_PROFILE")}


def test_when_queries_are_tried_then_only_what_is_there_succeeds() -> None:
    tried = {one.name: one for one in try_queries(7, principal=ADMIN)}

    assert not tried["PREFERENCE_ANALYSIS"].succeeded and not tried["documents"].succeeded
    assert tried["THINKING_SKILLS"].rows == 6 and tried["record"].sample["name"] == "학생 007"


def test_when_figures_are_asked_for_then_they_are_those_of_all_records() -> None:
    process(ANA, 17)

    found = overview(principal=ADMIN)

    assert (found.records, found.processed) == (30, 1)
    assert found.presence == {"present": 20, "partial": 6, "missing": 4}
    assert set(found.documents.values()) == {1}


def test_when_somebody_else_asks_then_they_may_not() -> None:
    for asked in (diagnose, try_queries):
        with pytest.raises(NotAllowed):
            asked(17, principal=RES)
    with pytest.raises(NotFound):
        diagnose(99, principal=ADMIN)
