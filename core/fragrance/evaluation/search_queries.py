"""The labelled queries: what people look for, in two languages, and the rule that grades any perfume for it.

The rules are data, `queries.toml`, which states them; whoever has the perfumes can compute every grade again.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.fragrance.catalogue.perfumes import Perfume

GRADES = ((1.0, 3), (0.75, 2), (0.5, 1))  # from which share of the points, the highest first
IN_TEXT = 0.5  # points for a note that only name or description tell of


@dataclass(frozen=True)
class Need:
    """What is looked for. notes, said, include, exclude: names of groups of words, as `queries.toml` explains them."""

    id: str
    en: str
    ko: str
    notes: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    in_words: bool = False

    @property
    def is_filtered(self) -> bool:
        return bool(self.include or self.exclude)


@dataclass(frozen=True)
class Query:
    """A need in one language."""

    need: Need
    language: str
    text: str


@cache
def needs() -> tuple[Need, ...]:
    return tuple(
        Need(
            one["id"],
            one["en"],
            one["ko"],
            notes=tuple(one.get("notes", ())),
            said=tuple(one.get("said", ())),
            include=tuple(one.get("include", ())),
            exclude=tuple(one.get("exclude", ())),
            in_words=one.get("in_words", False),
        )
        for one in _file()["need"]
    )


def queries() -> tuple[Query, ...]:
    """Every need in English and in Korean."""
    return tuple(Query(one, language, getattr(one, language)) for one in needs() for language in ("en", "ko"))


def group_words(name: str) -> tuple[str, ...]:
    """The words of a group, as in the file. Raises KeyError for a group that is not there."""
    return tuple(_file()["groups"][name])


def halves(seed: int = 0) -> tuple[tuple[Need, ...], tuple[Need, ...]]:
    """Needs to choose by and needs to judge by: filtered and others are halved apart; both languages stay together."""
    random = np.random.default_rng(seed)
    choosing: set[str] = set()
    for is_filtered in (False, True):
        mine = [one.id for one in needs() if one.is_filtered is is_filtered]
        choosing.update(mine[number] for number in random.permutation(len(mine))[: len(mine) // 2])
    chosen = tuple(one for one in needs() if one.id in choosing)
    return chosen, tuple(one for one in needs() if one.id not in choosing)


def grades(need: Need, perfumes: Sequence[Perfume]) -> NDArray[np.float64]:
    """Of each perfume, 0 to 3, shape (n,)."""
    return np.array([_grade(need, " | ".join(one.all_notes), f"{one.name}\n{one.description}") for one in perfumes])


def _grade(need: Need, notes: str, text: str) -> float:
    if need.is_filtered and not notes:
        return 0.0
    if any(not _says(notes, group) for group in need.include) or any(_says(notes, group) for group in need.exclude):
        return 0.0
    points = sum(1.0 if _says(notes, group) else IN_TEXT * _says(text, group) for group in need.notes)
    points += sum(_says(notes, group) or _says(text, group) for group in need.said)
    share = points / (len(need.notes) + len(need.said))
    return float(next((grade for least, grade in GRADES if share >= least), 0))


def _says(text: str, group: str) -> bool:
    return _pattern(group).search(text) is not None


@cache
def _pattern(group: str) -> re.Pattern[str]:
    words = "|".join(re.escape(word) for word in group_words(group))
    return re.compile(rf"\b(?:{words})s?\b", re.IGNORECASE)


@cache
def _file() -> dict[str, Any]:
    text = resources.files(__package__ or "core.fragrance.evaluation").joinpath("queries.toml").read_text("utf-8")
    return tomllib.loads(text)
