"""A question is stored with its answer, once, and answered from the documents that its asker may read."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import update

from core.chat.answering import ask, wait_for
from core.chat.messages import MESSAGES, get_message, list_messages
from core.chat.stored_questions import REPEATED_WITHIN
from core.errors import BadInput, NotFound
from core.storage.database import utc_now, writing
from tests.chat.conversations_home import OTHERS, REFUND, answered
from tests.knowledge.collections_home import ANA, BEN, POLICY, filled

pytestmark = pytest.mark.usefixtures("database")


def test_when_the_documents_hold_the_answer_then_it_is_quoted_with_its_passage() -> None:
    filled(policy=POLICY + OTHERS)

    _, message = answered()

    assert message.state == "done"
    assert message.answer is not None
    assert message.answer.kind == "quotes"
    assert "30일" in message.text
    citation = message.answer.sentences[0].citations[0]
    source = message.answer.sources[citation.number - 1]
    assert source.text[citation.start : citation.end] == message.answer.sentences[0].text
    assert 0 < message.answer.confidence <= 1


def test_when_there_are_no_documents_then_guidance_is_given_with_confidence_0() -> None:
    _, message = answered()

    assert message.answer is not None
    assert (message.answer.state, message.answer.confidence, message.answer.sources) == ("not_in_documents", 0.0, ())
    assert message.answer.note == "chat.no_documents"
    assert "문서를 추가" in message.answer.said("ko")


def test_when_a_question_has_1001_characters_then_one_sentence_says_so_and_nothing_is_stored() -> None:
    with pytest.raises(BadInput) as caught:
        ask("가" * 1001, principal=ANA)

    assert "1001" in caught.value.text("ko")
    assert "1000" in caught.value.text("ko")


def test_when_a_question_has_1000_characters_after_normalising_then_it_is_taken() -> None:
    asked, _ = answered(" " + "\u1100\u1161" * 1000 + " ")

    assert len(get_message(asked.question_id, principal=ANA).text) == 1000


def test_when_the_same_request_comes_again_then_it_finds_the_first_question() -> None:
    first = ask(REFUND, request_key="r1", principal=ANA)
    second = ask(REFUND, request_key="r1", principal=ANA)

    assert second.is_repeated
    assert (second.question_id, second.answer_id) == (first.question_id, first.answer_id)
    assert len(list_messages(first.conversation_id, principal=ANA)) == 2


def test_when_the_same_request_comes_twice_at_once_then_there_is_one_question() -> None:
    with ThreadPoolExecutor(2) as pool:
        asked = list(pool.map(lambda _: ask(REFUND, request_key="r1", principal=ANA), range(2)))

    assert sorted(one.is_repeated for one in asked) == [False, True]
    assert asked[0].answer_id == asked[1].answer_id


def test_when_the_same_request_comes_after_its_window_then_it_is_a_new_question() -> None:
    first = ask(REFUND, request_key="r1", principal=ANA)
    with writing() as connection:
        earlier = utc_now() - REPEATED_WITHIN - timedelta(seconds=1)
        connection.execute(update(MESSAGES).where(MESSAGES.c.id == first.question_id).values(created_at=earlier))

    assert not ask(REFUND, request_key="r1", principal=ANA).is_repeated


def test_when_somebody_else_uses_the_same_request_key_then_it_is_another_question() -> None:
    first = ask(REFUND, request_key="r1", principal=ANA)
    second = ask(REFUND, request_key="r1", principal=BEN)

    assert not second.is_repeated
    assert second.conversation_id != first.conversation_id


def test_when_a_conversation_is_somebody_elses_then_it_is_not_found() -> None:
    asked = ask(REFUND, principal=ANA)

    with pytest.raises(NotFound):
        ask(REFUND, conversation_id=asked.conversation_id, principal=BEN)
    with pytest.raises(NotFound):
        wait_for(asked.answer_id, principal=BEN, timeout_s=1)
