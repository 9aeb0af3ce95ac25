"""Amounts in free text: what a kilogram may cost, and how much is to be made. Only with their units; never guessed."""

from __future__ import annotations

import re

from core.fragrance.vocabulary import CURRENCY_WORDS, NUMBER, plain

_NUMBER = rf"{NUMBER}\s*(만)?"
_MASS = rf"{_NUMBER}\s*(kg|g|그램|킬로)"
_BATCH = re.compile(rf"(?:{_MASS}\s*(?:batch|배치))|(?:(?:batch(?: of)?|배치(?:는|로)?)\s*{_MASS})")
TEN_THOUSAND = 10_000  # 만


def budget_in(text: str, currency: str) -> float | None:
    """The cost of a kilogram that the text names in this currency; None where it names none."""
    words = CURRENCY_WORDS.get(currency)
    if words is None:
        return None
    text = plain(text)
    money = f"(?:{'|'.join(map(re.escape, words))})"
    per = r"\s*(?:/|per|a|당)?\s*(?:kg|kilo(?:gram)?|킬로(?:그램)?)"
    for pattern in (
        rf"{_NUMBER}\s*{money}{per}", rf"(?:kg|킬로(?:그램)?)\s*당\s*{_NUMBER}\s*{money}",
        rf"{money}\s*{_NUMBER}{per}",
    ):  # fmt: skip
        found = re.search(pattern, text)
        if found:
            return _value(found[1], found[2])
    return None


def batch_in(text: str) -> float | None:
    """Grams of the batch that the text names."""
    found = _BATCH.search(plain(text))
    if found is None:
        return None
    first, ten_thousands, unit = found.groups()[:3] if found[1] else found.groups()[3:]
    return _value(first, ten_thousands) * (1_000 if unit in {"kg", "킬로"} else 1)


def _value(digits: str, ten_thousands: str | None) -> float:
    return float(digits.replace(",", "")) * (TEN_THOUSAND if ten_thousands else 1)
