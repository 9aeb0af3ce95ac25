"""Customers by their four known fields: one or many, checked, and read from a table.

Batches travel as columns (`ProfileColumns`), single customers as `CustomerProfile`; both carry the same checks.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.customers.vocabulary import (
    AGE,
    AMOUNT,
    FREQUENCIES,
    FREQUENCY,
    FREQUENCY_CODES,
    OLDEST,
    PROFILE_COLUMNS,
    SNAKE_CASE_NAMES,
    SUBSCRIPTION,
    CustomerProfile,
)
from core.errors import BadInput

if TYPE_CHECKING:
    import polars


class UnknownLevel(BadInput):
    """A category value outside the vocabulary; the message lists the known ones."""

    def __init__(self, column: str, value: object, known: Iterable[str], row: int | None = None) -> None:
        levels = ", ".join(known)
        if row is None:
            super().__init__("customers.unknown_level", column=column, value=value, known=levels)
        else:
            super().__init__("customers.unknown_level_in_row", column=column, value=value, known=levels, row=row)


@dataclass(frozen=True)
class ProfileColumns:
    """Many customers, one array a field; `frequency` holds codes into FREQUENCIES (int8)."""

    age: NDArray[np.float64]
    purchase_amount: NDArray[np.float64]
    subscribed: NDArray[np.bool_]
    frequency: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.age)

    def take(self, rows: NDArray[np.intp]) -> ProfileColumns:
        """The customers at `rows`, in that order."""
        return ProfileColumns(self.age[rows], self.purchase_amount[rows], self.subscribed[rows], self.frequency[rows])

    def profile(self, row: int) -> CustomerProfile:
        """The customer at `row`."""
        label = tuple(FREQUENCIES)[int(self.frequency[row])]
        amount = float(self.purchase_amount[row])
        return CustomerProfile(int(self.age[row]), amount, bool(self.subscribed[row]), label)


def check_profile(profile: CustomerProfile) -> CustomerProfile:
    """The same profile when every field is usable; raises BadInput or UnknownLevel naming the first that is not."""
    if not (isinstance(profile.age, int) and 0 <= profile.age <= OLDEST):
        raise BadInput("customers.age_out_of_range", value=profile.age, oldest=OLDEST)
    if not (math.isfinite(profile.purchase_amount) and profile.purchase_amount >= 0):
        raise BadInput("customers.amount_out_of_range", value=profile.purchase_amount)
    if profile.frequency not in FREQUENCIES:
        raise UnknownLevel(FREQUENCY, profile.frequency, FREQUENCIES)
    return profile


def columns_of(profiles: Iterable[CustomerProfile]) -> ProfileColumns:
    """Checked profiles as columns."""
    checked = [check_profile(profile) for profile in profiles]
    return ProfileColumns(
        np.array([profile.age for profile in checked], dtype=np.float64),
        np.array([profile.purchase_amount for profile in checked], dtype=np.float64),
        np.array([profile.subscribed for profile in checked], dtype=np.bool_),
        np.array([FREQUENCY_CODES[profile.frequency] for profile in checked], dtype=np.int8),
    )


def read_profiles(frame: polars.DataFrame) -> ProfileColumns:
    """The four profile columns of a table, under their dataset or snake_case names.

    Raises BadInput naming missing columns, or the first row that cannot be used (rows count from 1).
    """
    found = _find_columns(frame.columns)
    age = _numbers(frame[found[AGE]], AGE)
    _refuse_rows(~((age >= 0) & (age <= OLDEST)), "customers.age_in_row", age, oldest=OLDEST)
    _refuse_rows(age != np.floor(age), "customers.age_in_row", age, oldest=OLDEST)
    amount = _numbers(frame[found[AMOUNT]], AMOUNT)
    _refuse_rows(~(amount >= 0) | np.isinf(amount), "customers.amount_in_row", amount)
    subscribed = _codes(frame[found[SUBSCRIPTION]], SUBSCRIPTION, _SUBSCRIPTION_CODES, ("Yes", "No"))
    frequency = _codes(frame[found[FREQUENCY]], FREQUENCY, FREQUENCY_CODES, FREQUENCIES)
    return ProfileColumns(age, amount, subscribed.astype(np.bool_), frequency)


_SUBSCRIPTION_CODES = {"Yes": 1, "No": 0, "True": 1, "False": 0, "1": 1, "0": 0}


def _find_columns(present: list[str]) -> dict[str, str]:
    found = {
        name: next((column for column in (name, SNAKE_CASE_NAMES[name]) if column in present), None)
        for name in PROFILE_COLUMNS
    }
    missing = [name for name, column in found.items() if column is None]
    if missing:
        raise BadInput("customers.missing_columns", missing=", ".join(missing), found=", ".join(present[:12]))
    return {name: column for name, column in found.items() if column is not None}


def _numbers(series: polars.Series, column: str) -> NDArray[np.float64]:
    import polars

    if not (series.dtype.is_numeric() or series.dtype in (polars.String, polars.Null)):
        raise BadInput("customers.not_numbers", column=column, dtype=str(series.dtype))
    numbers = series.cast(polars.Float64, strict=False).fill_null(math.nan).to_numpy()
    bad = np.flatnonzero(np.isnan(numbers))
    if bad.size:
        raise BadInput(
            "customers.no_number_in_rows",
            column=column,
            count=bad.size,
            row=int(bad[0]) + 1,
            value=series[int(bad[0])],
        )
    return np.ascontiguousarray(numbers, dtype=np.float64)


def _refuse_rows(bad: NDArray[np.bool_], key: str, values: NDArray[np.float64], **details: Any) -> None:
    rows = np.flatnonzero(bad)
    if rows.size:
        raise BadInput(key, row=int(rows[0]) + 1, value=f"{values[rows[0]]:g}", count=rows.size, **details)


def _codes(series: polars.Series, column: str, vocabulary: Mapping[str, int], known: Iterable[str]) -> NDArray[np.int8]:
    import polars

    text = series.cast(polars.String).str.strip_chars()
    if column == SUBSCRIPTION:
        text = text.str.to_titlecase()
    codes = text.replace_strict(vocabulary, default=None, return_dtype=polars.Int8)
    unknown = codes.is_null().to_numpy()
    if unknown.any():
        row = int(np.flatnonzero(unknown)[0])
        raise UnknownLevel(column, series[row], known, row=row + 1)
    return codes.to_numpy()
