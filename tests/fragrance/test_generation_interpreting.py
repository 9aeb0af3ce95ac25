"""A language model may complete a brief; its words are held to the vocabulary and it never sets an amount."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.errors import Unavailable
from core.fragrance.generation.interpreting import Interpreted, interpret
from core.fragrance.generation.reading_briefs import Given
from core.llm.chat_model import Message
from tests.fragrance.small_catalogue import small_catalogue

WORDS = "첫눈 오는 밤의 고백, 장미 향"


@dataclass
class Reader:
    answer: str | None
    name: str = "test:reader"
    asked: list[Message] = field(default_factory=list)

    def stream(self, messages: Sequence[Message], **options: Any) -> Iterator[str]:
        self.asked += messages
        if self.answer is None:
            raise Unavailable("llm.refused", provider="test", model="reader", status=503)
        yield self.answer


def read(answer: str | None, **given: Any) -> Interpreted:
    return interpret(Given(words=WORDS, **given), Reader(answer), catalogue=small_catalogue())


def test_when_a_model_knows_more_then_its_known_words_complete_the_brief() -> None:
    answer = json.dumps({"family": "floral", "seasons": ["winter"], "moods": ["romantic"], "odours": ["musk", "rose"]})
    found = read(f"Here it is: {answer}")

    brief = found.reading.brief
    assert found.by == "test:reader"
    assert (brief.family, brief.seasons, brief.moods) == ("floral", ("winter",), ("romantic",))
    assert brief.odour == {"rose": 1.0, "musk": 0.6}  # what the words said stays as they said it
    assert "Family: floral." in [one.text() for one in found.reading.understood]


def test_when_a_model_names_unknown_words_and_amounts_then_they_are_dropped_and_told() -> None:
    found = read(json.dumps({"family": "plastic", "budget_per_kg": 5, "batch_g": 1, "odours": ["moon dust"]}))

    assert found.reading.brief.family is None
    assert (found.reading.brief.budget_per_kg, found.reading.brief.batch_g) == (None, 20.0)
    assert found.notices[0].details["dropped"] == "plastic, budget_per_kg, batch_g, moon dust"


def test_when_a_field_was_given_then_the_model_does_not_change_it() -> None:
    assert read(json.dumps({"family": "citrus"}), family="woody").reading.brief.family == "woody"


def test_when_the_model_is_away_then_words_alone_are_read_and_it_says_so() -> None:
    found = read(None)

    assert found.by is None
    assert [one.key for one in found.notices] == ["fragrance_generation.model_away"]
    assert found.reading.brief.odour == {"rose": 1.0}


def test_when_the_model_answers_no_fields_then_words_alone_are_read_and_it_says_so() -> None:
    assert [one.key for one in read("No idea.").notices] == ["fragrance_generation.model_unusable"]


def test_when_there_is_no_model_or_no_text_then_nobody_is_asked() -> None:
    reader = Reader("{}")
    assert interpret(Given(words=WORDS), None, catalogue=small_catalogue()).by is None
    assert interpret(Given(family="woody"), reader, catalogue=small_catalogue()).by is None
    assert reader.asked == []
