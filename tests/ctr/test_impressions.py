"""Columns, sequences and the target of impression tables, whole and partial."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from core.ctr.data.impressions import MISSING, clicks_of, read_impressions, read_target
from core.ctr.data.schema import BLOCKS, COLUMNS, CTR_SCHEMA, NULL_BLOCKS, NUMBERS
from core.ctr.data.sequences import NO_ID, parse_sequences
from core.datasets.mapping import apply_mapping, chosen_columns, suggest_mapping
from core.errors import BadInput


def test_when_the_columns_are_counted_then_the_blocks_add_up_to_119() -> None:
    assert len(COLUMNS) == len(set(COLUMNS)) == 119
    assert len(NUMBERS) == 112
    assert [len(names) for names, _ in NULL_BLOCKS] == [1, 18, 77]
    assert CTR_SCHEMA.names == COLUMNS
    assert len(BLOCKS["history_b"]) == 30


def test_when_codes_are_spelled_as_in_the_public_file_then_they_become_whole_numbers(small) -> None:
    mapping = chosen_columns(suggest_mapping(small.frame.columns, CTR_SCHEMA))

    mapped = apply_mapping(small.frame, mapping, CTR_SCHEMA)

    assert mapped.uncoerced == ()
    assert mapped.frame["hour"].dtype == pl.Int64
    assert mapped.frame["gender"].drop_nulls().unique().sort().to_list() == [1, 2]


def test_when_codes_are_spelled_differently_then_they_are_the_same_category() -> None:
    frame = pl.DataFrame({"hour": ["08", "8", "8.0", None, "23"], "clicked": [0, 1, 0, 1, 0]})

    (hour,) = read_impressions(frame).categories

    assert hour.levels == ("23", "8")
    assert hour.codes.tolist() == [1, 1, 1, MISSING, 0]


def test_when_ids_are_strings_then_they_become_ragged_arrays() -> None:
    parsed = parse_sequences(pl.Series(["9,321,516", None, "", "7", " 4 , 5"]))

    assert parsed.sequences.values.tolist() == [9, 321, 516, 7, 4, 5]
    assert parsed.sequences.offsets.tolist() == [0, 3, 3, 3, 4, 6]
    assert parsed.empty == 2


def test_when_a_sequence_has_14000_ids_then_the_most_recent_are_kept_and_the_length_is_told() -> None:
    parsed = parse_sequences(pl.Series([",".join(map(str, range(14_000))), "1,2"]), limit=500)

    assert parsed.longest == 14_000
    assert parsed.cut == 1
    assert parsed.sequences.values[:500].tolist() == list(range(13_500, 14_000))
    assert parsed.sequences.lengths.tolist() == [500, 2]


@pytest.mark.parametrize("separator", ["^", "|", ";", " "])
def test_when_another_separator_is_used_then_it_is_recognised(separator: str) -> None:
    parsed = parse_sequences(pl.Series([f"1{separator}22{separator}3", "4"]))

    assert parsed.sequences.values.tolist() == [1, 22, 3, 4]


@pytest.mark.parametrize("column", [pl.Series([5, None, 7]), pl.Series([5.0, None, 7.0]), pl.Series([[5], [], [7]])])
def test_when_ids_are_numbers_or_lists_then_they_are_read_too(column: pl.Series) -> None:
    assert parse_sequences(column).sequences.values.tolist() == [5, 7]


def test_when_ids_are_unreadable_then_they_are_left_out_and_counted() -> None:
    parsed = parse_sequences(pl.Series(["1,x,3", "99999999999,-4", "=1+1"]))

    assert parsed.sequences.values.tolist() == [1, 3]
    assert parsed.sequences.offsets.tolist() == [0, 2, 2, 2]
    assert parsed.unreadable == 4


def test_when_rows_are_taken_then_each_keeps_its_sequence() -> None:
    sequences = parse_sequences(pl.Series(["1,2", "", "3,4,5"])).sequences

    taken = sequences.take(np.array([2, 0, 0]))

    assert taken.values.tolist() == [3, 4, 5, 1, 2, 1, 2]
    assert taken.recent(3).tolist() == [[3, 4, 5], [NO_ID, 1, 2], [NO_ID, 1, 2]]


def test_when_the_file_is_partial_then_what_is_there_is_read(toss) -> None:
    mapping = chosen_columns(suggest_mapping(toss.columns, CTR_SCHEMA))
    rows = read_impressions(apply_mapping(toss, mapping, CTR_SCHEMA).frame)

    assert mapping["seq"] == "seq_list"
    assert rows.numbers.shape == (1500, 75)
    assert rows.sequences is not None
    assert rows.sequences.lengths.max() == 50
    assert rows.labels.sum() == 27


def test_when_the_target_is_a_word_then_one_value_counts_as_the_click(adult) -> None:
    rows = read_impressions(adult, target="income", positive=">50K")

    assert rows.labels.sum() == 7841
    assert len(rows.categories) == 8
    assert rows.sequences is None


def test_when_a_text_column_is_different_in_most_rows_then_it_is_set_aside(open_bandit) -> None:
    assert read_impressions(open_bandit, target="click").ignored == ("timestamp",)


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ([0, 1, 2], "ctr.target_values"),
        (["0", "1", "yes"], "ctr.target_values"),
        ([0, 1, None], "quality.missing_required"),
        ([1, 1, 1], "ctr.one_class"),
    ],
)
def test_when_the_target_is_not_two_valued_then_it_is_refused(values: list, key: str) -> None:
    with pytest.raises(BadInput) as refused:
        read_target(pl.Series("clicked", values))

    assert refused.value.key == key


@pytest.mark.parametrize(
    "values", [[" 1", "0 ", "1.0", "0"], [True, False, True, False], [1.0, 0.0, 1.0, 0.0], [1, 0, 1, 0]]
)
def test_when_the_gate_finds_nothing_wrong_with_a_target_then_training_reads_it(values: list) -> None:
    target = pl.Series("clicked", values)

    assert clicks_of(target).to_list() == [1, 0, 1, 0]
    assert read_target(target).tolist() == [1, 0, 1, 0]


def test_when_there_is_no_target_then_rows_can_be_scored_but_not_learnt_from() -> None:
    rows = read_impressions(pl.DataFrame({"l_feat_1": [1.0, 2.0]}))

    with pytest.raises(BadInput):
        _ = rows.labels
