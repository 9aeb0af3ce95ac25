"""The page of evaluations: empty, with results, and with one's own cases."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.jobs.records import submit
from core.knowledge.evaluation import reports
from core.knowledge.evaluation.asking import Asked
from core.knowledge.evaluation.cases import add_case, list_cases
from core.knowledge.evaluation.measures import Outcome
from core.security.policy import LOCAL_ANALYST
from tests.ctr_runs import succeed
from tests.ui.conftest import Opener


def finished_evaluation(*, generation: int = 3, refused: bool = True) -> str:
    """A run with one answered question and one that the documents do not answer."""
    job = submit(reports.NOTEBOOK, {}, principal=LOCAL_ANALYST)
    state = "not_in_documents" if refused else "answered"
    outcomes = (
        Outcome("1", "written", "환불 기한은?", "ko", True, "answered", 0.9, (1,), 1, 1),
        Outcome("2", "written", "Who painted it?", "en", False, state, 0.1, None, 0, None),
    )
    report = reports.report_of(
        {"own": Asked(outcomes, ("gone",))}, run_id=job.id, generation=generation, encoder_id="hash-1",
        evaluation_set="made cases",
    )  # fmt: skip
    succeed(job, json.loads(json.dumps(reports.result_of(report, reports.store(report), None))))
    return job.id


def shown(app: object) -> str:
    return " ".join(str(one.value) for one in (*app.markdown, *app.caption, *app.warning, *app.metric))  # type: ignore[attr-defined]


@pytest.mark.parametrize(("language", "words"), [("ko", "아직 평가한 적이 없습니다"), ("en", "Nothing was evaluated")])
def test_when_nothing_was_evaluated_then_the_first_step_is_named(open_page: Opener, language: str, words: str) -> None:
    app = open_page("evaluation", language)

    assert not app.exception
    assert words in shown(app)


def test_when_an_evaluation_ended_then_each_measure_has_its_interval_and_the_index_is_named(open_page: Opener) -> None:
    finished_evaluation()

    app = open_page("evaluation")

    assert not app.exception
    table = app.dataframe[0].value
    assert table.set_index("Measure").loc["Unanswerable and refused", "All cases"].startswith("100.0%")
    assert [one.value for one in app.metric] == ["2", "3", "Own cases"]
    assert "1 cases could not be asked" in app.warning[0].value


def test_when_a_case_went_wrong_then_it_stands_first(open_page: Opener) -> None:
    finished_evaluation(refused=False)

    outcomes = open_page("evaluation").dataframe[1].value

    assert outcomes["Question"].iloc[0] == "Who painted it?"
    assert list(outcomes["Right"]) == [False, True]


def test_when_there_are_two_evaluations_then_their_course_has_a_point_for_each(home: Path) -> None:
    finished_evaluation(generation=3, refused=False)
    finished_evaluation(generation=4)
    runs = reports.list_evaluations(principal=LOCAL_ANALYST)

    rows = reports.course(runs, "own", principal=LOCAL_ANALYST)

    assert [(row["generation"], row["refused"]) for row in rows] == [(3, 0.0), (4, 1.0)]


def test_when_a_case_is_written_then_it_is_kept(open_page: Opener) -> None:
    app = open_page("evaluation")
    app.text_input[0].set_value("환불은 언제까지 가능합니까?")
    app.text_area[0].set_value("30일 안에 가능합니다.")

    next(one for one in app.button if one.label == "Keep").click().run()

    assert not app.exception
    assert [(one.question, one.set_name) for one in list_cases(principal=LOCAL_ANALYST)] == [
        ("환불은 언제까지 가능합니까?", "written")
    ]


def test_when_the_question_is_missing_then_one_sentence_says_so_and_nothing_is_kept(open_page: Opener) -> None:
    app = open_page("evaluation")

    next(one for one in app.button if one.label == "Keep").click().run()

    assert "1 to 1000 characters" in app.error[0].value
    assert list_cases(principal=LOCAL_ANALYST) == ()


def test_when_an_evaluation_is_started_then_one_job_is_queued(open_page: Opener) -> None:
    app = open_page("evaluation")

    next(one for one in app.button if one.label == "Start the evaluation").click().run()

    assert not app.exception
    assert [job.state for job in reports.list_evaluations(principal=LOCAL_ANALYST)] == ["queued"]


def test_when_a_case_exists_then_it_is_listed(open_page: Opener) -> None:
    add_case("Where is the data?", is_answerable=False, principal=LOCAL_ANALYST)

    app = open_page("evaluation")

    assert "Where is the data?" in app.dataframe[0].value["Question"].tolist()
