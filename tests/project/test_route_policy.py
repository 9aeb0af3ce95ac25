"""Every address of the API declares the permission it needs; the documentation alone needs none."""

from __future__ import annotations

import re

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient

from app.api.deps import DeclaredRoute, GuardedRoute, declared_routes, declared_sockets, guarded_socket
from app.api.documentation import STATIC
from app.api.main import app
from core.security.open_routes import OPEN, OPENED_FOR, OpenedFor
from core.security.policy import OPENABLE, PERMISSIONS, Permission, Role

DOCUMENTATION = {"/openapi.json", "/docs", "/redoc", STATIC}
OPENED = {route for routes in OPEN.values() for route in routes}
# Of everybody who is signed in, whatever the role: the own account.
ABOUT_ONESELF = ("/api/auth/", "/api/v2/auth/")
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


def addresses(one: DeclaredRoute) -> set[str]:
    return {f"{method} {one.path}" for method in one.methods}


def test_when_a_route_is_open_on_every_machine_then_the_list_of_open_routes_gives_the_reason() -> None:
    public = {address for one in declared_routes(app) if one.is_public for address in addresses(one)}

    assert public == OPENED


def test_when_every_role_may_call_a_route_then_it_is_about_the_own_account() -> None:
    of_anybody = {one.path for one in declared_routes(app) if one.permission is Permission.PUBLIC and not one.is_public}

    assert of_anybody
    assert {path for path in of_anybody if not path.startswith(ABOUT_ONESELF)} == set()


def test_when_a_route_changes_something_then_a_guest_may_not_call_it() -> None:
    for one in declared_routes(app):
        if not addresses(one) <= OPENED and set(one.methods) - {"GET"}:
            assert one.permission not in PERMISSIONS[Role.GUEST] or one.needed.signed_in, one.path


@pytest.mark.parametrize("opened", OPENED_FOR, ids=lambda one: one.client)
def test_when_permissions_are_granted_for_a_client_then_exactly_its_routes_need_them(opened: OpenedFor) -> None:
    needed = {address: one.permission for one in declared_routes(app) for address in addresses(one)}

    assert set(opened.routes) <= set(needed)
    assert {needed[route] for route in opened.routes} == set(opened.permissions)
    assert set(opened.permissions) <= OPENABLE


def test_when_the_schema_is_read_then_each_operation_tells_its_permission_and_has_examples() -> None:
    schema = app.openapi()

    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            assert operation["x-permission"], (method, path)
            assert operation["description"], (method, path)
    used = [name for name in schema["components"]["schemas"] if name not in {"HTTPValidationError", "ValidationError"}]
    parts = {"Share", "Reason", "PersonaMatch"}  # shown inside the examples of what holds them
    shapes = schema["components"]["schemas"]
    without = [name for name in used if "example" not in shapes[name] and "enum" not in shapes[name]]
    assert set(without) <= parts


def test_when_the_documentation_is_opened_then_nothing_comes_from_outside() -> None:
    client = TestClient(app)

    for page in ("/docs", "/redoc"):
        body = client.get(page).text
        linked = re.findall(r'(?:src|href)="([^"]+)"', body)
        assert len(linked) >= 2
        for address in linked:
            assert client.get(address).status_code == 200, address
