"""The monitoring page: what to do first, figures with their counts, alerts, drift, late outcomes and the system."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from core.ctr.data.impressions import read_impressions
from core.ctr.evaluating.reference import codes_of
from core.ctr.monitoring.prediction_log import logged, record_clicks, record_predictions
from core.ctr.runs import report_of
from core.operations import checks
from core.security.policy import LOCAL_ANALYST
from core.telemetry.request_counts import RequestCounts
from tests.ctr.finished_runs import finish_run, make_rows
from tests.ui.conftest import Opener, visible_text

TABS = ("Now", "Over time", "Drift", "Outcomes", "System")


def answer(run_id: str, *, rows: int = 600, latency_ms: float = 5.0, known: bool = True) -> list[str]:
    frame, probability, labels = make_rows(rows, seed=3)
    reference = report_of(run_id, principal=LOCAL_ANALYST).document["reference"]
    ids = record_predictions(
        run_id=run_id, model="order_logistic", probabilities=probability, latency_ms=latency_ms,
        principal=LOCAL_ANALYST, segments=codes_of(read_impressions(frame), reference),
    )  # fmt: skip
    if known:
        record_clicks(dict(zip(ids, labels.tolist(), strict=True)), principal=LOCAL_ANALYST)
    return ids


def open_tab(open_page: Opener, tab: str, language: str = "en") -> AppTest:
    app = open_page("ctr_monitoring", language)
    labels = [one.label for one in app.tabs]
    app.session_state["monitoring-tabs"] = labels[TABS.index(tab)]
    app.run()
    assert not app.exception
    return app


def test_when_nothing_is_trained_then_the_page_says_so_and_still_shows_the_system(open_page: Opener) -> None:
    text = visible_text(open_page("ctr_monitoring"))

    assert "There is no model to watch yet" in text
    assert "No check has run lately" in text


def test_when_a_run_has_not_answered_yet_then_the_page_says_how_it_will(open_page: Opener) -> None:
    finish_run()

    assert "No predictions logged yet" in visible_text(open_page("ctr_monitoring"))


def test_when_answers_and_outcomes_are_known_then_each_tab_draws_without_an_error(open_page: Opener) -> None:
    answer(finish_run())
    checks.run_checks()
    app = open_page("ctr_monitoring", "ko")

    for label in [one.label for one in app.tabs]:
        app.session_state["monitoring-tabs"] = label
        app.run()
        assert not app.exception, label
        assert not app.error, label


def test_when_outcomes_are_known_then_figures_stand_with_interval_and_count(open_page: Opener) -> None:
    answer(finish_run())

    app = open_page("ctr_monitoring")
    tiles = {one.label: one for one in app.metric}

    assert tiles["Predictions"].value == "600"
    assert tiles["Predictions"].delta == "600 outcomes known"
    assert " – " in tiles["Observed over predicted"].delta
    assert "No open alerts." in visible_text(app)


def test_when_few_outcomes_are_known_then_no_score_is_shown_and_the_need_is_told(open_page: Opener) -> None:
    ids = answer(finish_run(), known=False)
    record_clicks(dict.fromkeys(ids[:20], 0), principal=LOCAL_ANALYST)

    app = open_page("ctr_monitoring")

    assert "20 of 200 outcomes" in visible_text(app)
    assert "Accuracy" not in {one.label for one in app.metric}


def test_when_an_alert_is_open_then_its_sentence_stands_on_the_page(open_page: Opener) -> None:
    answer(finish_run(), latency_ms=900)
    for _ in range(2):
        checks.run_checks()

    text = visible_text(open_page("ctr_monitoring", "ko"))

    assert "예측 지연" in text
    assert "900 ms" in text


def test_when_a_file_of_outcomes_is_dropped_then_they_are_joined(open_page: Opener) -> None:
    run_id = finish_run()
    ids = answer(run_id, rows=5, known=False)
    app = open_tab(open_page, "Outcomes")
    content = "prediction_id,clicked\n" + "\n".join(f"{one},{number % 2}" for number, one in enumerate(ids))
    app.file_uploader[0].upload("outcomes.csv", content.encode())
    app.run()
    app.button(key="join").click()
    app.run()

    assert not app.exception
    assert not app.error
    assert int(logged(run_id, principal=LOCAL_ANALYST).known.sum()) == 5


@pytest.mark.parametrize(
    ("content", "said"), [("prediction_id,clicked\nnope,1\n", "nope"), ("id,clicked\nx,1\n", "prediction_id")]
)
def test_when_the_file_does_not_fit_then_one_sentence_says_why(open_page: Opener, content: str, said: str) -> None:
    finish_run()
    app = open_tab(open_page, "Outcomes")
    app.file_uploader[0].upload("outcomes.csv", content.encode())
    app.run()
    app.button(key="join").click()
    app.run()

    assert not app.exception
    assert said in app.error[0].value


def test_when_the_api_answered_then_its_measured_rates_are_shown(open_page: Opener) -> None:
    finish_run()
    counts = RequestCounts()
    counts.noted = [(200, 0.01)] * 99 + [(500, 0.01)]
    counts.flush()

    tiles = {one.label: one.value for one in open_tab(open_page, "System").metric}

    assert tiles["API requests (1 h)"] == "100"
    assert tiles["Success rate"] == "99.00%"
