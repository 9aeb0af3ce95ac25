"""An answer is stored by the numbers of its passages, and read back as it was."""

from __future__ import annotations

from core.chat.stored_answers import StoredAnswer, from_json, to_json
from core.knowledge.answers.citations import AnswerSentence, Citation

ANSWER = StoredAnswer(
    "answered", "quotes", (AnswerSentence("구매 후 30일 안에", "quoted", (Citation(17, 0, 10, ((2, 4),)),)),)
)


def test_when_an_answer_is_stored_and_read_then_it_is_the_same() -> None:
    assert from_json(to_json(ANSWER)) == ANSWER


def test_when_the_number_of_a_passage_is_stored_as_text_then_it_is_read_as_a_number() -> None:
    stored = to_json(ANSWER)
    stored["sentences"][0]["citations"][0]["passage_id"] = "17"

    assert from_json(stored) == ANSWER
