"""Predictions are logged in bulk, clicks join later, and what came of them is scored by day, week and month."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from core.ctr.monitoring.prediction_log import (
    RecordedClicks,
    forget_old,
    logged,
    logged_runs,
    record_clicks,
    record_predictions,
    version_of,
)
from core.ctr.monitoring.rolling import FEW_CLICKS, FEW_OUTCOMES, MIN_KNOWN, rolling, summary
from core.errors import BadInput, NotFound
from core.security.policy import LOCAL_ANALYST, Principal, Role
from core.settings.current import get_settings
from tests.ctr.finished_runs import make_rows

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
REFERENCE = {"click_rate": 0.1, "threshold": 0.5}
SOMEBODY, ANOTHER = Principal("somebody", Role.ANALYST), Principal("another", Role.ANALYST)


def log_rows(
    count: int, *, at: datetime | None = None, principal: Principal = LOCAL_ANALYST
) -> tuple[list, np.ndarray]:
    _, probability, labels = make_rows(count, seed=7)
    values = {"run_id": "run", "model": "order_logistic", "latency_ms": 12.5, "principal": principal}
    return record_predictions(probabilities=probability, at=at, **values), labels


def test_when_answers_are_logged_then_they_come_back_in_order_with_their_bins(home: Path) -> None:
    bins = np.arange(12, dtype=np.uint8).reshape(4, 3)
    values = {"run_id": "run", "model": "m", "latency_ms": 3.0, "principal": LOCAL_ANALYST}
    ids = record_predictions(probabilities=[0.1, 0.2, 0.3, 0.4], segments=bins, **values)

    found = logged("run", principal=LOCAL_ANALYST)

    assert len(set(ids)) == 4
    assert sorted(found.probability) == [0.1, 0.2, 0.3, 0.4]
    assert found.bins is not None
    assert sorted(found.bins.tolist()) == bins.tolist()
    assert not found.known.any()


def test_when_clicks_come_late_then_each_joins_its_prediction_and_the_same_again_changes_nothing(home: Path) -> None:
    ids, labels = log_rows(300)
    clicks = dict(zip(ids[:250], labels[:250].tolist(), strict=True))

    assert record_clicks(clicks, principal=LOCAL_ANALYST) == RecordedClicks(250, 0, 0)
    assert record_clicks(clicks, principal=LOCAL_ANALYST) == RecordedClicks(0, 250, 0)
    found = logged("run", principal=LOCAL_ANALYST)
    assert int(found.known.sum()) == 250
    assert int((found.clicked == 1).sum()) == int(labels[:250].sum())


def test_when_an_outcome_is_corrected_then_the_later_value_stands(home: Path) -> None:
    ids, _ = log_rows(2)
    record_clicks({ids[0]: 0}, principal=LOCAL_ANALYST)

    assert record_clicks({ids[0]: 1, ids[1]: 0}, principal=LOCAL_ANALYST) == RecordedClicks(1, 0, 1)
    assert sorted(logged("run", principal=LOCAL_ANALYST).clicked.tolist()) == [0, 1]


def test_when_some_ids_are_unknown_then_they_are_named_and_nothing_is_stored(home: Path) -> None:
    ids, _ = log_rows(2)

    with pytest.raises(NotFound, match=r"2 prediction ids .*nope-1, nope-2"):
        record_clicks({ids[0]: 1, "nope-1": 0, "nope-2": 1}, principal=LOCAL_ANALYST)
    assert not logged("run", principal=LOCAL_ANALYST).known.any()


def test_when_an_outcome_is_neither_0_nor_1_then_it_is_refused(home: Path) -> None:
    ids, _ = log_rows(1)
    with pytest.raises(BadInput, match="must be 0 or 1"):
        record_clicks({ids[0]: 2}, principal=LOCAL_ANALYST)


def test_when_the_predictions_are_somebody_elses_then_they_are_not_seen_and_not_scored(home: Path) -> None:
    ids, _ = log_rows(3, principal=SOMEBODY)

    assert len(logged("run", principal=ANOTHER)) == 0
    assert logged_runs(principal=ANOTHER, since=LONG_AGO) == ()
    assert logged_runs(principal=SOMEBODY, since=LONG_AGO) == ("run",)
    with pytest.raises(NotFound):
        record_clicks({ids[0]: 1}, principal=ANOTHER)


def test_when_answers_are_older_than_the_setting_then_they_are_forgotten(home: Path) -> None:
    now = datetime(2026, 5, 1, tzinfo=UTC)
    log_rows(3, at=now - timedelta(days=get_settings().prediction_log_days + 1))
    log_rows(2, at=now)

    assert forget_old(now) == 3
    assert len(logged("run", principal=LOCAL_ANALYST)) == 2


def test_when_the_log_is_over_its_row_limit_then_the_oldest_go(home: Path, settings_from) -> None:
    settings_from(WORKBENCH_PREDICTION_LOG_ROWS="1000")
    now = datetime(2026, 5, 1, tzinfo=UTC)
    for day in (2, 1, 0):
        log_rows(500, at=now - timedelta(days=day))

    forget_old(now)

    found = logged("run", principal=LOCAL_ANALYST)
    assert len(found) == 1000
    assert found.at.min() == (now - timedelta(days=1)).timestamp()


@pytest.mark.parametrize(
    ("period", "starts"),
    [
        ("day", ["2026-03-29", "2026-03-30", "2026-04-02"]),
        ("week", ["2026-03-23", "2026-03-30"]),
        ("month", ["2026-03-01", "2026-04-01"]),
    ],
)
def test_when_answers_span_two_months_then_each_window_holds_its_own(home: Path, period, starts: list[str]) -> None:
    for day, hour in ((datetime(2026, 3, 29, tzinfo=UTC), 23), (datetime(2026, 3, 30, tzinfo=UTC), 0),
                      (datetime(2026, 4, 2, tzinfo=UTC), 5)):  # fmt: skip
        log_rows(10, at=day + timedelta(hours=hour))

    windows = rolling(logged("run", principal=LOCAL_ANALYST), period, REFERENCE)

    assert sum(one.rows for one in windows) == 30
    assert len(windows) == len(starts)
    assert [f"{one.start:%Y-%m-%d}" for one in windows] == starts


def test_when_enough_clicks_are_known_then_a_window_is_scored_with_intervals(home: Path) -> None:
    ids, labels = log_rows(1500)
    record_clicks(dict(zip(ids, labels.tolist(), strict=True)), principal=LOCAL_ANALYST)

    window = summary(logged("run", principal=LOCAL_ANALYST), REFERENCE)

    assert window.scores is not None
    assert window.known == 1500
    assert window.scores.average_precision.low < window.scores.average_precision.value
    assert window.scores.ratio.low < 1 < window.scores.ratio.high  # the probabilities are the true ones
    assert window.scores.accuracy.value >= window.scores.base_accuracy - 0.02
    assert window.latency.p95 == 12.5


def test_when_too_few_clicks_are_known_then_the_window_says_how_many_are_needed(home: Path) -> None:
    ids, _ = log_rows(MIN_KNOWN + 50)
    record_clicks(dict.fromkeys(ids[:60], 0), principal=LOCAL_ANALYST)
    few = summary(logged("run", principal=LOCAL_ANALYST), REFERENCE)
    record_clicks(dict.fromkeys(ids, 0), principal=LOCAL_ANALYST)
    no_clicks = summary(logged("run", principal=LOCAL_ANALYST), REFERENCE)

    assert (few.missing, few.needs["known"], few.scores) == (FEW_OUTCOMES, 60, None)
    assert no_clicks.missing == FEW_CLICKS
    assert no_clicks.observed is not None
    assert no_clicks.observed.value == 0


def test_when_answers_or_outcomes_come_then_the_version_of_the_log_changes_and_else_it_stays(home: Path) -> None:
    def version() -> tuple[object, ...]:
        return version_of("run", principal=LOCAL_ANALYST, since=LONG_AGO)

    ids, _ = log_rows(5)
    first = version()
    assert version() == first
    record_clicks({ids[0]: 1}, principal=LOCAL_ANALYST)
    second = version()
    log_rows(1)

    assert len({first, second, version()}) == 3
