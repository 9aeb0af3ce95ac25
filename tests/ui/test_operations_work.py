"""The operations page: what waits and runs, what comes when, rounds, and what the API was asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from sqlalchemy import insert
from streamlit.testing.v1 import AppTest

from core.errors import Unavailable
from core.jobs.running.periodic import make_round
from core.jobs.schedules.schedules import Order, create
from core.security.policy import LOCAL_ANALYST
from core.storage.database import utc_now, writing
from core.storage.tables import jobs
from core.telemetry.request_counts import RequestCounts
from tests.ui.conftest import visible_text
from tests.ui.operations_tabs import table


def test_when_work_runs_and_rounds_fail_then_both_are_shown(operations_tab: Callable[..., AppTest]) -> None:
    now = utc_now()
    row = {
        "id": "11111111-2222-4333-8444-555555555555", "owner": LOCAL_ANALYST.id,
        "room": "ctr", "cancel_requested": False, "notebook": "ctr_train",
        "parameters": {}, "idempotency_key": "k", "state": "running", "step": "fitting", "fraction": 0.4,
        "attempt": 1, "created_at": now - timedelta(minutes=9), "started_at": now, "heartbeat_at": now,
    }  # fmt: skip
    with writing() as connection:
        connection.execute(insert(jobs).values(**row))

    def fail() -> None:
        raise Unavailable("storage.not_migrated")

    make_round("core.operations.checks:run_checks", fail, every_s=10)

    app = operations_tab("Work")
    assert "Train click models" in visible_text(app)
    assert "sign of life" in visible_text(app)
    [made] = table(app)
    assert made["round"] == "Checks for alerts"
    assert made["failures"] == 1
    assert "failing" in made["state"]


def test_when_somebody_has_a_schedule_then_it_stands_there_with_its_next_time(
    operations_tab: Callable[..., AppTest],
) -> None:
    assert "Nothing is scheduled yet" in visible_text(operations_tab("Work"))
    order = Order("Monday's training", "0 9 * * 1", notebook="ctr_train", time_zone="Asia/Seoul")
    create(order, principal=LOCAL_ANALYST)

    [row] = table(operations_tab("Work"))

    assert (row["schedule"], row["what"], row["last"]) == ("Monday's training", "Train click models", "Not yet run")
    assert "Asia/Seoul" in row["next"]
    assert row["missed"] == 0


def test_when_the_api_answered_then_rate_and_durations_are_drawn(operations_tab: Callable[..., AppTest]) -> None:
    counts = RequestCounts()
    counts.noted = [(200, 0.01)] * 119 + [(500, 0.01)]
    counts.flush()
    app = operations_tab("Work")
    tiles = {one.label: one for one in app.metric}
    assert tiles["API requests (1 h)"].value == "120"
    assert tiles["API requests (1 h)"].delta == "2.0 a minute"
    assert len(app.get("plotly_chart")) == 2


def test_when_a_time_is_long_then_it_is_told_in_hours(home: Path) -> None:
    from app.ui import formats

    assert formats.duration(86_400) == "24 h 0 min"
    assert formats.size(2_500_000_000) == "2.5 GB"
