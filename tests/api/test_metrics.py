"""GET /metrics: who may read it, what stands in it, and that nothing a visitor types becomes a label."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from app.api.deps import declared_routes
from core.telemetry.metric_list import BY_NAME, METRICS, ROUTES
from tests.api.conftest import SECRET, bearer, make_client

TOKEN = "a-token-that-only-the-scraper-knows"


def app_of(client: TestClient) -> FastAPI:
    assert isinstance(client.app, FastAPI)
    return client.app


def series(client: TestClient) -> dict[str, list[dict[str, str]]]:
    """Name of each metric that is exposed to the labels of its series."""
    found: dict[str, list[dict[str, str]]] = {}
    for family in text_string_to_metric_families(client.get("/metrics").text):
        for sample in family.samples:
            found.setdefault(sample.name, []).append(dict(sample.labels))
    return found


def value(client: TestClient, name: str, **labels: str) -> float:
    families = text_string_to_metric_families(client.get("/metrics").text)
    samples = (one for family in families for one in family.samples)
    return sum(one.value for one in samples if one.name == name and labels.items() <= one.labels.items())


def test_when_somebody_may_see_the_system_then_the_answer_is_in_the_format_of_prometheus(home: Path) -> None:
    with make_client() as client:
        answer = client.get("/metrics")

    assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (200, "text/plain")
    assert "# HELP system_memory_percent" in answer.text


def test_when_requests_were_answered_then_the_same_scrape_counts_them_by_route_and_status(home: Path) -> None:
    with make_client() as client:
        before = value(client, "http_requests_total", route="/api/jobs", status="200")
        for _ in range(3):
            client.get("/api/jobs")

        assert value(client, "http_requests_total", route="/api/jobs", status="200") == before + 3
        assert value(client, "http_request_duration_seconds_count", route="/api/jobs", method="GET") >= 3


def test_when_it_is_scraped_then_neither_scrapes_nor_probes_count_as_requests(home: Path) -> None:
    with make_client() as client:
        client.get("/health")

        assert not {one["route"] for one in series(client).get("http_requests_total", [])} & {"/metrics", "/health"}


def test_when_thousands_of_addresses_are_asked_then_the_series_stay_within_what_their_help_says(home: Path) -> None:
    with make_client() as client:
        before = series(client)  # other applications of this process have counted their own routes
        for number in range(40):
            client.get(f"/api/jobs/{uuid4()}")
            client.get(f"/somewhere/{number}/else?token={number}")
            client.request(f"VERB{number}", "/api/jobs")
        found = series(client)

    for metric in METRICS:
        for name in metric.exposed:
            new = [labels for labels in found.get(name, []) if labels not in before.get(name, [])]
            assert len(new) <= metric.at_most * (len(metric.buckets) + 1), name
    own = {one.path for one in declared_routes(app_of(client))} | {"unmatched"}
    asked = found["http_requests_total"]
    new_asked = [one for one in asked if one not in before.get("http_requests_total", [])]
    assert "/api/jobs/{job_id}" in {one["route"] for one in asked}
    assert {one["route"] for one in new_asked} <= own
    assert {one["method"] for one in new_asked} <= {"GET", "POST", "PUT", "PATCH", "DELETE", "other"}


def test_when_routes_are_counted_then_the_list_expects_as_many_as_there_are(home: Path) -> None:
    assert len(declared_routes(app_of(make_client()))) < ROUTES
    for metric in METRICS:
        assert f"At most {BY_NAME[metric.name].help.split('At most ')[1].split()[0]} series" in metric.help


def test_when_a_person_is_told_an_error_then_it_is_counted_by_its_sentence_and_kind(home: Path) -> None:
    with make_client() as client:
        labels = {"room": "jobs", "kind": "NotFound"}
        before = value(client, "errors_total", **labels)
        client.get(f"/api/jobs/{uuid4()}")

        assert value(client, "errors_total", **labels) == before + 1


@pytest.fixture
def closed(home: Path, settings_from: Callable[..., object]) -> TestClient:
    """An API that wants a sign-in, and knows a scraper's token."""
    settings_from(DISABLE_AUTH="0", SUPABASE_JWT_SECRET=SECRET, WORKBENCH_METRICS_TOKEN=TOKEN)
    return make_client()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": f"Bearer {TOKEN}"}, 200),
        ({"Authorization": f"Bearer {TOKEN}x"}, 401),
        ({"Authorization": "Bearer "}, 401),
        ({"Authorization": "Bearer ü"}, 401),
        (bearer(), 403),
    ],
    ids=["nobody", "scraper", "wrong token", "empty token", "no ASCII", "analyst"],
)
def test_when_a_sign_in_is_wanted_then_the_scrapers_token_and_operators_may_read(
    closed: TestClient, headers: dict[str, str], status: int
) -> None:
    sent = [(name.encode(), text.encode("latin-1")) for name, text in headers.items()]

    assert closed.get("/metrics", headers=sent).status_code == status


def test_when_the_scrapers_token_is_sent_elsewhere_then_it_opens_nothing(closed: TestClient) -> None:
    assert closed.get("/api/jobs", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 401


def test_when_no_token_is_set_then_an_empty_one_is_none(home: Path, settings_from: Callable[..., object]) -> None:
    settings_from(DISABLE_AUTH="0", SUPABASE_JWT_SECRET=SECRET)

    assert make_client().get("/metrics", headers={"Authorization": "Bearer"}).status_code == 401
