"""Every address of the API declares the permission it needs; the documentation alone needs none."""

from __future__ import annotations

import re

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient

from app.api.deps import GuardedRoute, declared_routes, declared_sockets, guarded_socket
from app.api.documentation import STATIC
from app.api.main import app
from core.security.policy import PERMISSIONS, Permission, Role

DOCUMENTATION = {"/openapi.json", "/docs", "/redoc", STATIC}
HEALTH = {f"/api/{part}/health" for part in ("auth", "chat", "etl", "users")}
PROBES = {"/", "/health", "/healthz", "/readyz", "/api/health", *HEALTH}
SIGNING_IN = {"/api/auth/login", "/api/auth/refresh", "/api/auth/verify-token", "/api/auth/verify-token-body"}
TRYING = {"/auth-test"}  # on a local machine only
BY_ID = {"/api/etl/jobs/{job_id}/progress"}  # how far a run is, for who holds its id: an event source sends no header
SIGNED_IN_ONLY = {"/api/auth/me", "/api/auth/logout"}
SOCKETS = {
    "/ws/training/{run_id}": Permission.CTR_READ,
    "/ws/performance": Permission.CTR_READ,
    "/ws/alerts": Permission.CTR_READ,
    "/ws/similarity": Permission.IMAGES_READ,
    "/api/chat/ws/{user_id}": Permission.CHAT_USE,
}


def test_when_routes_are_enumerated_then_each_declares_exactly_one_permission() -> None:
    assert len(declared_routes(app)) > 20


def test_when_a_route_declares_no_permission_then_it_cannot_be_defined() -> None:
    router = APIRouter(route_class=GuardedRoute)

    with pytest.raises(LookupError, match="/careless"):
        router.add_api_route("/careless", lambda: None)


def test_when_a_route_goes_round_the_guard_then_the_enumeration_fails() -> None:
    careless = FastAPI()
    careless.add_api_route("/careless", lambda: None)

    with pytest.raises(LookupError, match="/careless"):
        declared_routes(careless)


def test_when_sockets_are_enumerated_then_each_declares_its_permission() -> None:
    assert declared_sockets(app) == SOCKETS


def test_when_a_socket_declares_no_permission_then_it_cannot_be_defined() -> None:
    with pytest.raises(LookupError, match="/careless"):
        guarded_socket(APIRouter(), "/careless")(lambda websocket: None)


def test_when_a_socket_goes_round_the_guard_then_the_enumeration_fails() -> None:
    careless = FastAPI()
    careless.add_api_websocket_route("/careless", lambda websocket: None)

    with pytest.raises(LookupError, match="/careless"):
        declared_routes(careless)


def test_when_something_is_served_that_is_no_declared_route_then_it_is_the_documentation() -> None:
    declared = {one.path for one in declared_routes(app)}
    served = {context.path for context in iter_route_contexts(app.routes)}

    assert served - declared - set(declared_sockets(app)) == DOCUMENTATION


def test_when_a_route_is_public_then_it_is_a_probe_a_run_by_its_id_or_serves_to_sign_in() -> None:
    public = {one.path for one in declared_routes(app) if one.is_public}

    assert public == PROBES | SIGNING_IN | TRYING | BY_ID


def test_when_every_role_may_call_a_route_then_it_is_about_the_own_sign_in() -> None:
    of_anybody = {one.path for one in declared_routes(app) if one.permission is Permission.PUBLIC and not one.is_public}

    assert of_anybody == SIGNED_IN_ONLY


def test_when_a_route_changes_something_then_a_guest_may_not_call_it() -> None:
    for one in declared_routes(app):
        if set(one.methods) - {"GET"} and one.path not in SIGNING_IN:
            assert one.permission not in PERMISSIONS[Role.GUEST] or one.needed.signed_in, one.path


def test_when_the_schema_is_read_then_each_operation_tells_its_permission_and_has_examples() -> None:
    schema = app.openapi()

    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            assert operation["x-permission"], (method, path)
            assert operation["description"], (method, path)
    used = [name for name in schema["components"]["schemas"] if name not in {"HTTPValidationError", "ValidationError"}]
    parts = {"Share", "Reason", "PersonaMatch"}  # shown inside the examples of what holds them
    without = [name for name in used if "example" not in schema["components"]["schemas"][name]]
    assert set(without) <= parts


def test_when_the_documentation_is_opened_then_nothing_comes_from_outside() -> None:
    client = TestClient(app)

    for page in ("/docs", "/redoc"):
        body = client.get(page).text
        linked = re.findall(r'(?:src|href)="([^"]+)"', body)
        assert len(linked) >= 2
        for address in linked:
            assert client.get(address).status_code == 200, address
