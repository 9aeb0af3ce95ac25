"""Checks compare answers with the run's own reference; an alert opens once, says why, and closes when all is well."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from core.alerts.incidents import Incident, Observation
from core.alerts.rules import shipped_rules
from core.ctr.data.impressions import read_impressions
from core.ctr.evaluating.reference import codes_of
from core.ctr.monitoring import alert_rules
from core.ctr.monitoring.prediction_log import logged, record_clicks, record_predictions
from core.ctr.runs import report_of
from core.operations import checks, figures
from core.security.policy import LOCAL_ANALYST
from core.storage.database import utc_now
from core.telemetry.measures import latest_system, requests_since, uptime
from core.telemetry.request_counts import RequestCounts
from tests.ctr.finished_runs import finish_run, make_rows

OF_A_RUN = {one.name: one for one in shipped_rules() if one.per == "run"}


def answer(run_id: str, *, rows: int = 1500, latency_ms: float = 5.0, turned: bool = False, shift: float = 0.0) -> None:
    """Log answers with known clicks; turned: probabilities the wrong way round; shift: of a feature."""
    frame, probability, labels = make_rows(rows, seed=3)
    frame = frame.with_columns(l_feat_2=frame["l_feat_2"] + shift)
    reference = report_of(run_id, principal=LOCAL_ANALYST).document["reference"]
    ids = record_predictions(
        run_id=run_id, model="order_logistic", probabilities=1 - probability if turned else probability,
        latency_ms=latency_ms, principal=LOCAL_ANALYST, segments=codes_of(read_impressions(frame), reference),
    )  # fmt: skip
    record_clicks(dict(zip(ids, labels.tolist(), strict=True)), principal=LOCAL_ANALYST)


def of_the_api() -> list[Observation]:
    rules = [one for one in shipped_rules() if one.figure.startswith("api/")]
    return list(checks.look_at(rules, figures.FIGURES))


def kinds(alerts: tuple[Incident, ...]) -> set[str]:
    return {one.kind for one in alerts}


def test_when_answers_are_like_the_reference_then_no_check_is_bad(home: Path) -> None:
    run_id = finish_run()
    answer(run_id)

    for _ in range(3):
        assert checks.run_checks() == ()
    assert latest_system() is not None
    assert uptime() == 1.0


def test_when_the_model_turns_useless_then_accuracy_precision_and_calibration_are_told(home: Path) -> None:
    run_id = finish_run()
    answer(run_id, turned=True)
    checks.run_checks()

    opened = checks.run_checks()

    assert {"accuracy", "average_precision", "calibration", "drift"} <= kinds(opened)
    assert {one.run_id for one in opened} == {run_id}
    assert kinds(checks.run_checks()) == set()
    for alert in opened:
        assert alert.text("ko")


def test_when_a_feature_moves_then_drift_names_it(home: Path) -> None:
    run_id = finish_run()
    answer(run_id, shift=0.6)
    checks.run_checks()

    (drift,) = checks.run_checks()

    assert drift.kind == "drift"
    assert "'l_feat_2'" in drift.text("en")


def test_when_answers_take_over_half_a_second_then_that_is_told(home: Path) -> None:
    run_id = finish_run()
    answer(run_id, latency_ms=501.0)
    checks.run_checks()

    assert kinds(checks.run_checks()) == {"prediction_time"}


def test_when_the_cut_was_under_the_limit_on_the_test_rows_already_then_the_alert_is_no_alarm(home: Path) -> None:
    run_id = finish_run()
    document = report_of(run_id, principal=LOCAL_ANALYST).document
    low = {**document, "reference": {**document["reference"], "threshold": 0.0, "accuracy": 0.11}}
    answer(run_id)

    found = alert_rules.run_observations("local", run_id, low, logged(run_id, principal=LOCAL_ANALYST), OF_A_RUN)
    accuracy = next(one for one in found if one.kind == "accuracy")

    assert (accuracy.is_bad, accuracy.severity) == (True, "info")


def test_when_no_clicks_are_known_then_quality_cannot_be_told(home: Path) -> None:
    run_id = finish_run()
    document = report_of(run_id, principal=LOCAL_ANALYST).document
    record_predictions(run_id=run_id, model="m", probabilities=np.full(150, 0.1), latency_ms=1, principal=LOCAL_ANALYST)

    rows = logged(run_id, principal=LOCAL_ANALYST)
    observed = alert_rules.run_observations("local", run_id, document, rows, OF_A_RUN)
    found = {one.kind: one.is_bad for one in observed}

    assert [found[kind] for kind in ("accuracy", "average_precision", "calibration")] == [None] * 3
    assert found["drift"] is True


def test_when_a_run_is_gone_then_the_others_are_still_checked(home: Path) -> None:
    run_id = finish_run()
    answer(run_id, latency_ms=900)
    record_predictions(run_id="gone", model="m", probabilities=[0.1], latency_ms=1, principal=LOCAL_ANALYST)
    checks.run_checks()

    assert kinds(checks.run_checks()) == {"prediction_time"}


def test_when_channels_are_set_then_a_new_alert_is_told_once(home: Path, settings_from) -> None:
    from core.notifications.inbox import list_notices

    settings_from(WORKBENCH_ALERT_CHANNELS="push")
    run_id = finish_run()
    answer(run_id, latency_ms=900)
    for _ in range(4):
        checks.run_checks()

    (notice,) = list_notices(principal=LOCAL_ANALYST)
    assert notice.about == run_id
    assert "900 ms" in notice.text


@pytest.mark.parametrize(
    ("slow", "broken", "bad"), [(0, 0, set()), (20, 0, {"response_time"}), (0, 20, {"error_rate"})]
)
def test_when_the_api_is_slow_or_fails_then_its_measured_rates_say_so(
    home: Path, slow: int, broken: int, bad: set[str]
) -> None:
    counts = RequestCounts()
    counts.noted = [(200, 0.01)] * 30 + [(200, 0.9)] * slow + [(500, 0.01)] * broken

    counts.flush()

    assert {one.kind for one in of_the_api() if one.is_bad} == bad


def test_when_requests_are_few_then_the_api_is_not_judged(home: Path) -> None:
    counts = RequestCounts()
    counts.noted = [(500, 2.0)] * 5
    counts.flush()

    assert [one.is_bad for one in of_the_api()] == [None, None, None]


def test_when_workers_flush_their_windows_then_one_place_adds_them_up(home: Path) -> None:
    for share in (0.010, 0.100):
        counts = RequestCounts()
        counts.noted = [(200, share)] * 50 + [(503, share)]
        counts.flush()

    found = requests_since(utc_now() - timedelta(minutes=1))

    assert (found.requests, found.errors) == (102, 2)
    assert found.p50_ms == pytest.approx(10, rel=0.12)
    assert found.p95_ms == pytest.approx(100, rel=0.12)
    assert found.max_ms == 100


def test_when_probes_ask_or_nobody_serves_then_nothing_is_counted(home: Path) -> None:
    counts = RequestCounts()
    counts.note("/api/analysis", 200, 0.1)
    counts.start()
    counts.note("/health", 200, 0.1)
    counts.note("/api/analysis", 200, 0.1)

    assert counts.noted == [(200, 0.1)]
    counts.stop()
    assert requests_since(utc_now() - timedelta(minutes=1)).requests == 1


def test_when_a_kind_of_alert_exists_then_its_observation_can_be_told(home: Path) -> None:
    run_id = finish_run()
    answer(run_id)
    document = report_of(run_id, principal=LOCAL_ANALYST).document
    found = [
        *of_the_api(),
        *alert_rules.run_observations("local", run_id, document, logged(run_id, principal=LOCAL_ANALYST), OF_A_RUN),
    ]

    assert {one.kind for one in found} == {*OF_A_RUN, "response_time", "error_rate", "error_rate_raised"}
    for one in found:
        alert = Incident(1, "o", one.kind, one.severity, None, utc_now(), None, utc_now(), 0, 0, one.details)
        assert alert.text("en")
        assert alert.text("ko")
