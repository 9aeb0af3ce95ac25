"""A customer's four known fields: names, words and limits. Imports nothing heavy, since the API needs it at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.messages import say

Frequency = Literal["Weekly", "Fortnightly", "Bi-Weekly", "Monthly", "Quarterly", "Every 3 Months", "Annually"]
# Purchases per year behind each label. "Fortnightly" and "Bi-Weekly" are separate labels in the data; we
# assume that both mean every two weeks (26). "Quarterly" and "Every 3 Months" are synonyms as well (4).
FREQUENCIES: dict[str, int] = {
    "Weekly": 52,
    "Fortnightly": 26,
    "Bi-Weekly": 26,
    "Monthly": 12,
    "Quarterly": 4,
    "Every 3 Months": 4,
    "Annually": 1,
}
FREQUENCY_CODES = {label: code for code, label in enumerate(FREQUENCIES)}

AGE, AMOUNT = "Age", "Purchase Amount (USD)"
SUBSCRIPTION, FREQUENCY = "Subscription Status", "Frequency of Purchases"
PROFILE_COLUMNS = (AGE, AMOUNT, SUBSCRIPTION, FREQUENCY)
SNAKE_CASE_NAMES = {
    AGE: "age",
    AMOUNT: "purchase_amount",
    SUBSCRIPTION: "subscription_status",
    FREQUENCY: "frequency_of_purchases",
}
FIELDS = ("age", "purchase_amount", "subscribed", "frequency")  # of a profile and of columns of profiles
OLDEST = 120  # years


@dataclass(frozen=True, slots=True)
class CustomerProfile:
    """One customer: age in years, amount of the last purchase in USD, subscription, purchase rhythm."""

    age: int
    purchase_amount: float
    subscribed: bool
    frequency: str


def rhythm_text(frequency: str, language: str) -> str:
    """A label of FREQUENCIES in words."""
    return say(f"customers.rhythm_{frequency.lower().replace(' ', '_').replace('-', '_')}", language)
