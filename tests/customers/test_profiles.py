"""What a customer may hold, and what is said when it does not."""

from __future__ import annotations

import math
from typing import get_args

import numpy as np
import polars as pl
import pytest

from core.customers.features import FEATURE_SETS, encode_columns, features_of
from core.customers.profiles import (
    UnknownLevel,
    check_profile,
    columns_of,
    read_profiles,
)
from core.customers.samples import make_customers
from core.customers.vocabulary import FREQUENCIES, CustomerProfile, Frequency
from core.errors import BadInput

PROFILE = CustomerProfile(35, 50.0, True, "Monthly")


def table(**changes: list[object]) -> pl.DataFrame:
    columns = {
        "Age": [35, 60],
        "Purchase Amount (USD)": [50, 20],
        "Subscription Status": ["Yes", "No"],
        "Frequency of Purchases": ["Monthly", "Weekly"],
    }
    return pl.DataFrame({**columns, **changes}, strict=False)


@pytest.mark.parametrize("age", [-1, 121, 35.5])
def test_when_age_is_outside_0_to_120_or_not_whole_then_it_is_refused(age: float) -> None:
    with pytest.raises(BadInput, match="0 to 120"):
        check_profile(CustomerProfile(age, 50.0, True, "Monthly"))  # type: ignore[arg-type]


@pytest.mark.parametrize("age", [0, 120])
def test_when_age_is_at_the_edge_then_it_is_accepted(age: int) -> None:
    assert check_profile(CustomerProfile(age, 50.0, True, "Monthly")).age == age


@pytest.mark.parametrize("amount", [-1.0, math.nan, math.inf])
def test_when_amount_is_negative_or_no_number_then_it_is_refused(amount: float) -> None:
    with pytest.raises(BadInput, match="0 USD or more"):
        check_profile(CustomerProfile(35, amount, True, "Monthly"))


def test_when_frequency_is_unknown_then_the_known_ones_are_named() -> None:
    with pytest.raises(UnknownLevel, match=r"'Daily'.*Every 3 Months") as raised:
        check_profile(CustomerProfile(35, 50.0, True, "Daily"))
    assert "Daily" in raised.value.text("ko")


def test_when_the_api_spells_the_frequencies_out_then_they_are_those_of_the_core() -> None:
    assert get_args(Frequency) == tuple(FREQUENCIES)


def test_when_columns_are_missing_then_they_are_named_with_what_was_found() -> None:
    with pytest.raises(BadInput, match=r"no column Age, Purchase Amount \(USD\).*Subscription Status"):
        read_profiles(table().drop("Age", "Purchase Amount (USD)"))


def test_when_an_age_is_missing_then_its_row_is_named() -> None:
    with pytest.raises(BadInput, match="Row 2: 'Age'"):
        read_profiles(table(Age=[35, None]))


def test_when_an_age_is_nan_then_its_row_is_named() -> None:
    with pytest.raises(BadInput, match="Row 1: 'Age'"):
        read_profiles(table(Age=[math.nan, 35.0]))


def test_when_an_age_is_text_then_its_row_is_named() -> None:
    with pytest.raises(BadInput, match=r"Row 2: 'Age'.*'old'"):
        read_profiles(table(Age=["35", "old"]))


@pytest.mark.parametrize("ages", [[35, 300], [35, 20.5]])
def test_when_an_age_is_out_of_range_then_its_row_is_named(ages: list[object]) -> None:
    with pytest.raises(BadInput, match="Row 2: the age"):
        read_profiles(table(Age=ages))


def test_when_a_level_is_unknown_then_its_row_and_column_are_named() -> None:
    with pytest.raises(UnknownLevel, match=r"Row 1: 'Maybe'.*'Subscription Status'.*Yes, No"):
        read_profiles(table(**{"Subscription Status": ["Maybe", "No"]}))


def test_when_a_level_is_missing_then_it_is_refused() -> None:
    with pytest.raises(UnknownLevel, match="Row 2"):
        read_profiles(table(**{"Frequency of Purchases": ["Weekly", None]}))


def test_when_names_are_snake_case_then_the_table_is_read() -> None:
    names = {
        "Age": "age",
        "Purchase Amount (USD)": "purchase_amount",
        "Subscription Status": "subscription_status",
        "Frequency of Purchases": "frequency_of_purchases",
    }
    assert read_profiles(table().rename(names)).profile(0) == PROFILE


@pytest.mark.parametrize("values", [[True, False], ["yes", " NO "], ["Yes", "No"], [1, 0]])
def test_when_subscription_is_written_otherwise_then_it_is_understood(values: list[object]) -> None:
    columns = read_profiles(table(**{"Subscription Status": values}))
    assert columns.subscribed.tolist() == [True, False]


def test_when_one_profile_is_encoded_then_it_equals_its_row_in_a_batch() -> None:
    columns = read_profiles(make_customers(rows=50, structure=False)[0])
    for feature_set in FEATURE_SETS:
        singles = encode_columns(columns_of(columns.profile(row) for row in range(50)), feature_set)
        assert np.array_equal(singles, encode_columns(columns, feature_set))


def test_when_encoded_for_compatibility_then_columns_stand_in_the_old_order() -> None:
    assert [feature.column for feature in features_of("compatibility")] == [
        "Age",
        "Purchase Amount (USD)",
        "Subscription Status_Yes",
        *(
            f"Frequency of Purchases_{level}"
            for level in (
                "Annually", "Bi-Weekly", "Every 3 Months", "Fortnightly", "Monthly", "Quarterly", "Weekly"
            )
        ),
    ]  # fmt: skip
    assert encode_columns(columns_of([PROFILE]), "compatibility").tolist() == [[35, 50, 1, 0, 0, 0, 0, 1, 0, 0]]


def test_when_yearly_spend_is_encoded_then_it_is_amount_times_purchases_per_year() -> None:
    spend = encode_columns(columns_of([PROFILE]), "age_yearly_spend")[0, 1]
    assert math.exp(spend) == pytest.approx((1 + 50) * FREQUENCIES["Monthly"])


def test_when_no_profiles_are_given_then_the_batch_is_empty() -> None:
    assert len(columns_of([])) == 0
