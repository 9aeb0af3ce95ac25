"""Words of the customer rooms that the core already holds, in the visitor's language."""

from __future__ import annotations

from typing import Any

from app.ui import state
from core.customers import charts
from core.customers.personas import ClusterName, PersonaText
from core.customers.vocabulary import AGE, AMOUNT, FREQUENCY, SUBSCRIPTION, rhythm_text
from core.messages import say as say_sentence

FIELD_OF = {AGE: "age", AMOUNT: "purchase_amount", SUBSCRIPTION: "subscribed", FREQUENCY: "frequency"}


def rhythm(label: str) -> str:
    """A purchase frequency, such as `Every 3 Months`, in words."""
    return rhythm_text(label, state.language())


def field(name: str) -> str:
    """A profile field, or "combination"."""
    return charts.field_label(name, state.language())


def feature(name: str) -> str:
    """A feature of the model."""
    return charts.feature_label(name, state.language())


def persona(name: ClusterName) -> PersonaText:
    """What a person reads about a cluster."""
    return name.text(state.language())


def finding(plain: dict[str, Any]) -> str:
    """The sentence of a stored finding."""
    details = dict(plain.get("details", {}))
    if details.get("column") in FIELD_OF.values():
        details["column"] = field(details["column"])
    return say_sentence(plain["code"], state.language(), **details)
