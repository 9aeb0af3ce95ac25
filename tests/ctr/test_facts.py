"""Questions about the newest training, answered from its report."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.ctr import facts, runs
from core.security.policy import LOCAL_ANALYST
from tests.ctr_runs import finished_run_in

AUC = next(one for one in facts.FACTS if one.name == "ctr.auc")


@pytest.fixture
def run_id(home: Path) -> str:
    return finished_run_in(home)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_when_the_auc_of_the_last_run_is_asked_then_its_report_tells_it_with_the_run(
    run_id: str, language: str
) -> None:
    score = runs.report_of(run_id, principal=LOCAL_ANALYST).document["evaluation"]["scores"]["auc"]

    told = AUC.tell("마지막 실행의 AUC는?", language, LOCAL_ANALYST)

    assert told is not None
    assert told.run_ids == (run_id,)
    assert told.figures["score.auc"] == score["value"]
    assert f"{score['value']:.3f}" in told.text


def test_when_nothing_was_trained_then_that_is_said_and_no_figure_given(home: Path) -> None:
    told = AUC.tell("AUC of the last run?", "en", LOCAL_ANALYST)

    assert told is not None
    assert (told.figures, told.run_ids) == ({}, ())


def test_when_a_training_is_published_then_its_report_is_a_document(run_id: str) -> None:
    (found,) = facts.FINDINGS.findings("ko")

    assert found.metadata["run_id"] == run_id
    assert found.markdown.count("\n## ") >= 4
