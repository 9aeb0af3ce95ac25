"""What a serving worker answers is counted and reaches the database, from where every process reads it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from core.storage.database import utc_now
from core.telemetry.measures import requests_since
from tests.api.conftest import make_client


def test_when_the_server_answers_then_its_requests_are_counted_without_probes_and_outlive_it(home: Path) -> None:
    with make_client() as client:
        for path in ("/api/v1/jobs", "/no-such-route", "/health", "/readyz"):
            client.get(path)

    found = requests_since(utc_now() - timedelta(minutes=1))

    assert (found.requests, found.errors) == (2, 0)
    assert found.success_rate == 1.0


def test_when_an_application_is_only_called_then_it_writes_nothing(home: Path) -> None:
    make_client().get("/no-such-route")

    assert requests_since(utc_now() - timedelta(minutes=1)).requests == 0
