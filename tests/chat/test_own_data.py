"""Questions about the workbench's own data go to fixed functions, and cite the run."""

from __future__ import annotations

import pytest

from core.chat import own_data
from core.chat.own_data import answer_for, is_meant
from core.knowledge.answers.own_figures import Fact, FactAnswer
from core.security.policy import GUEST, Permission, Principal
from tests.chat.conversations_home import answered
from tests.knowledge.collections_home import ANA, filled

ASKS = {
    "ko": (("가장 큰", "최대"), ("군집",), ("몇", "얼마")),
    "en": (("largest", "biggest"), ("cluster",), ("how many",)),
}


def told(question: str, language: str, principal: Principal) -> FactAnswer:
    return FactAnswer("가장 큰 군집의 고객은 412명입니다.", ("run-1",), {"customers": 412})


LARGEST = Fact("largest_cluster", Permission.CUSTOMERS_LOOKUP, ASKS, told)


@pytest.mark.parametrize(
    "question", ["가장 큰 군집의 고객은 몇 명입니까?", "How many customers are in the LARGEST cluster?"]
)
def test_when_every_group_of_words_is_met_then_the_fact_is_meant(question: str) -> None:
    assert is_meant(LARGEST, question)


@pytest.mark.parametrize(
    "question", ["군집이란 무엇입니까?", "How many clusters are there?", "가장 큰 cluster, how many?"]
)
def test_when_a_group_is_not_met_then_the_documents_are_asked(question: str) -> None:
    assert not is_meant(LARGEST, question)


def test_when_the_reader_may_not_be_told_then_the_fact_is_passed_over() -> None:
    assert answer_for("가장 큰 군집은 몇 명입니까?", "ko", GUEST, facts=[LARGEST]) is None


@pytest.mark.usefixtures("database")
def test_when_a_fact_is_meant_then_its_figure_is_the_answer_with_its_run(monkeypatch: pytest.MonkeyPatch) -> None:
    filled(ANA)
    monkeypatch.setattr(own_data, "offered", lambda: (LARGEST,))

    _, message = answered("가장 큰 군집의 고객은 몇 명입니까?")

    assert message.answer is not None
    assert (message.answer.state, message.answer.kind) == ("own_data", "figures")
    assert message.answer.run_ids == ("run-1",)
    assert "412명" in message.text
    assert message.answer.sources == ()
