"""Who may call what (contract customers 6: 10, 11)."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.api.deps import DeclaredRoute, declared_routes
from core.security.policy import PERMISSIONS, Role
from tests.api.conftest import PROFILE, SECRET, bearer, make_client

BY_COOKIE = {f"/api/v1/auth/admin/{what}" for what in ("session", "logout")}  # which they look at by themselves


def example_path(route: DeclaredRoute) -> str:
    return re.sub(r"\{\w+\}", "x", route.path)


EXPIRED = {"exp": int(time.time()) - 10}


def test_when_the_token_is_genuine_then_it_is_answered(guarded: TestClient) -> None:
    assert guarded.post("/api/analysis", json=PROFILE, headers=bearer()).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        bearer(**EXPIRED),
        bearer(secret="another-secret-that-is-long-enough"),
        bearer(aud="anon"),
        bearer(without="aud"),
        bearer(without="exp"),
        bearer(without="sub"),
        bearer(secret="", algorithm="none"),
        {"Authorization": "Bearer nonsense"},
        {"Authorization": "Bearer "},
        {"Authorization": "Basic YTpi"},
        {},
    ],
    ids=["expired", "secret", "aud", "no aud", "no exp", "no sub", "alg none", "nonsense", "empty", "basic", "none"],
)
def test_when_the_token_is_not_valid_then_401(guarded: TestClient, headers: dict[str, str]) -> None:
    answer = guarded.post("/api/analysis", json=PROFILE, headers=headers)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json()["error_code"] == "HTTP_EXCEPTION"
    assert answer.json()["message"]


def test_when_nobody_is_signed_in_then_every_route_but_the_public_ones_refuses(guarded: TestClient) -> None:
    for route in declared_routes(guarded.app):  # type: ignore[arg-type]
        for method in route.methods:
            answer = guarded.request(method, example_path(route))
            is_open = route.is_public and route.path not in BY_COOKIE
            assert (answer.status_code == 401) is not is_open, route.path


def test_when_an_analyst_asks_for_more_than_the_role_holds_then_403(guarded: TestClient) -> None:
    refused = [
        route
        for route in declared_routes(guarded.app)  # type: ignore[arg-type]
        if route.permission not in PERMISSIONS[Role.ANALYST]
    ]

    assert refused
    for route in refused:
        (method,) = route.methods
        path = example_path(route)
        answer = guarded.request(method, path, headers=bearer())
        assert (answer.status_code, answer.json()["code"]) == (403, "SECURITY_NOT_ALLOWED")


def test_when_a_permission_is_opened_then_callers_without_a_token_have_it_and_no_other(
    trained: Path, settings_from: Callable[..., object]
) -> None:
    settings_from(DISABLE_AUTH="0", SUPABASE_JWT_SECRET=SECRET, WORKBENCH_OPEN_ROUTES="customers.lookup")
    client = make_client()

    assert client.post("/api/analysis", json=PROFILE).status_code == 200
    assert client.get("/api/jobs").status_code == 401
    assert client.post("/api/analysis", json=PROFILE, headers=bearer(**EXPIRED)).status_code == 401


def test_when_no_project_is_set_then_its_tokens_are_refused(
    trained: Path, settings_from: Callable[..., object]
) -> None:
    settings_from(DISABLE_AUTH="0")

    answer = make_client().post("/api/analysis", json=PROFILE, headers=bearer())

    assert (answer.status_code, answer.json()["code"]) == (401, "SECURITY_TOKEN_INVALID")


def test_when_somebody_signs_in_then_they_see_their_own_jobs_only(guarded: TestClient) -> None:
    order = {"notebook": "customers_train_clusters"}
    mine = guarded.post("/api/jobs", json=order, headers=bearer(sub="me")).json()

    assert [job["id"] for job in guarded.get("/api/jobs", headers=bearer(sub="me")).json()] == [mine["id"]]
    assert guarded.get("/api/jobs", headers=bearer(sub="you")).json() == []
    assert guarded.get(f"/api/jobs/{mine['id']}", headers=bearer(sub="you")).status_code == 404
