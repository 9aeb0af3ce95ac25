"""The dashboards of the provider and of the client: what is told is measured, what is not has a reason."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from core.ctr.monitoring.dashboards import provider_dashboard
from core.errors import Unavailable
from core.security.policy import LOCAL_ANALYST
from tests.api import ctr_runs
from tests.api.test_ctr_figures import get

BUSINESS = ("roas", "cac", "ltv", "mer", "newCustomerROAS", "vtr")


def test_when_a_model_is_trained_then_the_provider_sees_its_figures_as_the_other_routes_tell_them(
    ctr_client: TestClient, run_id: str
) -> None:
    told = get(ctr_client, "/api/dashboard/si")
    performance = get(ctr_client, f"/api/performance/{run_id}")

    metrics = told["currentMetrics"]
    assert metrics["accuracy"] == pytest.approx(100 * performance["accuracy"])
    assert (metrics["f1Score"], metrics["precision"]) == (performance["f1_score"], performance["precision"])
    assert metrics["responseTime"] == performance["response_time"]
    assert told["latestRun"]["runId"] == run_id
    assert sum(one["percentage"] for one in told["bottleneckAnalysis"]) == pytest.approx(100)
    assert told == get(ctr_client, "/api/report/si/latest")


def test_when_something_was_not_measured_then_the_provider_is_told_why(ctr_client: TestClient) -> None:
    told = get(ctr_client, "/api/dashboard/si")

    assert told["systemHealth"]["cpuUsage"] is None
    assert {"cpuUsage", "memoryUsage", "accuracyChange"} <= set(told["unavailable"])


def test_when_no_network_was_trained_then_the_run_has_no_epochs_and_says_why(ctr_client: TestClient) -> None:
    told = get(ctr_client, "/api/dashboard/si")

    assert told["latestRun"]["epochs"] is None
    assert "no network" in told["unavailable"]["latestRun.epochs"]


def test_when_few_clicks_are_known_then_the_reason_tells_how_many(ctr_client: TestClient) -> None:
    ctr_client.post("/api/predictions", json={"rows": [{"gender": "1.0"}]})

    assert "0 of 200" in get(ctr_client, "/api/dashboard/si")["unavailable"]["accuracyChange"]


def test_when_nothing_was_trained_then_both_dashboards_say_so(bare_client: TestClient) -> None:
    provider, client = get(bare_client, "/api/dashboard/si"), get(bare_client, "/api/dashboard/client")

    assert (provider["status"], provider["latestRun"]) == ("no_data", None)
    assert (client["status"], client["kpis"]["accuracy"]) == ("no_data", None)
    assert "accuracy" in client["unavailable"]
    assert bare_client.get("/api/report/client/latest").status_code == 404


def test_when_the_data_does_not_hold_a_figure_then_the_client_gets_null_with_a_reason(ctr_client: TestClient) -> None:
    told = get(ctr_client, "/api/dashboard/client")

    for name in BUSINESS:
        assert told["businessMetrics"][name] is None
        assert told["unavailable"][name]
    assert {"conversion_rate", "scrollDepth", "roi_increase"} <= set(told["unavailable"])
    assert all(slot["scrollDepth"] is None for slot in told["optimalTimeSlots"])


def test_when_clicks_depend_on_no_hour_then_hardly_one_is_called_best(ctr_client: TestClient) -> None:
    slots = get(ctr_client, "/api/dashboard/client")["optimalTimeSlots"]

    assert len(slots) > 24
    assert sum(slot["isBest"] for slot in slots) <= 1
    assert sum(slot["traffic"] for slot in slots) == pytest.approx(200)  # hours and weekdays


def test_when_prices_are_stated_then_money_follows_from_them(ctr_client: TestClient, run_id: str) -> None:
    from core.ctr.runs import get_run

    dataset = get_run(run_id, principal=LOCAL_ANALYST).dataset_id
    ctr_runs.train(dataset, models="block_logistic", value_per_click=100.0, cost_per_impression=20.0)

    told = get(ctr_client, "/api/dashboard/client")

    assert told["businessMetrics"]["roas"] > 1
    assert told["kpis"]["additional_revenue"] > 0
    assert told["performance_metrics"]["revenue_per_click"] == 100
    assert not {"roas", "additional_revenue"} & set(told["unavailable"])


def test_when_an_older_run_is_named_then_the_dashboard_of_another_is_not_passed_off_as_its_own(
    ctr_client: TestClient, run_id: str
) -> None:
    from core.ctr.runs import get_run

    dataset = get_run(run_id, principal=LOCAL_ANALYST).dataset_id
    newest = ctr_runs.train(dataset, models="block_logistic")

    assert ctr_client.get(f"/api/report/client/{run_id}").status_code == 409
    assert ctr_client.get(f"/api/report/si/{newest}").status_code == 200


class TestPerformanceFrames:
    """One look of the socket, without waiting for the next."""

    @pytest.fixture
    def dashboard(self, ctr_home: Any) -> Any:
        return provider_dashboard(principal=LOCAL_ANALYST)

    def with_accuracy(self, dashboard: Any, accuracy: float) -> Any:
        from dataclasses import replace

        return replace(dashboard, quality=replace(dashboard.quality, accuracy=accuracy))

    def accuracies(self, dashboard: Any, was_bad: bool) -> list[float]:
        from app.api.routes.ctr_live import _performance_frames

        frames, _ = _performance_frames(dashboard, was_bad, "en")
        return [frame["metrics"]["accuracy"] for frame in frames if frame["type"] == "metrics_update"]

    def test_when_accuracy_falls_under_the_limit_then_one_share_comes_before_the_percentage(
        self, dashboard: Any
    ) -> None:
        bad = self.with_accuracy(dashboard, 0.6)

        assert self.accuracies(bad, was_bad=False) == [0.6, pytest.approx(60)]
        assert self.accuracies(bad, was_bad=True) == [pytest.approx(60)]

    def test_when_accuracy_is_fine_then_only_the_percentage_is_told(self, dashboard: Any) -> None:
        assert self.accuracies(self.with_accuracy(dashboard, 0.9), was_bad=True) == [pytest.approx(90)]

    def test_when_the_dashboard_cannot_be_made_then_it_is_told_and_the_state_is_kept(self) -> None:
        from app.api.routes.ctr_live import _performance_frames

        frames, is_bad = _performance_frames(Unavailable("storage.database_down"), True, "en")

        assert ([frame["type"] for frame in frames], is_bad) == (["error_log"], None)
