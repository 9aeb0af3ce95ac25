"""Prose of a formula: by rule, or by a language model whose text stays with the facts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest

from core.errors import Unavailable
from core.fragrance.formulas.formula import Formula, Line
from core.fragrance.generation.brief import Brief
from core.fragrance.generation.stories import PARTS, Story, layer_words, tell
from core.llm.chat_model import Message
from tests.fragrance.small_catalogue import small_catalogue

FORMULA = Formula((Line("bergamot_oil", 30_000), Line("phenethyl_alcohol", 40_000), Line("vetiver_oil", 30_000)))
BRIEF = Brief(family="floral", moods=("romantic",), seasons=("spring",), odour={"rose": 1.0, "musk": -1.0})
TEXTS = dict.fromkeys(PARTS, "Soft rose over vetiver")


@dataclass
class Writer:
    """Answers what it is told to, or is away."""

    answer: str | None
    name: str = "test:writer"

    def stream(self, messages: Sequence[Message], **options: Any) -> Iterator[str]:
        if self.answer is None:
            raise Unavailable("llm.refused", provider="test", model="writer", status=503)
        yield self.answer


def told(answer: str | None = None, *, with_model: bool = True, language: str = "en", **more: str) -> Story:
    model = Writer(answer) if with_model else None
    return tell(FORMULA, BRIEF, catalogue=small_catalogue(), accords={}, language=language, model=model, **more)


@pytest.mark.parametrize(("language", "opening"), [("en", "It opens with"), ("ko", "처음에는")])
def test_when_no_model_is_there_then_the_text_is_by_rule_and_says_so(language: str, opening: str) -> None:
    story = told(with_model=False, language=language)

    assert story.generator == "rule"
    assert story.top.startswith(opening)
    assert all(getattr(story, part) for part in PARTS)
    assert not any(letter.isdigit() for part in PARTS for letter in getattr(story, part))


def test_when_the_same_formula_is_told_twice_then_its_name_is_the_same_and_another_formula_has_another_text() -> None:
    other = tell(Formula((Line("vanillin", 100_000),)), replace(BRIEF, odour={}), catalogue=small_catalogue(),
                 accords={}, language="en")  # fmt: skip

    assert told(with_model=False) == told(with_model=False)
    assert other.story != told(with_model=False).story


def test_when_a_layer_is_told_then_its_strongest_odours_come_first() -> None:
    words = layer_words(FORMULA, small_catalogue(), {})

    assert {position: told_words[0] for position, told_words in words.items()} == {
        "top": "bergamot", "heart": "rose", "base": "vetiver",
    }  # fmt: skip


def test_when_words_of_the_validation_are_given_then_they_are_told() -> None:
    story = told(with_model=False, longevity="about six hours", sillage="moderate")

    assert "stays about six hours" in story.story
    assert "trail is moderate" in story.story


def test_when_a_model_keeps_to_the_facts_then_its_text_is_told_under_its_name() -> None:
    story = told(json.dumps(TEXTS))

    assert (story.generator, story.name) == ("test:writer", "Soft rose over vetiver")


@pytest.mark.parametrize(
    ("answer", "key"),
    [
        (None, "fragrance_generation.story_model_away"),
        ("I would rather not.", "fragrance_generation.story_unusable"),
        ("{not json}", "fragrance_generation.story_unusable"),
        (json.dumps({"name": "Rose"}), "fragrance_generation.story_unusable"),
        (json.dumps(TEXTS | {"story": "Holds 12 % rose"}), "fragrance_generation.story_rejected"),
        (json.dumps(TEXTS | {"base": "A veil of musk"}), "fragrance_generation.story_rejected"),
    ],
)
def test_when_a_model_cannot_be_used_then_the_text_is_by_rule_and_says_why(answer: str | None, key: str) -> None:
    story = told(answer)

    assert story.generator == "rule"
    assert [one.key for one in story.notices] == [key]
    assert replace(story, notices=()) == told(with_model=False)
