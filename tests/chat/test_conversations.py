"""Conversations are listed, searched, renamed, removed and brought back by their owner alone."""

from __future__ import annotations

import pytest

from core.chat.answering import ask
from core.chat.conversations import (
    get_conversation,
    list_conversations,
    remove_conversation,
    rename_conversation,
    restore_conversation,
)
from core.chat.messages import get_message, list_messages
from core.errors import BadInput, NotAllowed, NotFound
from core.knowledge.collections import remove_collection
from core.security.policy import GUEST
from tests.chat.conversations_home import OTHERS, REFUND, answered
from tests.knowledge.collections_home import ANA, BEN, POLICY, filled

pytestmark = pytest.mark.usefixtures("database")


def test_when_two_questions_were_asked_then_one_row_counts_four_messages() -> None:
    filled(policy=POLICY + OTHERS)
    first, _ = answered()
    _, last = answered("배송은 며칠 걸립니까?", conversation_id=first.conversation_id)

    page = list_conversations(principal=ANA)

    assert [one.message_count for one in page.conversations] == [4]
    assert page.total == 1
    assert page.conversations[0].title == REFUND
    assert page.conversations[0].last_message_preview == " ".join(last.text.split())[:120]


def test_when_a_question_is_long_then_the_title_is_cut_between_words() -> None:
    asked, _ = answered("환불 " * 60)

    title = get_conversation(asked.conversation_id, principal=ANA).title
    assert len(title) <= 60
    assert title.endswith("환불…")


def test_when_words_stand_in_a_question_or_an_answer_then_the_conversation_is_found() -> None:
    filled(policy=POLICY + OTHERS)
    asked, message = answered()
    answered("아무 관계 없는 이야기를 물어봅니다")

    assert "30일" in message.text
    for query in ("며칠 안에", "30일 안에"):
        found = list_conversations(query=query, principal=ANA)
        assert [one.id for one in found.conversations] == [asked.conversation_id]
    assert list_conversations(query="100%", principal=ANA).total == 0


def test_when_there_are_many_then_pages_follow_each_other() -> None:
    asked = [answered(f"질문 {number}")[0].conversation_id for number in range(3)]

    first = list_conversations(limit=2, principal=ANA)
    second = list_conversations(limit=2, offset=2, principal=ANA)

    assert (len(first.conversations), len(second.conversations), second.total) == (2, 1, 3)
    assert {one.id for one in (*first.conversations, *second.conversations)} == set(asked)


def test_when_a_conversation_is_removed_then_it_is_gone_until_it_is_restored() -> None:
    asked, _ = answered()

    remove_conversation(asked.conversation_id, principal=ANA)
    with pytest.raises(NotFound):
        list_messages(asked.conversation_id, principal=ANA)
    with pytest.raises(NotFound):
        get_message(asked.answer_id, principal=ANA)
    with pytest.raises(NotFound):
        ask(REFUND, conversation_id=asked.conversation_id, principal=ANA)
    restored = restore_conversation(asked.conversation_id, principal=ANA)

    assert restored.message_count == 2


def test_when_a_conversation_is_renamed_then_it_bears_the_new_title() -> None:
    asked, _ = answered()

    assert rename_conversation(asked.conversation_id, "  환불   문의 ", principal=ANA).title == "환불 문의"
    with pytest.raises(BadInput):
        rename_conversation(asked.conversation_id, " ", principal=ANA)


def test_when_a_conversation_is_somebody_elses_then_there_is_none() -> None:
    asked, _ = answered()

    assert list_conversations(principal=BEN).total == 0
    for change in (get_conversation, list_messages, remove_conversation, restore_conversation):
        with pytest.raises(NotFound):
            change(asked.conversation_id, principal=BEN)


def test_when_a_guest_asks_then_it_is_not_allowed() -> None:
    with pytest.raises(NotAllowed):
        ask(REFUND, principal=GUEST)


def test_when_a_chosen_collection_is_gone_then_the_choice_does_not_become_everything() -> None:
    collection = filled(policy=POLICY + OTHERS)
    filled(more=POLICY)
    asked, _ = answered(collections=[collection])
    remove_collection(collection, principal=ANA)

    with pytest.raises(NotFound) as caught:
        ask(REFUND, conversation_id=asked.conversation_id, principal=ANA)

    assert caught.value.key == "chat.collections_gone"


def test_when_a_collection_is_somebody_elses_then_it_cannot_be_chosen() -> None:
    collection = filled(policy=POLICY)

    with pytest.raises(NotFound):
        ask(REFUND, collections=[collection], principal=BEN)
