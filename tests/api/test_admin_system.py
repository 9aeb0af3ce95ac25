"""Status, logs, backups, use and maintenance as the former service's administrators asked for them (fragrance 1.2)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from core.security.policy import Role
from core.settings.current import get_settings
from core.storage.database import utc_now, writing
from core.storage.tables import request_windows
from tests.api.desk import Desk, desk

__all__ = ["desk"]

BELOW = "/api/v1/admin"
ROUTES = [
    ("GET", f"{BELOW}/system/status", Role.DEVELOPER), ("GET", f"{BELOW}/logs", Role.DEVELOPER),
    ("POST", f"{BELOW}/backup/create", Role.ADMIN), ("GET", f"{BELOW}/analytics/usage", Role.DEVELOPER),
    ("POST", f"{BELOW}/maintenance/mode?enabled=false", Role.DEVELOPER),
    ("GET", "/api/v2/auth/admin/stats", Role.ADMIN),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "least"), ROUTES)
def test_when_a_role_may_not_administer_then_the_route_is_closed(
    desk: Desk, method: str, path: str, least: Role
) -> None:
    below = [Role.RESEARCHER, Role.ANALYST] + ([Role.DEVELOPER] if least is Role.ADMIN else [])
    refused = [desk.asks(method, path, who=who) for who in below]

    assert [one.status_code for one in refused] == [403] * len(below)
    assert all(one.json()["detail"] for one in refused)
    assert desk.asks(method, path, who=None).status_code == 401
    assert desk.asks(method, path, who=least).status_code == 200


def test_when_the_status_is_asked_for_then_nothing_is_invented(desk: Desk) -> None:
    told = desk.answer("GET", f"{BELOW}/system/status")

    assert told["components"]["database"] == "ok"
    assert (told["cpu_percent"], told["memory_percent"]) == (None, None)  # nobody measured this machine yet
    assert set(told["unavailable"]) == {"cpu_percent", "memory_percent"}
    assert 0 < told["disk_percent"] < 100
    assert told["requests_last_hour"]["error_rate"] is None
    assert told["maintenance"] == {"enabled": False, "since": None, "by": "", "reason": ""}


def test_when_requests_were_recorded_then_use_counts_them_by_day(desk: Desk) -> None:
    now = utc_now()
    windows = [(now - timedelta(minutes=5), 10, 1), (now - timedelta(days=2), 4, 0), (now - timedelta(days=9), 99, 9)]
    with writing() as connection:
        for at, requests, errors in windows:
            values = {"owner": "system", "worker": "w", "started_at": at, "seconds": 10.0, "requests": requests}
            times = {"p50_ms": 1.0, "p95_ms": 2.0, "max_ms": 3.0, "durations": {"40": requests}}
            connection.execute(insert(request_windows).values(**values, errors=errors, **times))

    told = desk.answer("GET", f"{BELOW}/analytics/usage?days=7")
    counted = {one["date"]: (one["requests"], one["errors"]) for one in told["by_day"] if one["requests"]}

    assert (told["requests"]["total"], told["requests"]["errors"]) == (14, 1)
    assert counted == {windows[0][0].date().isoformat(): (10, 1), windows[1][0].date().isoformat(): (4, 0)}
    assert told["active_users"] >= 4
    assert (told["searches"], "searches" in told["unavailable"]) == (None, True)


@pytest.mark.parametrize("days", [0, 31])
def test_when_the_stretch_is_not_kept_then_it_is_refused(desk: Desk, days: int) -> None:
    assert desk.asks("GET", f"{BELOW}/analytics/usage?days={days}").status_code == 400


@pytest.fixture
def log_file(desk: Desk) -> Iterator[Path]:
    path = get_settings().data_dir / "logs" / "api.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    yield path
    path.unlink(missing_ok=True)


def line(**values: Any) -> str:
    return json.dumps({"timestamp": "2026-01-01T00:00:00+00:00", "level": "info", "room": "api", **values})


def test_when_logs_are_read_then_only_our_events_are_shown_without_who_it_was(desk: Desk, log_file: Path) -> None:
    raised = [{"type": "ValueError", "frames": ["/home/somebody/x.py:1 f"], "text": "hunter2"}]
    lines = [
        line(event="request", method="GET", path="/api/jobs", status=200, user_id="mina-id", request_id="r-1"),
        "Traceback of a library: mina@example.com",
        line(event="unhandled error", level="error", exception=raised, question="hunter2"),
        "{broken",
    ]
    log_file.write_text("\n".join(lines) + "\n", "utf-8")

    told = desk.answer("GET", f"{BELOW}/logs")
    worst = desk.answer("GET", f"{BELOW}/logs?level=error&limit=1")

    assert [one["event"] for one in told["logs"]] == ["request", "unhandled error"]
    assert [one["event"] for one in worst["logs"]] == ["unhandled error"]
    assert worst["logs"][0]["values"] == {"exception": "ValueError"}
    assert told["files"] == ["api.log"]
    for hidden in ("mina", "hunter2", "somebody"):
        assert hidden not in json.dumps(told)


def test_when_no_log_file_is_written_then_the_reason_is_told(desk: Desk) -> None:
    told = desk.answer("GET", f"{BELOW}/logs")

    assert (told["logs"], told["files"]) == ([], [])
    assert "workbench run" in told["reason"]


def test_when_a_backup_is_made_then_the_file_is_there(desk: Desk) -> None:
    told = desk.answer("POST", f"{BELOW}/backup/create")

    assert Path(told["path"]).stat().st_size == told["bytes"]
    assert told["rows"] > 0


def test_when_statistics_are_asked_for_then_accounts_are_counted_by_role(desk: Desk) -> None:
    told = desk.answer("GET", "/api/v2/auth/admin/stats")

    assert told["users"] == {
        "total": 4, "by_role": {"admin": 1, "developer": 1, "researcher": 1, "user": 1}, "disabled": 0,
    }  # fmt: skip
    assert told["active_sessions"] == 4
