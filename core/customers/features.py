"""What a cluster model sees of a customer: named feature sets and their encoding.

Every feature is one numeric source (age, amount, log amount or nothing) plus an offset that depends only on
subscription and frequency. Encoding, batches and the one-profile lookup all rest on this shape.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.customers.profiles import ProfileColumns
from core.customers.vocabulary import AGE, AMOUNT, FREQUENCIES, FREQUENCY, SUBSCRIPTION


@dataclass(frozen=True)
class Feature:
    """One input of the model: value = source + offset(subscribed, frequency)."""

    name: str
    source: str | None  # "age", "amount", "log_amount" or none
    offset: Callable[[bool, str], float]
    column: str  # the dataset's name for it, as the old model's column list writes it
    fields: tuple[str, ...]  # profile fields it is made of


def _no_offset(subscribed: bool, frequency: str) -> float:
    return 0.0


def _log_purchases(subscribed: bool, frequency: str) -> float:
    return math.log(FREQUENCIES[frequency])


def _is_subscribed(subscribed: bool, frequency: str) -> float:
    return float(subscribed)


def _has_frequency(level: str) -> Feature:
    return Feature(
        f"frequency={level}",
        None,
        lambda _, frequency: float(frequency == level),
        f"{FREQUENCY}_{level}",
        ("frequency",),
    )


# Amounts are logged as log(1 + USD), so that a purchase of 0 stays defined; yearly spend is then
# log(1 + USD) + log(purchases per year).
FEATURES: dict[str, Feature] = {
    feature.name: feature
    for feature in (
        Feature("age", "age", _no_offset, AGE, ("age",)),
        Feature("amount", "amount", _no_offset, AMOUNT, ("purchase_amount",)),
        Feature("log_amount", "log_amount", _no_offset, f"log(1 + {AMOUNT})", ("purchase_amount",)),
        Feature("subscribed", None, _is_subscribed, f"{SUBSCRIPTION}_Yes", ("subscribed",)),
        Feature("log_frequency", None, _log_purchases, "log(purchases per year)", ("frequency",)),
        Feature(
            "log_yearly_spend",
            "log_amount",
            _log_purchases,
            "log(yearly spend)",
            ("purchase_amount", "frequency"),
        ),
        *(_has_frequency(level) for level in sorted(FREQUENCIES)),
    )
}

COMPATIBILITY = "compatibility"
FEATURE_SETS: dict[str, tuple[str, ...]] = {
    "age_amount": ("age", "amount"),
    "age_amount_subscription": ("age", "amount", "subscribed"),
    "age_amount_frequency": ("age", "amount", "log_frequency"),
    "four_fields": ("age", "amount", "subscribed", "log_frequency"),
    "four_fields_log": ("age", "log_amount", "subscribed", "log_frequency"),
    "age_yearly_spend": ("age", "log_yearly_spend"),
    "age_yearly_spend_subscription": ("age", "log_yearly_spend", "subscribed"),
    # The old model's ten columns in the old order.
    COMPATIBILITY: ("age", "amount", "subscribed", *(f"frequency={level}" for level in sorted(FREQUENCIES))),
}


def features_of(feature_set: str) -> tuple[Feature, ...]:
    """The features of a named set, in encoding order; raises KeyError for an unknown name."""
    return tuple(FEATURES[name] for name in FEATURE_SETS[feature_set])


def offsets(features: Sequence[Feature]) -> NDArray[np.float64]:
    """Offsets for each subscription and frequency, shape (2, n_frequencies, n_features)."""
    return np.array(
        [
            [[feature.offset(subscribed, label) for feature in features] for label in FREQUENCIES]
            for subscribed in (False, True)
        ]
    )


def encode_columns(columns: ProfileColumns, feature_set: str) -> NDArray[np.float64]:
    """Unscaled features of every customer, shape (n, n_features)."""
    features = features_of(feature_set)
    encoded = offsets(features)[columns.subscribed.astype(np.int8), columns.frequency]
    sources = {"age": columns.age, "amount": columns.purchase_amount}
    if any(feature.source == "log_amount" for feature in features):
        sources["log_amount"] = np.log1p(columns.purchase_amount)
    for position, feature in enumerate(features):
        if feature.source:
            encoded[:, position] += sources[feature.source]
    return encoded
