"""Limits as data: rules of one table, each with its source, amendment and date. Advice, not certification."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, get_args

RuleKind = Literal["limit", "group", "prohibited", "specification"]
RULE_KINDS: tuple[RuleKind, ...] = get_args(RuleKind)


@dataclass(frozen=True)
class Rule:
    """One rule on the finished product.

    substances: CAS numbers it sums over; one for a limit or a prohibition, several for a group. limits: percent of the
    finished product by category; a category that is not named is not restricted by this rule. specification: words that
    a person has to verify (purity, peroxide number); a machine cannot pass it.
    """

    id: str
    kind: RuleKind
    name: str
    substances: tuple[str, ...]
    limits: Mapping[str, float] = field(default_factory=dict)
    specification: str = ""
    note: str = ""


@dataclass(frozen=True)
class LimitTable:
    """The rules of one amendment. is_sample: shipped to try with; no real standard stands behind its numbers."""

    id: str
    name: str
    amendment: str
    amended_on: date
    rules: tuple[Rule, ...]
    is_sample: bool
    source: str


@dataclass(frozen=True)
class Allergen:
    """A substance that has to be named on the label. regulation and on: where that stands and since when."""

    cas: tuple[str, ...]
    name: str
    regulation: str
    on: date


LEAVE_ON_LABEL = 0.001  # percent of a finished product that stays on the skin, Regulation (EC) 1223/2009, annex III
RINSE_OFF_LABEL = 0.01  # percent of one that is rinsed off
ROUNDING = 1e-9  # relative; sums of floating-point numbers differ in their last digits by the order of adding


def is_over(share: float, limit: float) -> bool:
    """Whether a share exceeds a limit or threshold; the limit itself does not, and over 0 is any amount."""
    return share > limit * (1 + ROUNDING)
