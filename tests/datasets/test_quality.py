"""Findings name the column, the rows and the gravity of what is wrong with a table."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

from core.datasets.leakage import find_leaks
from core.datasets.mapping import ExpectedColumn, Schema, apply_mapping
from core.datasets.quality import Finding, find_problems
from core.errors import BadInput

SCHEMA = Schema(
    "customers",
    (
        ExpectedColumn("Age", "integer", minimum=0, maximum=120),
        ExpectedColumn("Frequency", "category", levels=("Weekly", "Monthly")),
        ExpectedColumn("Rating", "number", required=False, maximum=5),
    ),
)
ROWS = 200
RANDOM = np.random.default_rng(0)
OUTCOME = RANDOM.random(ROWS) < 0.3


def finding(frame: pl.DataFrame, code: str, **options: object) -> Finding:
    (only,) = [found for found in find_problems(frame, **options) if found.code == f"quality.{code}"]
    assert only.text("ko")
    return only


def codes(frame: pl.DataFrame, **options: object) -> set[str]:
    return {found.code.removeprefix("quality.") for found in find_problems(frame, **options)}


def customers(**columns: list[object]) -> pl.DataFrame:
    return pl.DataFrame({"Age": [20, 30, 40], "Frequency": ["Weekly", "Monthly", "Weekly"], **columns})


def test_when_a_table_is_sound_then_nothing_is_found() -> None:
    assert find_problems(customers(Rating=[1.0, 2.5, 5.0]), schema=SCHEMA) == ()


def test_when_a_required_column_is_absent_then_it_blocks_and_the_found_ones_are_named() -> None:
    found = finding(pl.DataFrame({"age": [1, 2]}), "missing_column", schema=Schema("r", SCHEMA.columns[:1]))

    assert (found.severity, found.column) == ("blocking", "Age")
    assert '"Age" is missing; the file has: age' in found.text("en")


def test_when_ages_are_missing_then_the_required_column_blocks_with_its_rows() -> None:
    found = finding(customers(Age=[20, None, None]), "missing_required", schema=SCHEMA)

    assert (found.severity, found.rows, found.details["percent"]) == ("blocking", (1, 2), 66.7)


@pytest.mark.parametrize(("gaps", "severity"), [(1, "info"), (40, "warning")])
def test_when_other_values_are_missing_then_their_share_decides_the_gravity(gaps: int, severity: str) -> None:
    values = [None] * gaps + [float(place % 7) for place in range(ROWS - gaps)]

    assert finding(pl.DataFrame({"x": values}), "missing_values").severity == severity


def test_when_nan_stands_in_a_column_then_it_counts_as_missing() -> None:
    assert finding(pl.DataFrame({"x": [1.0, float("nan"), 3.0]}), "missing_values").rows == (1,)


def test_when_a_number_is_out_of_range_then_the_value_and_its_row_are_named() -> None:
    found = finding(customers(Age=[20, 150, -1]), "out_of_range", schema=SCHEMA)

    assert (found.severity, found.rows) == ("blocking", (1, 2))
    assert "outside 0..120 (such as 150, -1)" in found.text("en")


def test_when_an_optional_column_is_out_of_range_then_it_only_warns() -> None:
    assert finding(customers(Rating=[1.0, 2.0, 9.0]), "out_of_range", schema=SCHEMA).severity == "warning"


def test_when_levels_are_unknown_then_they_are_named_beside_the_known_ones() -> None:
    found = finding(customers(Frequency=["Weekly", "Daily", "Hourly"]), "unknown_levels", schema=SCHEMA)

    assert (found.rows, found.details["levels"], found.details["known"]) == (
        (1, 2),
        "Daily, Hourly",
        "Weekly, Monthly",
    )


def test_when_values_could_not_be_coerced_then_they_are_told_once_and_not_as_missing_too() -> None:
    mapped = apply_mapping(customers(Age=["20", "old", "40"]), {"Age": "Age"}, SCHEMA)

    options = {"schema": SCHEMA, "uncoerced": mapped.uncoerced}

    assert finding(mapped.frame, "not_integer", **options).rows == (1,)
    assert "missing_required" not in codes(mapped.frame, **options)


def test_when_rows_repeat_then_the_later_ones_are_named() -> None:
    found = finding(pl.DataFrame({"a": [1, 2, 1, 1], "b": ["x", "y", "x", "z"]}), "duplicate_rows")

    assert (found.rows, found.details["count"]) == ((2,), 1)


def test_when_a_column_never_changes_then_its_value_is_named() -> None:
    assert finding(pl.DataFrame({"a": ["x", "x", None]}), "constant_column").details["value"] == "x"


def test_when_the_target_never_changes_then_it_blocks() -> None:
    frame = pl.DataFrame({"y": [1, 1, 1], "x": [1, 2, 2]})

    assert finding(frame, "constant_column", target="y").severity == "blocking"


def test_when_two_columns_are_identical_then_both_are_named() -> None:
    found = finding(pl.DataFrame({"a": [1, None, 3], "b": [2, 3, 4], "c": [1, None, 3]}), "identical_columns")

    assert (found.column, found.details["other"]) == ("c", "a")


def test_when_each_row_has_its_own_value_then_text_and_integers_look_like_identifiers_but_measures_do_not() -> None:
    frame = pl.DataFrame({"id": range(ROWS), "code": [f"c{n}" for n in range(ROWS)], "x": RANDOM.random(ROWS)})

    found = [found.column for found in find_problems(frame) if found.code == "quality.id_column"]

    assert found == ["id", "code"]


def test_when_numbers_and_words_mix_then_the_words_are_named() -> None:
    found = finding(pl.DataFrame({"x": ["1", "2.5", "n.b.", "4"]}), "mixed_types")

    assert (found.rows, found.details["values"]) == ((2,), "n.b.")


@pytest.mark.parametrize(
    ("leak", "code"),
    [
        (OUTCOME * 10.0 + RANDOM.random(ROWS), "leaking_column"),
        (-(OUTCOME * 10.0) - RANDOM.random(ROWS), "leaking_column"),
        ([1.0 + n if hit else None for n, hit in enumerate(OUTCOME)], "leaking_column"),
        ([f"{'lost' if hit else 'kept'} {n % 20}" for n, hit in enumerate(OUTCOME)], "target_copy"),
        (["no" if hit else "yes" for hit in OUTCOME], "target_copy"),
    ],
)
def test_when_a_column_alone_tells_the_target_then_it_blocks(leak: object, code: str) -> None:
    frame = pl.DataFrame({"y": OUTCOME, "leak": leak})

    found = finding(frame, code, target="y")

    assert (found.severity, found.column) == ("blocking", "leak")


def test_when_columns_say_little_about_the_target_then_none_is_called_a_leak() -> None:
    frame = pl.DataFrame(
        {
            "y": OUTCOME,
            "noise": RANDOM.random(ROWS),
            "hint": OUTCOME * 1.0 + RANDOM.standard_normal(ROWS),
            "unique": [f"u{n}" for n in range(ROWS)],
            "city": [f"city {n % 9}" for n in range(ROWS)],
        }
    )

    assert not codes(frame, target="y") & {"leaking_column", "target_copy", "leaking_number"}


def test_when_a_number_is_the_numeric_target_in_another_unit_then_it_blocks() -> None:
    price = RANDOM.random(ROWS) * 100
    frame = pl.DataFrame({"usd": price, "won": price * 1300 + RANDOM.random(ROWS)})

    assert finding(frame, "leaking_number", target="usd").column == "won"


def test_when_the_target_is_not_there_then_the_columns_are_named() -> None:
    with pytest.raises(BadInput, match="to predict; the table has: a"):
        find_problems(pl.DataFrame({"a": [1, 2]}), target="y")


def test_when_several_things_are_wrong_then_the_gravest_comes_first() -> None:
    frame = customers(Age=[20, None, None], constant=[1, 1, 1])

    severities = [found.severity for found in find_problems(frame, schema=SCHEMA)]

    assert severities == sorted(severities, key=("blocking", "warning", "info").index)


def test_when_a_finding_is_stored_as_json_then_it_comes_back_equal() -> None:
    found = finding(customers(Age=[20, 150, 30]), "out_of_range", schema=SCHEMA)

    assert Finding.from_dict(json.loads(json.dumps(found.as_dict()))) == found


def test_when_text_levels_have_exactly_equal_rates_then_no_leak_is_suspected() -> None:
    frame = pl.DataFrame({"sex": ["m", "f"] * 30, "income": ["low", "low", "high"] * 20})

    assert list(find_leaks(frame, "income")) == []
