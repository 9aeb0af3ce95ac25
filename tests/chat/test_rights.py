"""What somebody may not read leaves no trace for them, also in answers they were once given."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest
from sqlalchemy import update

from core.chat.conversations import list_conversations, summary_of
from core.chat.exporting import export_conversation
from core.chat.hits import questions_that_hit
from core.chat.messages import MESSAGES, get_message, list_messages
from core.chat.stored_answers import draft
from core.errors import NotFound
from core.knowledge.collections import list_collections, remove_collection
from core.knowledge.sharing import share, unshare
from core.storage.database import writing
from tests.chat.conversations_home import OTHERS, answered
from tests.chat.scripted_model import ScriptedModel
from tests.knowledge.collections_home import ANA, BEN, account, filled

SECRET = (
    "# 합병 계획\n\n해솔전자는 2031년 5월에 물결반도체를 인수합니다. 인수 금액은 7,321억 원입니다.\n".encode() + OTHERS
)
QUESTION = "해솔전자의 물결반도체 인수 금액은 얼마입니까?"
TRACES = ("7,321", "7321", "2031", "합병", "5월", "억 원")


@pytest.fixture
def unshared(database: object) -> tuple[str, int]:
    """Ben asked, twice, while Ana's collection was shared with him; then it no longer was. Conversation and passage."""
    account(BEN)
    collection = filled(ANA, plan=SECRET)
    share(collection, "ben", "reader", principal=ANA)
    asked, message = answered(QUESTION, principal=BEN)
    answered("그건 언제입니까?", conversation_id=asked.conversation_id, principal=BEN)
    assert "7,321" in message.text
    assert message.answer is not None
    unshare(collection, "ben", principal=ANA)
    return asked.conversation_id, message.answer.sources[0].passage_id


def test_when_a_collection_is_no_longer_shared_then_history_shows_no_trace_of_it(unshared: tuple[str, int]) -> None:
    messages = list_messages(unshared[0], principal=BEN)

    shown = json.dumps([asdict(one) for one in messages], ensure_ascii=False, default=str)
    assert not [trace for trace in TRACES if trace in shown]
    assert messages[1].answer is not None
    assert messages[1].answer.withheld > 0
    assert (messages[1].answer.confidence, messages[1].answer.sources) == (0.0, ())


def test_when_a_collection_is_no_longer_shared_then_previews_and_search_show_no_trace(
    unshared: tuple[str, int],
) -> None:
    page = list_conversations(principal=BEN)

    assert not [trace for trace in TRACES if trace in page.conversations[0].last_message_preview]
    assert list_conversations(query="7,321억", principal=BEN).total == 0
    assert list_conversations(query="인수 금액은", principal=BEN).total == 1
    assert summary_of(unshared[0], principal=BEN).message_count == 4


@pytest.mark.parametrize("form", ["markdown", "json"])
def test_when_a_collection_is_no_longer_shared_then_exports_show_no_trace(form: str, unshared: tuple[str, int]) -> None:
    written = export_conversation(unshared[0], form, language="ko", principal=BEN).decode()  # type: ignore[arg-type]

    assert QUESTION in written
    assert not [trace for trace in TRACES if trace in written]


def test_when_a_passage_may_not_be_read_then_its_questions_are_not_told(unshared: tuple[str, int]) -> None:
    with pytest.raises(NotFound):
        questions_that_hit(unshared[1], principal=BEN)


def test_when_somebody_else_asked_then_the_owner_sees_only_how_often(unshared: tuple[str, int]) -> None:
    hits = questions_that_hit(unshared[1], principal=ANA)

    assert (hits.own, hits.others) == ((), 2)


def test_when_a_collection_is_shared_again_then_the_answer_is_whole_again(unshared: tuple[str, int]) -> None:
    collection = list_collections(principal=ANA)[0].id
    share(collection, "ben", "reader", principal=ANA)

    assert "7,321" in list_messages(unshared[0], principal=BEN)[1].text


def test_when_a_document_is_removed_then_answers_show_it_no_more(unshared: tuple[str, int]) -> None:
    collection = list_collections(principal=ANA)[0].id
    share(collection, "ben", "reader", principal=ANA)
    remove_collection(collection, principal=ANA)

    assert "7,321" not in list_messages(unshared[0], principal=BEN)[1].text


@pytest.fixture
def written_from_both(database: object, model: ScriptedModel) -> str:
    """Ben's answer, written from a collection of his own and from Ana's, which is no longer shared."""
    account(BEN)
    collection = filled(ANA, plan=SECRET)
    share(collection, "ben", "reader", principal=ANA)
    filled(BEN, own="# 해솔전자\n\n해솔전자는 부산에서 세워졌습니다.\n".encode())
    model.says(
        "해솔전자는 부산에서 세워졌습니다. 인수 금액은 7,321억 원입니다. 부산에서 물결반도체 인수 금액은 얼마일까요?"
    )
    asked, message = answered("해솔전자의 물결반도체 인수 금액은 얼마이며 어디에서 세워졌습니까?", principal=BEN)
    assert message.answer is not None
    assert message.answer.kind == "written"
    assert "7,321" in message.text
    unshare(collection, "ben", principal=ANA)
    return asked.conversation_id


def test_when_one_of_several_passages_is_out_of_reach_then_only_what_the_others_bear_out_is_shown(
    written_from_both: str,
) -> None:
    message = list_messages(written_from_both, principal=BEN)[1]

    assert message.text == "해솔전자는 부산에서 세워졌습니다."
    assert message.answer is not None
    assert (message.answer.state, message.answer.confidence, message.answer.bar) == ("partly", 0.0, None)
    assert message.answer.withheld > 0


def test_when_an_answer_was_interrupted_then_what_was_written_of_it_goes_the_same_way(
    unshared: tuple[str, int],
) -> None:
    asked = list_messages(unshared[0], principal=BEN)[1]
    with writing() as connection:
        half = {"state": "generating", "text": "7,321억 원", "answer": draft((unshared[1],))}
        connection.execute(update(MESSAGES).where(MESSAGES.c.id == asked.id).values(**half))

    assert get_message(asked.id, principal=BEN).text == ""
    assert list_conversations(query="7,321", principal=BEN).total == 0


def test_when_it_is_an_answer_of_somebody_elses_collection_then_it_is_not_found_in(database: object) -> None:
    filled(ANA, plan=SECRET)

    _, message = answered(QUESTION, principal=BEN)

    assert message.answer is not None
    assert message.answer.sources == ()
    assert message.answer.note == "chat.no_documents"
