"""Reads a question in Korean or English: the words that have to be found, and what kind of answer it wants."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from core.knowledge.answers.words import word_list
from core.knowledge.retrieval.terms import terms
from core.messages import Language

Kind = Literal["number", "date", "person", "place", "reason", "other"]
# Of a term (core.knowledge.retrieval.terms): high where few passages have it, as BM25 weighs it.
Rarity = Callable[[str], float]

_RUN = re.compile(r"[가-힣]+|\d+(?:[.,]\d+)*|[^\W\d_가-힣]+")
_HANGUL = re.compile("[가-힣]")
_ASKING = word_list("asking")  # never looked for
_ENDINGS = tuple(sorted(word_list("korean_endings"), key=lambda ending: (-len(ending), ending)))
_KINDS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    (
        "date",
        re.compile(
            r"언제|몇\s?[년월일]|연도|년도|시기|날짜|\bwhen\b|(?:what|which) (?:year|date|day|month)|how long ago"
        ),
    ),
    ("number", re.compile(r"몇|얼마|\bhow (?:many|much|long|far|old|large|tall|high|often)\b|percent|나이는|수는")),
    ("person", re.compile(r"누구|누가|인물은|사람은|\bwho(?:m|se)?\b")),
    (
        "place",
        re.compile(r"어디|장소|나라는|국가는|도시는|지역은|\bwhere\b|(?:what|which) (?:city|country|place|state)"),
    ),
    ("reason", re.compile(r"왜|이유|원인|\bwhy\b|reason|cause")),
)
SHORTEST_STEM = 4  # letters that two English words must share
PART_FOUND = 0.8  # a word of which only the stem is found


@dataclass(frozen=True)
class Question:
    """words: those to be found, small letters, Korean without endings. kind: of the answer that is wanted."""

    text: str
    words: tuple[str, ...]
    kind: Kind

    @property
    def language(self) -> Language:
        return "ko" if _HANGUL.search(self.text) else "en"


@dataclass(frozen=True)
class Searched:
    """A text made ready for looking up words in it."""

    plain: str

    @cached_property
    def runs(self) -> frozenset[str]:
        return frozenset(_RUN.findall(self.plain))

    @cached_property
    def stems(self) -> frozenset[str]:
        """Every beginning of every word, from the shortest that counts."""
        return frozenset(run[:length] for run in self.runs for length in range(SHORTEST_STEM, len(run) + 1))

    @cached_property
    def terms(self) -> frozenset[str]:
        return frozenset(terms(self.plain))

    def holds(self, word: str) -> float:
        """From 0 to 1: whether the word stands here; in part where only its beginning does."""
        if _HANGUL.match(word):
            if word in self.plain:
                return 1.0
            found = next((length for length in range(len(word) - 1, 1, -1) if word[:length] in self.plain), 0)
            return PART_FOUND * found / len(word)
        if word in self.runs:
            return 1.0
        if word[0].isdigit() or len(word) < SHORTEST_STEM:
            return 0.0
        return PART_FOUND if word[: max(SHORTEST_STEM, len(word) - 3)] in self.stems else 0.0


def searched(text: str) -> Searched:
    return Searched(folded(text))


def folded(text: str) -> str:
    """The same for text of equal meaning in compatible forms and case."""
    return unicodedata.normalize("NFKC", text).casefold()


def read_question(text: str) -> Question:
    """Never without words where the text has any: a question of asking words alone keeps them."""
    plain = folded(text)
    runs = _RUN.findall(plain)
    words = tuple(dict.fromkeys(stem for run in runs if (stem := _stem(run)) not in _ASKING and run not in _ASKING))
    kind: Kind = next((kind for kind, pattern in _KINDS if pattern.search(plain)), "other")
    return Question(text, words or tuple(dict.fromkeys(runs)), kind)


def word_weights(words: tuple[str, ...], rarity: Rarity) -> tuple[float, ...]:
    """How much each word tells, adding up to 1: rare ones more; single letters half."""
    raw = []
    for word in words:
        known = [rarity(term) for term in dict.fromkeys(terms(word))]
        raw.append((sum(known) / len(known) if known else 1.0) * (1.0 if len(word) > 1 else 0.5))
    total = sum(raw)
    return tuple(one / total for one in raw) if total else tuple(1 / len(raw) for _ in raw)


def _stem(run: str) -> str:
    if not _HANGUL.match(run):
        return run
    ending = next((one for one in _ENDINGS if run.endswith(one) and len(run) - len(one) >= 2), "")
    return run.removesuffix(ending)
