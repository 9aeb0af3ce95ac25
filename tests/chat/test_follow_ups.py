"""A question that leans on the one before is understood with the words it leaves out; another is left alone."""

from __future__ import annotations

import pytest

from core.chat import question_rewriting
from core.chat.follow_ups import leans, resolved, topic_of
from core.chat.question_rewriting import is_sound
from tests.chat.conversations_home import OTHERS, answered
from tests.chat.scripted_model import ScriptedModel
from tests.knowledge.collections_home import ANA, filled

FILM = """# 강변의 겨울

영화 강변의 겨울은 서하늘 감독이 연출했습니다.

# 개봉

강변의 겨울은 2014년 3월에 개봉했습니다.
""".encode()


def alike(_: str) -> float:
    return 1.0


@pytest.mark.parametrize(
    "question",
    [
        "그건 언제 개봉했습니까?",
        "그 사람은 몇 살입니까?",
        "그럼 배송은?",
        "거기는 어떻게 갑니까?",
        "비용은요?",
        "When was it released?",
        "And in 1998?",
        "What about children?",
        "Where was he born?",
        "How old are they?",
    ],
)
def test_when_a_question_points_back_then_it_leans(question: str) -> None:
    assert leans(question)


@pytest.mark.parametrize(
    "question",
    [
        "구매 후 며칠 안에 환불할 수 있습니까?",
        "강변의 겨울은 누가 연출했습니까?",
        "그림 그리기 대회는 언제 열립니까?",
        "When was the University of Chicago founded?",
        "How many people are there in Warsaw?",
        "How long does it take to ship an order to Busan by sea?",
        "이사회는 누가 소집합니까?",
    ],
)
def test_when_a_question_names_what_it_is_about_then_it_stands_alone(question: str) -> None:
    assert not leans(question)


def test_when_a_pronoun_is_resolved_then_the_topic_stands_in_its_place() -> None:
    assert resolved("그건 언제 개봉했습니까?", ("강변", "겨울")) == "강변 겨울 언제 개봉했습니까?"
    assert resolved("When was it released?", ("river", "winter")) == "When was river winter released?"
    assert resolved("And in 1998?", ("rainfall",)) == "rainfall in 1998?"


def test_when_a_person_is_asked_on_about_then_words_of_the_answer_are_taken_along() -> None:
    sentence = "영화 강변의 겨울은 서하늘 감독이 연출했습니다."

    assert "서하늘" in topic_of("그 사람은 몇 살입니까?", "강변의 겨울은 누가 연출했습니까?", sentence, alike)
    assert "서하늘" not in topic_of("그건 언제 개봉했습니까?", "강변의 겨울은 누가 연출했습니까?", sentence, alike)


def test_when_words_are_chosen_then_asking_words_and_those_at_hand_are_not() -> None:
    topic = topic_of("그건 언제 개봉했습니까?", "강변의 겨울은 누가 연출했습니까?", "", alike)

    assert "강변" in topic
    assert not {"누가", "언제"} & set(topic)


@pytest.mark.usefixtures("database")
def test_when_a_third_question_has_a_pronoun_then_it_finds_the_topic_of_the_conversation() -> None:
    filled(ANA, film=FILM + OTHERS)
    first, _ = answered("강변의 겨울 영화는 누가 연출했습니까?")
    answered("점심은 무료입니까?", conversation_id=None)

    _, second = answered("그건 언제 개봉했습니까?", conversation_id=first.conversation_id)

    assert second.answer is not None
    assert second.answer.understood_as is not None
    assert "강변" in second.answer.understood_as
    assert "2014년" in second.answer.sources[0].text


@pytest.mark.usefixtures("database")
def test_when_a_first_question_has_a_pronoun_then_it_is_asked_as_it_is() -> None:
    filled(ANA, film=FILM + OTHERS)

    _, message = answered("그건 언제 개봉했습니까?")

    assert message.answer is not None
    assert message.answer.understood_as is None


@pytest.mark.parametrize(
    ("text", "is_kept"),
    [
        ("강변의 겨울은 언제 개봉했습니까?", True),
        ("강변의 겨울은 언제 부산에서 개봉했습니까?", False),
        ("When was it released?", False),
        ("강변의 겨울\n언제 개봉했습니까?", False),
        ("강변의 겨울은 누가 연출했습니까?", False),
        ("", False),
    ],
)
def test_when_a_model_rewrites_a_question_then_only_words_of_the_conversation_are_taken(
    text: str, is_kept: bool
) -> None:
    assert is_sound(text, "그건 언제 개봉했습니까?", "강변의 겨울은 누가 연출했습니까?") is is_kept


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    ("text", "understood"),
    [("강변의 겨울은 언제 개봉했습니까?", "강변의 겨울은 언제 개봉했습니까?"), ("모릅니다.", None)],
)
def test_when_a_model_rewrites_then_its_question_is_taken_or_the_rule_serves(
    text: str, understood: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(ANA, film=FILM + OTHERS)
    first, _ = answered("강변의 겨울 영화는 누가 연출했습니까?")
    monkeypatch.setattr(question_rewriting, "chat_model_for", lambda role: ScriptedModel(text=text))

    _, second = answered("그건 언제 개봉했습니까?", conversation_id=first.conversation_id)

    assert second.answer is not None
    assert second.answer.understood_as is not None
    assert "강변" in second.answer.understood_as
    assert (second.answer.understood_as == understood) is (understood is not None)
