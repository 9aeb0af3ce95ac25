"""A fact, and the one place where its figure becomes text: page, API, narrative and PDF all read the same digits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Unit = Literal["count", "share", "score", "loss", "nats", "difference", "factor", "money", "seconds", "ms", "p", "text"]
NOTHING = "–"  # shown where a figure is None; the fact's reason says why
SMALLEST_P, SMALLEST_SHARE = 0.001, 0.0001


@dataclass(frozen=True)
class Fact:
    """One computed figure. low and high: its 95 % interval; base: the same figure without any model.

    share is 0..1; nats are small differences of log loss; money is in whatever currency the prices were given in.
    source: file and JSON pointer (RFC 6901), such as report.json#/evaluation/scores/auc.
    reason: key of the sentence that says why value is None.
    """

    id: str
    value: float | int | str | None
    unit: Unit
    low: float | None = None
    high: float | None = None
    base: float | None = None
    source: str = ""
    reason: str | None = None

    @property
    def number(self) -> float:
        """The value of a figure that is there. Raises ValueError for a text and for None."""
        if self.value is None or isinstance(self.value, str):
            raise ValueError(f"{self.id} is no number: {self.value!r}")
        return float(self.value)

    @property
    def covers_zero(self) -> bool:
        return self.low is not None and self.high is not None and self.low <= 0 <= self.high


def fact_text(fact: Fact, language: str, *, interval: bool = True) -> str:
    """The figure as it is read, with its interval where it has one: "0.084 (95 % 0.061 to 0.107)"."""
    text = figure_text(fact.value, fact.unit, language)
    if not interval or fact.value is None or fact.low is None or fact.high is None:
        return text
    low, high = (figure_text(end, fact.unit, language) for end in (fact.low, fact.high))
    return f"{text} (95% 신뢰구간 {low}~{high})" if language == "ko" else f"{text} (95 % {low} to {high})"


def base_text(fact: Fact, language: str) -> str:
    """The figure's base, in the digits of the figure."""
    return figure_text(fact.base, fact.unit, language)


def figure_text(value: float | str | None, unit: Unit, language: str) -> str:
    """Digits, separators and unit of a bare value."""
    if value is None:
        return NOTHING
    if isinstance(value, str):
        return value
    return _FORMATS[unit](value, language == "ko")


def _percent(value: float, is_korean: bool) -> str:
    digits = 4 if 0 < abs(value) < SMALLEST_SHARE else 2  # never "0.00 %" for what is not nothing
    return f"{_fixed(100 * value, digits):.{digits}f}{'%' if is_korean else ' %'}"


def _fixed(value: float, digits: int) -> float:
    """Rounded, and never minus zero."""
    return round(value, digits) + 0.0


def _money(value: float, is_korean: bool) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 or float(value).is_integer() else f"{value:,.2f}"


_FORMATS: dict[Unit, Callable[[float, bool], str]] = {
    "count": lambda value, is_korean: f"{value:,.0f}",
    "share": _percent,
    "score": lambda value, is_korean: f"{_fixed(value, 3):.3f}",
    "loss": lambda value, is_korean: f"{_fixed(value, 4):.4f}",
    "nats": lambda value, is_korean: f"{_fixed(value, 5):.5f}",
    "difference": lambda value, is_korean: f"{_fixed(value, 4):+.4f}",
    "factor": lambda value, is_korean: f"{value:.2f}{'배' if is_korean else ' times'}",
    "money": _money,
    "seconds": lambda value, is_korean: f"{value:,.1f}{'초' if is_korean else ' s'}",
    "ms": lambda value, is_korean: f"{value:,.2f} ms",
    "p": lambda value, is_korean: f"< {SMALLEST_P}" if value < SMALLEST_P else f"{value:.3f}",
    "text": lambda value, is_korean: str(value),
}
