"""Customer service: what is asked often is answered, what is not known is said so, and a person can be reached."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import BadInput, NotFound, Unavailable
from core.fragrance.service import conversations, remarks, tickets
from core.fragrance.service.questions import meant, questions
from core.fragrance.service.sentiment import sentiment
from core.security.policy import LOCAL_ANALYST, Principal, Role

SOMEBODY_ELSE = Principal("else", Role.ANALYST)
ASKED = [
    ("향이 얼마나 오래 지속되나요?", "longevity"),
    ("How many hours does the scent last?", "longevity"),
    ("나만의 향수를 만들고 싶어요", "compose"),
    ("I want to create my own perfume", "compose"),
    ("알레르기 유발 성분이 들어 있나요?", "allergens"),
    ("주문 상태가 궁금해요, 주문번호 1234", "order_status"),
    ("Can I get a refund, the bottle arrived broken and I want to return it", "returns"),
    ("상담원과 이야기하고 싶어요, 연결해 주세요", "person"),
]


@pytest.mark.parametrize(("message", "question"), ASKED)
def test_when_a_frequent_question_is_asked_then_it_is_recognised(home: Path, message: str, question: str) -> None:
    found = meant(message)

    assert found is not None
    assert found.id == question


@pytest.mark.parametrize("message", ["What is the capital of France?", "파이썬으로 웹 서버를 만드는 법", "asdf", "??"])
def test_when_nothing_of_ours_is_asked_then_the_answer_says_that_it_is_not_known(home: Path, message: str) -> None:
    told = conversations.answer(message, session_id=None, language="en", principal=LOCAL_ANALYST)

    assert not told.is_known
    assert told.category == conversations.GENERAL
    assert "do not know" in told.text


def test_when_a_session_goes_on_then_its_turns_are_kept_in_order(home: Path) -> None:
    first = conversations.answer(ASKED[0][0], session_id=None, language="ko", principal=LOCAL_ANALYST)
    second = conversations.answer(ASKED[2][0], session_id=first.session_id, language="ko", principal=LOCAL_ANALYST)

    assert second.session_id == first.session_id
    assert second.redirect == "/create"
    kept = conversations.turns(first.session_id, principal=LOCAL_ANALYST)
    assert [turn.asked for turn in kept] == [ASKED[0][0], ASKED[2][0]]


def test_when_somebody_else_names_the_session_then_nothing_of_it_is_told(home: Path) -> None:
    first = conversations.answer(ASKED[0][0], session_id=None, language="ko", principal=LOCAL_ANALYST)

    with pytest.raises(NotFound):
        conversations.turns(first.session_id, principal=SOMEBODY_ELSE)
    with pytest.raises(NotFound):
        tickets.escalate(first.session_id, principal=SOMEBODY_ELSE)
    other = conversations.answer("hello", session_id=first.session_id, language="en", principal=SOMEBODY_ELSE)
    assert other.session_id != first.session_id


def test_when_it_is_passed_on_twice_then_there_is_one_ticket(home: Path) -> None:
    session = conversations.answer("불만이 있어요", session_id=None, language="ko", principal=LOCAL_ANALYST).session_id

    made = tickets.escalate(session, principal=LOCAL_ANALYST)

    assert tickets.escalate(session, principal=LOCAL_ANALYST) == made
    assert tickets.ticket(made.id, principal=LOCAL_ANALYST).state == "open"
    with pytest.raises(NotFound):
        tickets.ticket(made.id, principal=SOMEBODY_ELSE)


@pytest.mark.parametrize("rating", [0, 6, -1])
def test_when_a_rating_is_out_of_range_then_one_sentence_says_so(home: Path, rating: int) -> None:
    with pytest.raises(BadInput, match="1 to 5"):
        remarks.remark("service", "x", rating=rating, comment="", principal=LOCAL_ANALYST)


@pytest.mark.parametrize("message", ["", "   ", "x" * 2001])
def test_when_a_message_cannot_be_read_then_nothing_is_stored(home: Path, message: str) -> None:
    with pytest.raises(BadInput):
        conversations.answer(message, session_id=None, language="en", principal=LOCAL_ANALYST)


def test_when_the_shop_has_questions_of_its_own_then_those_answer(home: Path) -> None:
    own = home / "data" / "fragrance" / "questions.toml"
    own.parent.mkdir(parents=True)
    own.write_text(
        '[[category]]\nid = "order"\nko = "주문"\nen = "Orders"\n[[category.question]]\nid = "gift"\n'
        'words_ko = "선물 포장"\nwords_en = "gift wrap"\nq_ko = "선물 포장 되나요?"\nq_en = "Is there a gift wrap?"\n'
        'a_ko = "네."\na_en = "Yes."\n',
        "utf-8",
    )

    found = meant("Do you gift wrap?")

    assert found is not None
    assert found.id == "gift"
    assert len(questions().every) == 1

    own.write_text("[[category", "utf-8")
    with pytest.raises(Unavailable, match="cannot be read"):
        questions()


def test_when_words_tell_a_feeling_then_it_is_named() -> None:
    assert sentiment("정말 감사합니다, 최고예요") == "positive"
    assert sentiment("I am not happy, this is terrible") == "negative"
    assert sentiment("향이 얼마나 오래가나요?") == "neutral"
