"""Pairs of a brief and the perfume it asks for, divided by perfume: no test brief asks for one a training has seen.

Briefs are put together from the vocabulary's words for what is told of a perfume, in both languages and with their
synonyms, the way people type into a search box; they are no briefs of real visitors, and results say so.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Literal

from core.errors import BadInput
from core.fragrance.catalogue.perfumes import Perfume
from core.fragrance.search.concepts import concepts_in
from core.fragrance.search.items import perfume_item
from core.fragrance.vocabulary import Field, label, words_of
from core.messages import LANGUAGES, Language

Part = Literal["train", "validation", "test"]
SHARES: tuple[tuple[Part, float], ...] = (("train", 0.6), ("validation", 0.15), ("test", 0.25))
FEWEST_PERFUMES = 20  # so that at least five are held out
FORMS: dict[Language, tuple[str, ...]] = {
    "en": ("{words}", "{words} perfume", "a perfume that is {words}", "looking for {words}"),
    "ko": ("{words}", "{words} 향수", "{words} 향", "{words} 향수 추천"),
}


@dataclass(frozen=True)
class PairSet:
    """perfumes, windows, parts: by perfume. briefs, asks_for: by brief, the latter the place of its perfume.

    windows: the texts of a perfume that the search encodes; the best of them counts.
    synthetic: every perfume is a sample of ours. sha256: of all of it.
    """

    perfumes: tuple[str, ...]
    windows: tuple[tuple[str, ...], ...]
    parts: tuple[Part, ...]
    briefs: tuple[str, ...]
    asks_for: tuple[int, ...]
    source: str
    synthetic: bool
    sha256: str

    def briefs_of(self, part: Part) -> tuple[int, ...]:
        """The places of a part's briefs."""
        return tuple(number for number, perfume in enumerate(self.asks_for) if self.parts[perfume] == part)

    @cached_property
    def passages(self) -> tuple[str, ...]:
        """Every window, those of a perfume one after the other."""
        return tuple(window for windows in self.windows for window in windows)

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """By perfume: the place of its first window among the passages."""
        return (0, *accumulate(len(windows) for windows in self.windows[:-1]))

    def count(self, part: Part) -> int:
        """How many perfumes a part holds."""
        return self.parts.count(part)


@dataclass(frozen=True)
class Facet:
    """One thing told of a perfume. en, ko: its label. words: all that mean it, in either language."""

    en: str
    ko: str
    words: tuple[str, ...]

    def label(self, language: Language) -> str:
        return self.ko if language == "ko" else self.en


def pairs_of(
    perfumes: Iterable[Perfume], *, briefs_each: int = 4, most: int = 2000, seed: int = 0, source: str = "catalogue"
) -> PairSet:  # fmt: skip
    """The same pairs for the same perfumes and seed, in whatever order they come.

    Perfumes told in the same words count once: else one of them could be trained on and the other tested.
    Raises BadInput with fewer perfumes that something is told of than can be divided.
    """
    told: dict[object, Perfume] = {}
    for one in sorted(perfumes, key=lambda perfume: perfume.id):
        if facets(one) and (one.all_notes or one.description):
            told.setdefault((one.all_notes, one.description), one)
    chosen = sorted(told.values(), key=lambda perfume: _draw(seed, perfume.id))[:most]
    if len(chosen) < FEWEST_PERFUMES:
        raise BadInput("fragrance_tuning.too_few_perfumes", count=len(chosen), fewest=FEWEST_PERFUMES)
    briefs, asks_for = list[str](), list[int]()
    for place, perfume in enumerate(chosen):
        made = briefs_for(perfume, count=briefs_each, seed=seed)
        briefs += made
        asks_for += [place] * len(made)
    ids = tuple(perfume.id for perfume in chosen)
    windows = tuple(perfume_item(perfume).windows for perfume in chosen)
    parts = _parts(len(chosen))
    content = json.dumps([ids, windows, parts, briefs, asks_for], ensure_ascii=False).encode()
    return PairSet(
        ids, windows, parts, tuple(briefs), tuple(asks_for), source, all(perfume.is_sample for perfume in chosen),
        hashlib.sha256(content).hexdigest(),
    )  # fmt: skip


def facets(perfume: Perfume) -> tuple[Facet, ...]:
    """What is told of a perfume in words that the vocabulary or the search's names of notes know, each once."""
    told: list[tuple[Field, str | None]] = [("family", perfume.family), ("gender", perfume.gender)]
    told += [("mood", one) for one in perfume.moods]
    told += [("season", one) for one in perfume.seasons]
    found = [
        Facet(label(field, one, "en"), label(field, one, "ko"), words_of(field, one)) for field, one in told if one
    ]
    found += [Facet(one.en, one.ko, one.words) for one in concepts_in(perfume.all_notes)]
    return tuple(dict.fromkeys(found))


def briefs_for(perfume: Perfume, *, count: int, seed: int) -> tuple[str, ...]:
    """Briefs in both languages in turn; each names two to four things of the perfume, each in one of its words."""
    draw = random.Random(_draw(seed, perfume.id))  # noqa: S311 - examples, no secrets
    known, made = facets(perfume), dict[str, None]()
    for number in range(count):
        language = LANGUAGES[number % len(LANGUAGES)]
        picked = draw.sample(known, min(len(known), draw.randint(2, 4)))
        words = " ".join(_word(one, language, draw) for one in picked)
        made[draw.choice(FORMS[language]).format(words=words)] = None
    return tuple(made)


def _word(facet: Facet, language: Language, draw: random.Random) -> str:
    """One of its words in a language; its label where there is no other."""
    fitting = [word for word in facet.words if _has_hangul(word) == (language == "ko")]
    return draw.choice(fitting) if fitting else facet.label(language)


def _has_hangul(word: str) -> bool:
    return any("가" <= letter <= "힣" for letter in word)


def _parts(count: int) -> tuple[Part, ...]:
    """By place in the drawn order: the first are trained on, the last are tested."""
    ends, total = list[tuple[Part, int]](), 0.0
    for part, share in SHARES:
        total += share
        ends.append((part, round(total * count)))
    return tuple(next(part for part, end in ends if place < end) for place in range(count))


def _draw(seed: int, name: str) -> str:
    return hashlib.sha256(f"{seed}:{name}".encode()).hexdigest()
