"""Generated aptitude results become the seven typed documents; nothing is invented where a field is missing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.errors import BadInput
from core.knowledge.aptitude.documents import MAPPING, aptitude_mapping
from core.knowledge.aptitude.samples import sample_records
from core.knowledge.collections import create_collection
from core.knowledge.documents import list_documents
from core.knowledge.ingestion.typed_documents import (
    missing_fields,
    read_mapping,
    records,
    typed_documents,
)
from tests.knowledge.collections_home import ANA, ingest

SEVEN = (
    "USER_PROFILE", "PERSONALITY_PROFILE", "THINKING_SKILLS", "CAREER_RECOMMENDATIONS", "LEARNING_STYLE",
    "COMPETENCY_ANALYSIS", "PREFERENCE_ANALYSIS",
)  # fmt: skip


def test_when_a_record_is_whole_then_it_becomes_one_document_of_each_type() -> None:
    found = {one.type: one for one in typed_documents(sample_records(count=1)[0], aptitude_mapping())}

    assert tuple(found) == aptitude_mapping().types == SEVEN
    assert all(one.markdown.startswith(f"# {one.title}\n") and "학생 001" in one.title for one in found.values())
    assert all("{" not in one.markdown and "None" not in one.markdown for one in found.values())


def test_when_documents_are_shown_then_previews_hold_what_the_chat_client_asks_for() -> None:
    record = sample_records(count=1)[0]

    preview = {one.type: one.preview for one in typed_documents(record, aptitude_mapping())}

    assert preview["PERSONALITY_PROFILE"] == {"primary_tendency": record["tendencies"][0]["name"]}
    assert preview["THINKING_SKILLS"]["top_skills"] == [one["name"] for one in record["thinking_skills"]]
    assert preview["CAREER_RECOMMENDATIONS"]["top_jobs"] == [one["name"] for one in record["jobs"]]


def test_when_the_seed_is_the_same_then_so_is_every_record_however_many_are_asked_for() -> None:
    assert sample_records(count=3) == sample_records(count=9)[:3]
    assert sample_records(count=1) != sample_records(count=1, seed=6)


def test_when_samples_are_made_then_every_name_says_that_nobody_is_meant() -> None:
    assert all(re.fullmatch(r"학생 \d{3}", record["name"]) for record in sample_records(count=50))


def test_when_preferences_are_missing_then_there_is_no_document_of_them_and_the_reason_is_known() -> None:
    without = sample_records(count=7)[6]
    kind = aptitude_mapping().kinds[-1]

    types = [one.type for one in typed_documents(without, aptitude_mapping())]

    assert types == list(SEVEN[:-1])
    assert missing_fields(without, kind) == ("preferences",)


def test_when_a_field_is_missing_then_its_line_is_left_out() -> None:
    record = {"person": "p", "name": "학생 001", "age": None, "education": "재학"}

    (document,) = typed_documents(record, aptitude_mapping())

    assert "나이" not in document.markdown and "학력은 재학입니다." in document.markdown


def test_when_a_value_looks_like_markup_then_it_stays_on_its_line() -> None:
    record = {"person": "p", "name": "학생 001", "education": "재학\n# {name.__class__}\n- x"}

    (document,) = typed_documents(record, aptitude_mapping())

    assert "- 학력은 재학 # {name.__class__} - x입니다." in document.markdown.splitlines()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("{name} 기본 프로필", "{name.__class__}"),
        ("{name} 기본 프로필", "{name[0]}"),
        ("{name} 기본 프로필", "{name"),
        ("{name} 기본 프로필", "{}"),
        ('key = "person"', ""),
        ("[[documents]]", "[[documents"),
    ],
)
def test_when_a_mapping_reaches_beyond_plain_fields_or_is_broken_then_it_is_refused(before: str, after: str) -> None:
    broken = MAPPING.read_text("utf-8").replace(before, after, 1)

    with pytest.raises(BadInput, match="cannot be used"):
        read_mapping(broken, name="own.toml")


def test_when_records_are_ingested_then_documents_have_types_and_a_gone_record_takes_its_own_along(
    database: Path,
) -> None:
    collection = create_collection("검사 결과", principal=ANA)
    both = sample_records(count=2)
    ingest(collection.id, records(both, aptitude_mapping(), name="samples"))
    first = list_documents(principal=ANA, doc_types=("CAREER_RECOMMENDATIONS",))

    ended = ingest(collection.id, records(both[:1], aptitude_mapping(), name="samples"))

    assert (first.total, ended.state) == (2, "completed")
    assert dict(ended.actions) == {"unchanged": 7, "remove": 7}
    left = list_documents(principal=ANA).documents
    assert {one.doc_type for one in left} == set(SEVEN)
    assert {one.metadata["record"] for one in left} == {"sample-001"}


def test_when_a_row_has_no_key_then_the_source_says_which(database: Path) -> None:
    with pytest.raises(BadInput, match="Row 2 of own has no value in 'person'"):
        list(records([{"person": "a", "name": "x"}, {"name": "y"}], aptitude_mapping(), name="own").items())
