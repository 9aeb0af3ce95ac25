"""Renamed headers are ordinary: the expected column is found, and what cannot be brought to its kind is told."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.datasets.mapping import (
    ExpectedColumn,
    Schema,
    apply_mapping,
    chosen_columns,
    rename_columns,
    suggest_mapping,
)
from core.errors import BadInput

SCHEMA = Schema(
    "customers",
    (
        ExpectedColumn("Age", "integer", aliases=("나이", "연령")),
        ExpectedColumn("Purchase Amount (USD)", "number", aliases=("구매 금액", "spend")),
        ExpectedColumn("Subscription Status", "category", levels=("Yes", "No")),
        ExpectedColumn("Frequency of Purchases", "category", levels=("Weekly", "Bi-Weekly")),
        ExpectedColumn("Active", "boolean", required=False),
    ),
)


@pytest.mark.parametrize(
    ("found", "expected", "how"),
    [
        ("Age", "Age", "exact"),
        (" AGE_", "Age", "spelling"),
        ("나이", "Age", "alias"),
        ("연 령", "Age", "alias"),
        ("purchase_amount_usd", "Purchase Amount (USD)", "spelling"),
        ("PurchaseAmount", "Purchase Amount (USD)", "spelling"),
        ("구매금액(원)", "Purchase Amount (USD)", "alias"),
        ("Frequensy of purchase", "Frequency of Purchases", "close"),
    ],
)
def test_when_a_header_is_spelled_otherwise_then_its_column_is_suggested(found: str, expected: str, how: str) -> None:
    (match,) = [match for match in suggest_mapping(["x", found], SCHEMA) if match.found == found]

    assert (match.expected, match.how) == (expected, how)
    assert 0.8 <= match.confidence <= 1


def test_when_a_decomposed_korean_header_comes_then_it_is_the_same_word() -> None:
    import unicodedata

    header = unicodedata.normalize("NFD", "나이")

    assert chosen_columns(suggest_mapping([header], SCHEMA)) == {"Age": header}


def test_when_nothing_fits_then_nothing_is_suggested() -> None:
    matches = suggest_mapping(["colour", "zip"], SCHEMA)

    assert all((match.found, match.confidence, match.how) == (None, 0.0, "none") for match in matches)


def test_when_a_near_miss_competes_with_the_exact_name_then_the_exact_one_wins() -> None:
    assert chosen_columns(suggest_mapping(["Ages", "Age"], SCHEMA))["Age"] == "Age"


@given(st.lists(st.sampled_from(["Age", "age", "AGE", "나이", "spend", "amount", "Activ", "active"]), unique=True))
def test_when_headers_compete_then_each_is_used_at_most_once(found: list[str]) -> None:
    chosen = [match.found for match in suggest_mapping(found, SCHEMA) if match.found]

    assert len(chosen) == len(set(chosen))


def test_when_a_mapping_is_applied_then_columns_are_renamed_in_place_and_others_stay() -> None:
    frame = pl.DataFrame({"note": ["a"], "나이": [31], "spend": [9.5]})

    mapped = apply_mapping(frame, {"Age": "나이", "Purchase Amount (USD)": "spend"}, SCHEMA)

    assert mapped.frame.columns == ["note", "Age", "Purchase Amount (USD)"]
    assert mapped.uncoerced == ()


@pytest.mark.parametrize("written", ["Yes", "yes ", "TRUE", "1", "y", "예", True, 1])
def test_when_yes_is_written_in_any_way_then_it_is_yes(written: object) -> None:
    frame = pl.DataFrame({"s": [written], "a": [written]})

    mapped = apply_mapping(frame, {"Subscription Status": "s", "Active": "a"}, SCHEMA).frame

    assert mapped.row(0) == ("Yes", True)


def test_when_levels_differ_in_case_then_they_take_the_schemas_spelling_and_unknown_ones_stay() -> None:
    frame = pl.DataFrame({"f": ["weekly", " BI-WEEKLY", "Daily", "", None]})

    mapped = apply_mapping(frame, {"Frequency of Purchases": "f"}, SCHEMA).frame

    assert mapped["Frequency of Purchases"].to_list() == ["Weekly", "Bi-Weekly", "Daily", None, None]


def test_when_values_are_not_of_the_kind_then_they_are_missing_and_told_with_their_rows() -> None:
    frame = pl.DataFrame({"age": ["31", "1,234", "35.5", "old", "n/a", None, "3.0"]})

    mapped = apply_mapping(frame, {"Age": "age"}, SCHEMA)

    assert mapped.frame["Age"].to_list() == [31, 1234, None, None, None, None, 3]
    (bad,) = mapped.uncoerced
    assert (bad.count, bad.rows, bad.values) == (2, (2, 3), ("35.5", "old"))


def test_when_numbers_are_float_nan_then_they_are_missing_not_uncoerced() -> None:
    mapped = apply_mapping(pl.DataFrame({"age": [31.0, float("nan")]}), {"Age": "age"}, SCHEMA)

    assert mapped.frame["Age"].to_list() == [31, None]
    assert mapped.uncoerced == ()


def test_when_a_decimal_comma_stands_in_a_number_then_it_is_not_read_as_thousands() -> None:
    mapped = apply_mapping(pl.DataFrame({"x": ["1,5"]}), {"Purchase Amount (USD)": "x"}, SCHEMA)

    assert mapped.uncoerced[0].values == ("1,5",)


@pytest.mark.parametrize(
    ("mapping", "key"),
    [
        ({"Age": "nothing"}, "mapping.unknown_column"),
        ({"Nothing": "a"}, "mapping.unknown_expected"),
        ({"Age": "a", "Active": "a"}, "mapping.used_twice"),
        ({"Age": "b"}, "mapping.name_taken"),
    ],
)
def test_when_a_mapping_cannot_be_applied_then_it_says_why(mapping: dict[str, str], key: str) -> None:
    frame = pl.DataFrame({"a": [1], "b": [2], "Age": [3]})

    with pytest.raises(BadInput) as caught:
        apply_mapping(frame, mapping, SCHEMA)

    assert caught.value.key == key


def test_when_two_names_swap_then_the_values_swap() -> None:
    frame = rename_columns(pl.DataFrame({"a": [1], "b": [2]}), {"a": "b", "b": "a"})

    assert (frame["a"][0], frame["b"][0]) == (2, 1)


@pytest.mark.parametrize("written", ["No", " no", "FALSE", "0", "n", "아니요", False, 0])
def test_when_no_is_written_in_any_way_then_it_is_no(written: object) -> None:
    frame = pl.DataFrame({"s": [written], "a": [written]})

    mapped = apply_mapping(frame, {"Subscription Status": "s", "Active": "a"}, SCHEMA).frame

    assert mapped.row(0) == ("No", False)


def test_when_a_word_is_neither_yes_nor_no_then_it_is_told_and_an_empty_cell_is_not() -> None:
    mapped = apply_mapping(pl.DataFrame({"a": ["yes", "perhaps", "", "N/A", None]}), {"Active": "a"}, SCHEMA)

    assert mapped.frame["Active"].to_list() == [True, None, None, None, None]
    (bad,) = mapped.uncoerced
    assert (bad.kind, bad.count, bad.values) == ("boolean", 1, ("perhaps",))


def test_when_a_whole_number_is_too_long_to_be_exact_then_it_is_not_read_as_another_one() -> None:
    mapped = apply_mapping(pl.DataFrame({"age": ["9007199254740991", "9007199254740993"]}), {"Age": "age"}, SCHEMA)

    assert mapped.frame["Age"].to_list() == [2**53 - 1, None]
    assert mapped.uncoerced[0].values == ("9007199254740993",)


def test_when_truth_values_stand_where_numbers_are_expected_then_they_count_as_one_and_zero() -> None:
    frame = pl.DataFrame({"age": [True, False, None], "x": [True, False, None]})

    mapped = apply_mapping(frame, {"Age": "age", "Purchase Amount (USD)": "x"}, SCHEMA)

    assert mapped.frame.rows() == [(1, 1.0), (0, 0.0), (None, None)]
    assert mapped.uncoerced == ()


def test_when_numbers_are_grouped_by_commas_then_signs_and_fractions_stay() -> None:
    mapped = apply_mapping(
        pl.DataFrame({"x": ["-1,234.5", "+12,345,678", "0.5"]}), {"Purchase Amount (USD)": "x"}, SCHEMA
    )

    assert mapped.frame["Purchase Amount (USD)"].to_list() == [-1234.5, 12_345_678.0, 0.5]


def test_when_a_korean_level_comes_decomposed_then_it_is_the_schemas_level() -> None:
    import unicodedata

    schema = Schema("answers", (ExpectedColumn("Season", "category", levels=("봄", "가을")),))
    frame = pl.DataFrame({"s": [unicodedata.normalize("NFD", "가을"), "봄"]})

    assert apply_mapping(frame, {"Season": "s"}, schema).frame["Season"].to_list() == ["가을", "봄"]
