"""What the compounding sheet reads of a check of limits. Limits stand on formulas, so here they are told by shape only.

A `LimitsReport` of the limits is one of these without knowing it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from core.fragrance.products import Product


class Contributing(Protocol):
    """What one line adds. product_share: percent of the finished product."""

    @property
    def line(self) -> str: ...
    @property
    def product_share(self) -> float: ...


class JudgedRule(Protocol):
    """The rule by name. specification: words that a person has to verify; empty for a rule on amounts."""

    @property
    def name(self) -> str: ...
    @property
    def specification(self) -> str: ...


class Judgement(Protocol):
    """One rule on the formula; shares and limits are percent of the finished product."""

    @property
    def rule(self) -> JudgedRule: ...
    @property
    def verdict(self) -> str: ...
    @property
    def product_share(self) -> float: ...
    @property
    def limit(self) -> float | None: ...
    @property
    def contributions(self) -> Sequence[Contributing]: ...


class Labelled(Protocol):
    """An allergen; must_be_named: None where it cannot be known."""

    @property
    def name(self) -> str: ...
    @property
    def product_share(self) -> float: ...
    @property
    def must_be_named(self) -> bool | None: ...


class JudgedBy(Protocol):
    """The table of limits that was asked."""

    @property
    def name(self) -> str: ...
    @property
    def amendment(self) -> str: ...
    @property
    def amended_on(self) -> date: ...
    @property
    def is_sample(self) -> bool: ...


class Judged(Protocol):
    """The whole check. verdict: pass, fail or unknown. unknown: ingredients that could not be judged."""

    @property
    def verdict(self) -> str: ...
    @property
    def table(self) -> JudgedBy: ...
    @property
    def product(self) -> Product: ...
    @property
    def results(self) -> Sequence[Judgement]: ...
    @property
    def failures(self) -> Sequence[Judgement]: ...
    @property
    def labels(self) -> Sequence[Labelled]: ...
    @property
    def unknown(self) -> Sequence[str]: ...
