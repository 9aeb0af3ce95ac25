"""Values of parameters and results as a person reads them."""

from __future__ import annotations

from typing import Any

from app.ui.parameter_form import choice_of
from app.ui.texts import say_if_known

DIGITS = 6


def value_text(value: Any, room: str = "") -> str:
    """One value in words, those of the room where it has its own; a dash for none."""
    if value in ("", None):
        return "–"
    if isinstance(value, float):
        return number_text(value)
    return choice_of(str(value), room)


def number_text(value: float | None) -> str:
    """Whole numbers with thousands apart, others with as many digits as tell something."""
    if value is None:
        return "–"
    if float(value).is_integer() and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.{DIGITS}g}"


def name_text(name: str) -> str:
    """A part of a result in words, else its own name."""
    return " · ".join(say_if_known("result", part, part.replace("_", " ")) for part in name.split("."))
