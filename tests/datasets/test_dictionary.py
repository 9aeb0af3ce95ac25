"""Columns are called by the labels people gave them, in their language."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.datasets.dictionary import (
    DictionaryEntry,
    entries,
    import_mapping_csv,
    labels_for,
    set_entries,
)
from core.errors import NotAllowed, UploadRejected
from core.security.policy import Principal, Role

ANN = Principal("ann", Role.ANALYST)


def imported(folder: Path, text: str, encoding: str = "utf-8") -> tuple[DictionaryEntry, ...]:
    path = folder / "feature_name_mapping.csv"
    path.write_bytes(text.encode(encoding))
    return import_mapping_csv(path, path.name, room="ctr", principal=ANN)


def test_when_nobody_described_a_column_then_the_defaults_do(home: Path) -> None:
    assert labels_for(["Age"], "ko", "customers") == {"Age": "나이"}
    amount = "Purchase Amount (USD)"
    assert labels_for([amount], "en", "customers") == {amount: "Purchase amount (USD)"}
    assert entries("customers")["Purchase Amount (USD)"].unit == "USD"


def test_when_a_column_is_unknown_then_it_keeps_its_name(home: Path) -> None:
    assert labels_for(["feat_a_1"], "ko", "ctr") == {"feat_a_1": "feat_a_1"}


def test_when_the_customer_contract_names_nineteen_columns_then_each_has_a_default_in_both_languages(
    home: Path,
) -> None:
    known = entries("customers")

    assert len(known) == 19
    assert all(entry.label_ko and entry.label_en and entry.description for entry in known.values())


def test_when_a_person_sets_an_entry_then_it_wins_and_the_last_word_counts(home: Path) -> None:
    set_entries((DictionaryEntry("Age", "연령", "Years"),), room="customers", principal=ANN)
    set_entries((DictionaryEntry("Age", "만 나이", ""),), room="customers", principal=ANN)

    assert labels_for(["Age", "Size"], "ko", "customers") == {"Age": "만 나이", "Size": "사이즈"}
    assert labels_for(["Age"], "en", "customers") == {"Age": "만 나이"}


def test_when_a_guest_sets_an_entry_then_it_is_not_allowed(home: Path) -> None:
    with pytest.raises(NotAllowed):
        set_entries((DictionaryEntry("Age", "x"),), room="customers", principal=Principal("guest", Role.GUEST))


@pytest.mark.parametrize(
    "header",
    ["original_feature,description_kr", "original,description", "Feature Name,Description KR", "컬럼명,설명"],
)
@pytest.mark.parametrize("encoding", ["utf-8", "cp949"])
def test_when_a_mapping_file_names_its_headers_otherwise_then_labels_are_still_taken(
    home: Path, tmp_path: Path, header: str, encoding: str
) -> None:
    imported(tmp_path, f"{header}\nfeat_a_1,기기 유형\nhour,시간대\n", encoding)

    assert labels_for(["feat_a_1", "hour"], "ko", "ctr") == {"feat_a_1": "기기 유형", "hour": "시간대"}


def test_when_a_mapping_file_has_english_and_units_then_they_are_taken_too(home: Path, tmp_path: Path) -> None:
    (entry,) = imported(
        tmp_path, "original_feature,mapped_feature,description_kr,description,unit\nhour,Hour,시간대,Local hour,h\n"
    )

    assert entry == DictionaryEntry("hour", "시간대", "Hour", "Local hour", "h")


def test_when_a_second_file_leaves_texts_empty_then_the_earlier_ones_stay(home: Path, tmp_path: Path) -> None:
    imported(tmp_path, "original,label_en,unit\nhour,Hour,h\n")
    imported(tmp_path, "original,description_kr\nhour,시간대\n")

    assert entries("ctr")["hour"] == DictionaryEntry("hour", "시간대", "Hour", "", "h")


def test_when_a_file_has_no_original_names_then_it_is_refused_and_nothing_changes(home: Path, tmp_path: Path) -> None:
    with pytest.raises(UploadRejected, match="found: a, b"):
        imported(tmp_path, "a,b\n1,2\n")

    assert entries("ctr") == {}
