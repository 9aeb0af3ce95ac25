"""The collection that everybody finds on a first start: the guide in both languages, and made-up records."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.errors import NotFound
from core.knowledge import sample_collection
from core.knowledge.aptitude.samples import sample_name
from core.knowledge.collections import get_collection, remove_collection
from core.knowledge.documents import list_documents
from core.knowledge.ingestion.carrying_out import run_ingestion
from core.knowledge.ingestion.plans import list_ingestions, plan
from core.knowledge.ingestion.preparing import prepare
from core.knowledge.ingestion.sources import files
from core.knowledge.parsing.parse import parse
from core.knowledge.sample_collection import GUIDE, SAMPLE_COLLECTION, SAMPLES
from core.knowledge.shipped_collections import bring_in, plan_shipped
from core.security.policy import LOCAL_ANALYST
from core.settings.current import Settings
from tests.knowledge.collections_home import ANA, HashEncoder

TEXTS = sorted(GUIDE.rglob("*.md"))


def brought_in() -> list[str]:
    return [one.ingestion.state for one in bring_in(SAMPLES, load_encoder=HashEncoder, principal=LOCAL_ANALYST)]


def test_when_brought_in_then_everybody_reads_the_guide_in_both_languages_and_the_records(database: Path) -> None:
    assert brought_in() == ["completed"]

    found = list_documents(collection_id=SAMPLE_COLLECTION, principal=ANA)
    collection = get_collection(SAMPLE_COLLECTION, principal=ANA)
    languages = [one.language for one in found.documents if one.doc_type is None]
    assert (collection.is_open, collection.is_editable, collection.owner) == (True, False, "local")
    assert {name: languages.count(name) for name in set(languages)} == {"ko": 8, "en": 8}
    assert found.total == 16 + 21
    assert {one.title for one in found.documents if one.doc_type == "USER_PROFILE"} == {
        f"{sample_name(number)} 기본 프로필" for number in (1, 2, 3)
    }


def test_when_brought_in_again_then_nothing_is_done_and_no_plan_stays(database: Path) -> None:
    brought_in()

    assert brought_in() == []
    assert len(list_ingestions(collection_id=SAMPLE_COLLECTION, principal=LOCAL_ANALYST)) == 1


def test_when_a_text_of_the_guide_is_gone_then_its_document_goes_and_what_people_brought_stays(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    brought_in()
    own = plan(SAMPLE_COLLECTION, files({"own.md": b"# Own\n\nBrought by somebody.\n"}), principal=LOCAL_ANALYST)
    run_ingestion(own.id, load_encoder=HashEncoder, principal=LOCAL_ANALYST)
    monkeypatch.setattr(sample_collection, "GUIDE", tmp_path)

    brought_in()

    titles = {one.title for one in list_documents(collection_id=SAMPLE_COLLECTION, principal=ANA).documents}
    assert "Own" in titles and len(titles) == 1 + 21


def test_when_an_earlier_run_was_left_then_it_is_gone_on_with_and_a_plan_of_somebody_is_not(database: Path) -> None:
    left = plan_shipped(SAMPLES, principal=LOCAL_ANALYST)
    theirs = plan(SAMPLE_COLLECTION, files({"own.md": b"# Own\n\nNot yet.\n"}), principal=LOCAL_ANALYST)
    assert left is not None

    done = bring_in(SAMPLES, load_encoder=HashEncoder, principal=LOCAL_ANALYST)

    assert [one.ingestion.id for one in done] == [left.id]
    states = {one.id: one.state for one in list_ingestions(principal=LOCAL_ANALYST)}
    assert states == {left.id: "completed", theirs.id: "planned"}


def test_when_somebody_removed_the_collection_then_it_stays_removed(database: Path) -> None:
    brought_in()
    remove_collection(SAMPLE_COLLECTION, principal=LOCAL_ANALYST)

    assert brought_in() == []
    with pytest.raises(NotFound):
        get_collection(SAMPLE_COLLECTION, principal=ANA)


def test_when_the_guide_is_read_then_both_languages_have_the_same_texts_and_headings() -> None:
    by_language = {
        language: {
            path.name: len(re.findall(r"^#+ ", path.read_text("utf-8"), re.M))
            for path in (GUIDE / language).glob("*.md")
        }
        for language in ("ko", "en")
    }
    assert len(by_language["ko"]) == 8
    assert by_language["ko"] == by_language["en"]


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_when_the_guide_names_a_setting_then_there_is_one_and_nothing_in_it_is_flagged(path: Path) -> None:
    text = path.read_text("utf-8")

    names = {f"WORKBENCH_{name.upper()}" for name in Settings.model_fields}
    assert set(re.findall(r"WORKBENCH_[A-Z_]+", text)) - names == set()
    prepared = prepare(parse(path.read_bytes(), name=path.name))
    assert prepared.notes == ()
    assert len(prepared.passages) >= 3
