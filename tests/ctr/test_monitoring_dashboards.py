"""The dashboards hold measured figures, or None with the reason; nothing is made up."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

from core.ctr.economics import Prices
from core.ctr.monitoring import click_rates
from core.ctr.monitoring.business import NAMES
from core.ctr.monitoring.click_rates import rates_of
from core.ctr.monitoring.dashboards import NEVER_IN_DATA, client_dashboard, provider_dashboard
from core.ctr.monitoring.outcomes import read_outcomes
from core.ctr.monitoring.prediction_log import record_clicks, record_predictions
from core.errors import BadInput, NotFound
from core.messages import say
from core.operations import checks
from core.security.policy import LOCAL_ANALYST, Principal, Role
from tests.ctr.finished_runs import finish_run, make_report, make_rows

SOMEBODY = Principal("somebody", Role.ANALYST)


@pytest.fixture(autouse=True)
def data(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows of the run, without a dataset behind it."""
    frame, _, labels = make_rows()
    rows = SimpleNamespace(frame=frame, rows=SimpleNamespace(labels=labels))
    monkeypatch.setattr(click_rates, "data_of", lambda run_id, *, principal: rows)


def answer(run_id: str) -> None:
    _, probability, labels = make_rows(1000, seed=9)
    ids = record_predictions(
        run_id=run_id, model="order_logistic", probabilities=probability, latency_ms=7.0, principal=LOCAL_ANALYST
    )
    record_clicks(dict(zip(ids, labels.tolist(), strict=True)), principal=LOCAL_ANALYST)


def test_when_nothing_is_trained_then_both_dashboards_say_why_they_are_empty(home: Path) -> None:
    provider, client = provider_dashboard(principal=LOCAL_ANALYST), client_dashboard(principal=LOCAL_ANALYST)

    assert (provider.quality, provider.latest, client.accuracy) == (None, None, None)
    assert client.status == "no_data"
    assert {"quality", "processor_share", "error_rate"} <= set(provider.unavailable)
    assert {*NAMES, *NEVER_IN_DATA} <= set(client.unavailable)


def test_when_nothing_was_answered_yet_then_quality_is_that_of_the_test_rows(home: Path) -> None:
    finish_run()

    dashboard = provider_dashboard(principal=LOCAL_ANALYST)

    assert dashboard.quality is not None
    assert (dashboard.quality.basis, dashboard.quality.rows) == ("test", 4000)
    assert (dashboard.response_ms, dashboard.accuracy_change) == (None, None)
    assert (dashboard.performance.by, dashboard.performance.labels) == ("epoch", ("1", "2"))
    assert dashboard.bottlenecks[0].step == "fit.order_logistic"
    assert (dashboard.bottlenecks[0].share, dashboard.bottlenecks[0].status) == (0.75, "critical")


def test_when_outcomes_are_known_then_quality_and_course_are_those_of_the_log(home: Path) -> None:
    answer(finish_run())
    checks.run_checks()

    dashboard = provider_dashboard(principal=LOCAL_ANALYST)

    assert dashboard.quality is not None
    assert (dashboard.quality.basis, dashboard.quality.rows) == ("log", 1000)
    assert dashboard.response_ms == 7.0
    assert dashboard.performance.by == "month"
    assert dashboard.accuracy_change is not None
    assert (dashboard.health.status, dashboard.health.uptime) == ("healthy", 1.0)
    assert dashboard.health.system is not None
    assert 0 <= dashboard.health.system.memory_share <= 1


def test_when_a_training_failed_then_its_sentence_is_among_the_errors(home: Path) -> None:
    error = {"key": "jobs.runner_lost", "details": {}}
    run_id = finish_run(state="lost", error=error, result=None)

    (entry,) = provider_dashboard(principal=LOCAL_ANALYST).error_logs

    assert (entry.level, entry.run_id) == ("error", run_id)
    assert entry.message("ko")


def test_when_no_prices_were_given_then_money_is_none_with_the_reason(home: Path) -> None:
    finish_run()

    client = client_dashboard(principal=LOCAL_ANALYST)

    assert client.business.roas is None
    assert client.unavailable["roas"] == "ctr.no_prices"
    assert client.unavailable["roi_gain"] == "ctr.no_prices"
    assert client.business.click_rate_gain is not None
    for key in client.unavailable.values():
        assert say(key, "en")


def test_when_prices_were_given_then_money_is_that_of_the_run(home: Path) -> None:
    document = make_report(prices=Prices(value_per_click=10.0, cost_per_impression=1.5))
    finish_run(document)

    client = client_dashboard(principal=LOCAL_ANALYST)

    assert client.business.roas == document["economics"]["roas"]
    assert client.business.revenue_per_click == 10.0
    assert client.business.roi_gain is not None
    assert client.business.roi_gain > 0
    assert "ltv" in client.unavailable


def test_when_the_data_was_deleted_then_the_rest_of_the_dashboard_stands(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(run_id: str, *, principal: Principal) -> None:
        raise NotFound("ctr.no_runs")

    monkeypatch.setattr(click_rates, "data_of", gone)
    finish_run()

    client = client_dashboard(principal=LOCAL_ANALYST)

    assert client.status == "active"
    assert client.unavailable["time_slots"] == "monitoring.data_gone"


def test_when_the_run_is_somebody_elses_then_it_is_not_on_the_dashboard(home: Path) -> None:
    finish_run()

    assert client_dashboard(principal=SOMEBODY).status == "no_data"


def test_when_hours_differ_by_chance_only_then_hardly_any_is_called_best() -> None:
    random = np.random.default_rng(4)
    best = 0
    for _ in range(40):
        hours = pl.Series("hour", random.integers(0, 24, 2000))
        best += any(one.stands_out for one in rates_of(hours, pl.Series("c", random.random(2000) < 0.05)))

    assert best <= 6


def test_when_one_hour_is_clicked_far_more_then_it_alone_stands_out() -> None:
    random = np.random.default_rng(5)
    hours = random.integers(0, 24, 6000)
    clicked = random.random(6000) < np.where(hours == 20, 0.15, 0.03)

    found = rates_of(pl.Series("hour", [f"{hour:02d}" for hour in hours]), pl.Series("c", clicked))

    assert [one.level for one in found] == [str(hour) for hour in range(24)]
    assert [one.level for one in found if one.stands_out] == ["20"]
    assert all(one.low <= one.rate <= one.high for one in found)


def test_when_an_outcome_file_repeats_an_id_then_the_later_row_counts() -> None:
    frame = pl.DataFrame({"prediction_id": [" a ", "b", "a"], "clicked": ["0", "1", "1"]})

    assert read_outcomes(frame) == {"a": 1, "b": 1}


def test_when_an_outcome_file_lacks_a_column_then_it_is_named() -> None:
    with pytest.raises(BadInput, match="no column 'clicked'"):
        read_outcomes(pl.DataFrame({"prediction_id": ["a"]}))
