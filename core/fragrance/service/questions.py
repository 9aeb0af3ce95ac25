"""Frequent questions with their answers, as data; a shop's own file in the home folder replaces the shipped one."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from core.errors import Unavailable
from core.knowledge.retrieval.lexical import LexicalIndex, build_lexical
from core.knowledge.retrieval.terms import terms
from core.settings.current import get_settings

FILE = "questions.toml"
TELLING = 0.25  # share of a message's weight that a question has to cover: under it, none is meant
EMPTY = (
    "a an and are can could do does for how i if in is it me my of on or that the there this to was what when where "
    "which who why will with you your"
)  # words that every question has
ENOUGH = 2  # terms in common at least: one alone may be any word


@dataclass(frozen=True)
class Question:
    """One question in both languages. redirect: the page that does what is asked, "" for none."""

    id: str
    category: str
    q: dict[str, str]
    a: dict[str, str]
    words: dict[str, str]
    redirect: str


@dataclass(frozen=True)
class Category:
    """A heading with its questions."""

    id: str
    name: dict[str, str]
    questions: tuple[Question, ...]


@dataclass(frozen=True, eq=False)
class Questions:
    """All of them, with an index of the words each is recognised by."""

    categories: tuple[Category, ...]
    every: tuple[Question, ...]
    index: LexicalIndex


def questions() -> Questions:
    """The shop's own, else the shipped ones. Raises Unavailable for a file that cannot be read."""
    own = get_settings().data_dir / "fragrance" / FILE
    return _read(own, own.stat().st_mtime_ns) if own.is_file() else _shipped()


def meant(message: str) -> Question | None:
    """The question that a message asks; None where none is told clearly enough by its words."""
    known = questions()
    empty = frozenset(EMPTY.split())
    telling = " ".join(word for word in message.split() if word.casefold() not in empty)
    asked = list(dict.fromkeys(terms(telling)))
    if not asked or not known.every:
        return None
    scores = known.index.scores(telling)
    best = int(scores.argmax())
    of_best = set(terms(" ".join(_all_words(known.every[best]))))
    common = [term for term in asked if term in of_best]
    weights = {term: known.index.rarity(term) for term in asked}  # a word no question has weighs most
    covered = sum(weights[term] for term in common)
    is_told = len(common) >= ENOUGH and covered >= TELLING * sum(weights.values())
    return known.every[best] if scores[best] > 0 and is_told else None


@lru_cache(maxsize=4)
def _read(path: Path, _changed_ns: int) -> Questions:
    try:
        return _questions_of(tomllib.loads(path.read_text("utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Unavailable("fragrance_service.questions_unreadable", file=path.name, reason=str(error)) from error


@lru_cache(maxsize=1)
def _shipped() -> Questions:
    return _questions_of(tomllib.loads(resources.files("core.fragrance.service").joinpath(FILE).read_text("utf-8")))


def _questions_of(written: dict[str, Any]) -> Questions:
    categories = tuple(
        Category(one["id"], _both(one, ""), tuple(_question(question, one["id"]) for question in one["question"]))
        for one in written["category"]
    )
    every = tuple(question for category in categories for question in category.questions)
    return Questions(categories, every, build_lexical(" ".join(_all_words(one)) for one in every))


def _question(one: dict[str, Any], category: str) -> Question:
    return Question(
        one["id"], category, _both(one, "q_"), _both(one, "a_"), _both(one, "words_"), one.get("redirect", "")
    )


def _both(one: dict[str, Any], prefix: str) -> dict[str, str]:
    return {language: str(one[f"{prefix}{language}"]) for language in ("ko", "en")}


def _all_words(question: Question) -> tuple[str, ...]:
    return (*question.q.values(), *question.words.values())
