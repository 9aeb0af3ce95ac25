"""Evaluation cases: who sees them, and which passage answers one."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import BadInput, NotFound
from core.knowledge.documents import list_documents
from core.knowledge.evaluation.asking import answers
from core.knowledge.evaluation.cases import (
    EvaluationCase,
    Expected,
    add_case,
    list_cases,
    remove_case,
    restore_case,
)
from core.knowledge.passages.stored import StoredPassage, passages_of
from tests.knowledge.collections_home import ADMIN, ANA, BEN, POLICY, filled


def case(**values: object) -> EvaluationCase:
    told = {"is_answerable": True, "principal": ANA, **values}
    return add_case("환불은 언제까지 가능합니까?", **told)  # type: ignore[arg-type]


def refund_passage() -> StoredPassage:
    filled(policy=POLICY)
    document = list_documents(principal=ANA).documents[0]
    return next(one for one in passages_of(document.id, principal=ANA) if "30일" in one.text)


def test_when_a_case_is_kept_then_its_owner_and_admins_see_it_and_nobody_else(database: Path) -> None:
    made = case(correction="30일 안에 가능합니다.")

    assert [list_cases(principal=one) for one in (ANA, ADMIN, BEN)] == [(made,), (made,), ()]
    assert made.language == "ko"
    with pytest.raises(NotFound):
        remove_case(made.id, principal=BEN)


def test_when_removed_then_it_is_gone_until_it_is_restored(database: Path) -> None:
    made = case()

    remove_case(made.id, principal=ANA)
    without = list_cases(principal=ANA)
    restored = restore_case(made.id, principal=ANA)

    assert (without, restored) == ((), made)


def test_when_a_remark_is_made_a_case_twice_then_there_is_one_with_what_was_said_last(database: Path) -> None:
    case(feedback_id="f1", correction="열흘", set_name="feedback")
    case(feedback_id="f1", correction="30일", set_name="feedback")

    assert [one.correction for one in list_cases(principal=ANA, set_name="feedback")] == ["30일"]


def test_when_a_removed_case_is_made_again_of_its_remark_then_it_is_back(database: Path) -> None:
    remove_case(case(feedback_id="f1").id, principal=ANA)

    case(feedback_id="f1")

    assert len(list_cases(principal=ANA)) == 1


@pytest.mark.parametrize("question", ["", "   ", "가" * 1001])
def test_when_the_question_is_empty_or_too_long_then_it_is_refused(database: Path, question: str) -> None:
    with pytest.raises(BadInput, match="1000"):
        add_case(question, is_answerable=True, principal=ANA)


def test_when_words_are_expected_in_a_document_then_only_its_passage_with_them_answers(database: Path) -> None:
    passage = refund_passage()

    assert answers(case(expected=[Expected(passage.document_id, "구매 후  30일 안에")]), passage)
    assert not answers(case(expected=[Expected(passage.document_id, "구매 후 90일")]), passage)
    assert not answers(case(expected=[Expected("another", "구매 후 30일")]), passage)


def test_when_only_a_correction_is_known_then_the_passage_that_bears_it_out_answers(database: Path) -> None:
    passage = refund_passage()

    assert answers(case(correction="구매 후 30일 안에 환불할 수 있습니다."), passage)
    assert not answers(case(correction="구매 후 90일 안에 환불할 수 있습니다."), passage)


def test_when_nothing_is_expected_then_retrieval_is_not_measured_with_it(database: Path) -> None:
    assert [one.is_findable for one in (case(), case(correction="x"), case(is_answerable=False, correction="x"))] == [
        False,
        True,
        False,
    ]
