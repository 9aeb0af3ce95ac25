"""An uploaded file of impressions as a dataset: mapped with care, gated, counted, and its columns described."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from core.ctr.data.column_words import describe_columns, known_words
from core.ctr.data.datasets import count_impressions, store_impressions
from core.ctr.data.schema import COLUMNS
from core.datasets.dictionary import DictionaryEntry, set_entries
from core.datasets.records import Dataset, list_datasets, load_frame, open_findings
from core.datasets.uploads import uploaded_from_frame
from core.errors import BadInput
from core.security.policy import LOCAL_ANALYST


def store(frame: pl.DataFrame, **options: object) -> Dataset:
    return store_impressions(uploaded_from_frame(frame), name="a.csv", principal=LOCAL_ANALYST, **options)  # type: ignore[arg-type]


def clicks(**columns: object) -> pl.DataFrame:
    return pl.DataFrame({"clicked": [0, 1] * 20, "l_feat_4": [float(place % 7) for place in range(40)], **columns})


def test_when_columns_have_other_names_then_they_are_brought_to_the_known_ones(home: Path) -> None:
    dataset = store(clicks(seq_list=["1,2"] * 40).rename({"clicked": "is_click"}))

    assert dataset.mapping["clicked"] == "is_click"
    assert {"clicked", "seq"} <= set(dataset.columns)
    assert (dataset.room, dataset.target) == ("ctr", "clicked")


def test_when_a_suggested_column_means_something_else_then_it_keeps_its_name_and_its_cells(home: Path) -> None:
    dataset = store(clicks(sex=["male", "female"] * 20))

    assert "gender" not in dataset.mapping
    assert load_frame(dataset)["sex"].to_list() == ["male", "female"] * 20


def test_when_the_target_is_not_all_0_and_1_then_it_stays_as_written_and_the_gate_names_the_value(home: Path) -> None:
    dataset = store(clicks(clicked=["0", "1"] * 19 + ["maybe", "1"]))

    assert load_frame(dataset)["clicked"][38] == "maybe"
    (finding,) = open_findings(dataset)
    assert (finding.code, finding.details["values"]) == ("ctr.target_values", "maybe")


def test_when_another_target_is_chosen_then_it_keeps_its_name(home: Path) -> None:
    frame = clicks().rename({"clicked": "label"}).with_columns(label=pl.Series(["no", "yes"] * 20))

    dataset = store(frame, target="label", positive="yes")

    assert (dataset.target, "clicked" in dataset.columns) == ("label", False)
    assert not open_findings(dataset)
    assert count_impressions(load_frame(dataset), target="label", positive="yes").clicked == 20


def test_when_the_chosen_target_is_missing_then_nothing_is_stored(home: Path) -> None:
    with pytest.raises(BadInput, match="bought"):
        store(clicks(), target="bought")

    assert list_datasets(principal=LOCAL_ANALYST) == ()


def test_when_the_mapping_names_what_is_not_there_then_nothing_is_stored(home: Path) -> None:
    for mapping in ({"clicked": "bought"}, {"invented": "l_feat_4"}):
        with pytest.raises(BadInput):
            store(clicks(), mapping=mapping)

    assert list_datasets(principal=LOCAL_ANALYST) == ()


def test_when_cells_are_missing_and_rows_repeat_then_both_are_counted() -> None:
    frame = pl.DataFrame({"clicked": [0, 1, 0, 0], "a": [1.0, None, 1.0, float("nan")], "b": ["x", None, "x", "y"]})

    counts = count_impressions(frame)

    assert (counts.missing_cells, counts.duplicate_rows, counts.missing_share) == (3, 1, 0.25)
    assert (counts.clicked, counts.not_clicked, counts.click_rate) == (1, 3, 0.25)


def test_when_there_is_no_target_then_there_is_no_click_rate() -> None:
    assert count_impressions(pl.DataFrame({"a": [1]})).click_rate is None


def test_when_the_119_columns_are_described_then_each_has_words_of_its_own_in_both_languages() -> None:
    for language in ("ko", "en"):
        assert len({known_words(column, language) for column in COLUMNS}) == len(COLUMNS)


def test_when_a_person_described_a_column_then_their_words_come_first(home: Path) -> None:
    set_entries((DictionaryEntry("feat_a_15", label_ko="주간 방문 수"),), room="ctr", principal=LOCAL_ANALYST)

    told = describe_columns(("feat_a_15", "feat_a_14", "campaign"), "ko")

    assert told["feat_a_15"] == "주간 방문 수"
    assert "익명" in told["feat_a_14"]
    assert told["campaign"] == "설명이 등록되지 않은 열"
