"""Feedback is checked and kept once; with a correction it becomes an evaluation case; preferences are one's own."""

from __future__ import annotations

from typing import Any

import pytest

from core.chat.feedback import feedback_figures, give_feedback, make_case
from core.chat.hits import questions_that_hit
from core.chat.preferences import ChatPreferences, load_preferences, save_preferences
from core.errors import BadInput, NotFound
from core.knowledge.evaluation.cases import list_cases
from tests.chat.conversations_home import OTHERS, REFUND, answered
from tests.knowledge.collections_home import ADMIN, ANA, BEN, POLICY, filled

pytestmark = pytest.mark.usefixtures("database")


def said(**more: Any) -> dict[str, Any]:
    filled(policy=POLICY + OTHERS)
    asked, _ = answered()
    return {"conversation_id": asked.conversation_id, "message_id": asked.answer_id, "principal": ANA, **more}


def test_when_an_answer_is_corrected_then_one_step_makes_a_case_of_it() -> None:
    given = give_feedback(**said(kind="not_helpful", reason="incomplete", correction="구매 후 30일입니다."))

    case = make_case(given.id, principal=ANA)
    again = make_case(given.id, principal=ANA)

    assert (case.question, case.is_answerable, case.correction) == (REFUND, True, "구매 후 30일입니다.")
    assert len(case.expected) == 1
    assert again.id == case.id
    assert len(list_cases(principal=ANA)) == 1


def test_when_the_documents_do_not_hold_the_answer_then_the_case_wants_a_refusal() -> None:
    given = give_feedback(**said(kind="not_helpful", reason="not_in_documents"))

    case = make_case(given.id, principal=ANA)

    assert (case.is_answerable, case.expected) == (False, ())


def test_when_the_sources_were_wrong_and_nothing_is_corrected_then_there_is_nothing_to_expect() -> None:
    given = give_feedback(**said(kind="not_helpful", reason="wrong_source"))

    with pytest.raises(BadInput):
        make_case(given.id, principal=ANA)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "rating", "rating": 6},
        {"kind": "rating", "rating": 0},
        {"kind": "rating"},
        {"kind": "helpful", "rating": 3},
        {"kind": "liked"},
        {"kind": "helpful", "reason": "mood"},
        {"kind": "helpful", "comment": "가" * 4001},
        {"kind": "helpful", "message_id": ""},
    ],
)
def test_when_feedback_is_out_of_range_then_it_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        give_feedback(**said(**wrong))


def test_when_a_client_makes_up_the_message_id_then_feedback_is_kept_and_a_retry_changes_nothing() -> None:
    told = said(kind="rating", rating=4) | {"message_id": "msg_1700000000_x"}

    first, second = give_feedback(**told), give_feedback(**told)

    assert first.id == second.id
    assert feedback_figures(principal=ADMIN).ratings == 1
    with pytest.raises(NotFound):
        make_case(first.id, principal=ANA)


def test_when_figures_are_asked_for_then_they_are_ones_own_and_an_admins_are_everybodys() -> None:
    told = said(kind="not_helpful", reason="style")
    give_feedback(**told)
    give_feedback(**told | {"kind": "rating", "reason": "", "rating": 2})

    mine, theirs, all_ = (feedback_figures(principal=one) for one in (ANA, BEN, ADMIN))

    assert (mine.not_helpful, mine.mean_rating, mine.by_reason) == (1, 2.0, {"style": 1})
    assert (theirs.not_helpful, theirs.mean_rating, theirs.answers) == (0, None, 0)
    assert all_ == mine


def test_when_the_conversation_is_somebody_elses_then_there_is_nothing_to_judge() -> None:
    with pytest.raises(NotFound):
        give_feedback(**said(kind="helpful") | {"principal": BEN})


def test_when_a_question_found_a_passage_then_the_passage_tells_of_it() -> None:
    filled(policy=POLICY + OTHERS)
    asked, message = answered()
    assert message.answer is not None

    hits = questions_that_hit(message.answer.sources[0].passage_id, principal=ANA)

    assert [(one.question, one.conversation_id, one.is_cited) for one in hits.own] == [
        (REFUND, asked.conversation_id, True)
    ]
    assert hits.others == 0


def test_when_preferences_are_saved_then_they_are_ones_own() -> None:
    wanted = ChatPreferences("en", "long", (), shows_retrieval=True, uses_model=False)

    save_preferences(ChatPreferences(), principal=ANA)
    save_preferences(wanted, principal=ANA)

    assert load_preferences(principal=ANA) == wanted
    assert load_preferences(principal=BEN) == ChatPreferences()


def test_when_a_preference_is_not_offered_then_it_is_refused() -> None:
    with pytest.raises(BadInput):
        save_preferences(ChatPreferences(answer_length="endless"), principal=ANA)  # type: ignore[arg-type]


def test_when_collections_are_preferred_then_a_new_conversation_looks_in_them() -> None:
    collection = filled(policy=POLICY + OTHERS)
    filled(more="# 환불 규정\n\n구매 후 90일 안에 환불할 수 있습니다.\n".encode() + OTHERS)
    save_preferences(ChatPreferences(collection_ids=(collection, "gone")), principal=ANA)

    _, message = answered()

    assert message.answer is not None
    assert {one.collection_id for one in message.answer.sources} == {collection}
