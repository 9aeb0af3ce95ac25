"""What every frontend may count on: the process is ready by itself, and each answer has an id that a page may read."""

from __future__ import annotations

from tests.contracts.frontends import Frontend
from tests.contracts.reading import one_of
from tests.contracts.sidecar import Sidecar


def test_when_the_process_is_ready_then_probes_and_documents_are_served(customers: Frontend, sidecar: Sidecar) -> None:
    customers.asks("GET", "/healthz", reads={"status": one_of("ok")})
    customers.asks("GET", "/readyz", reads={"status": one_of("ready")})

    assert sidecar.http.get("/openapi.json").json()["info"]["title"] == "Analyst Workbench"
    assert sidecar.http.get("/docs").status_code == sidecar.http.get("/redoc").status_code == 200


def test_when_two_requests_are_answered_then_each_has_an_id_of_its_own_that_scripts_may_read(
    customers: Frontend,
) -> None:
    answers = [customers.fetches("GET", "/healthz"), customers.fetches("GET", "/nothing", status=404)]

    assert len({one.headers["X-Request-ID"] for one in answers}) == 2
    assert all("X-Request-ID" in one.headers["Access-Control-Expose-Headers"].split(", ") for one in answers)
