"""Every route of administration and monitoring is closed to whoever does not hold its permission (chat 5: 25)."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from app.api.deps import DeclaredRoute, declared_routes
from app.api.main import app
from core.accounts.token_pairs import open_client_session
from core.security.policy import PERMISSIONS, Role
from tests.api.accounts import header_of, person_named
from tests.conftest import process_home

PLACES = (
    *("/admin/", "/api/admin/", "/api/preferences/", "/api/monitoring/", "/api/v1/admin/", "/monitoring/"),
    "/api/v2/monitoring",
)
SETTINGS = {
    "DISABLE_AUTH": "0", "WORKBENCH_PASSWORD_MEMORY_MB": "1", "WORKBENCH_PASSWORD_PASSES": "1",
    "WORKBENCH_RATE_LIMITS": "", "WORKBENCH_LOG_LEVEL": "warning",
}  # fmt: skip
CLOSED = [
    one
    for one in declared_routes(app)
    if one.path.startswith(PLACES) and not one.is_public and one.permission not in PERMISSIONS[Role.RESEARCHER]
]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, dict[str, str]]]:
    with process_home(tmp_path_factory.mktemp("closed"), **SETTINGS):
        header = header_of(open_client_session(person_named("nose", role=Role.RESEARCHER)).access)
        yield TestClient(app), header


def test_when_such_routes_are_enumerated_then_all_but_two_are_closed_to_whoever_makes_models() -> None:
    every = {one.path for one in declared_routes(app) if one.path.startswith(PLACES) and not one.is_public}

    assert len(CLOSED) > 40
    assert every - {one.path for one in CLOSED} == {
        "/api/v1/admin/data/add-notes",  # the catalogue's own permission: whoever may write it in the pages
        "/api/v1/admin/data/collections/{name}",  # of one's own collections
    }


@pytest.mark.parametrize("route", CLOSED, ids=lambda one: f"{one.methods[0]} {one.path}")
def test_when_the_role_does_not_administer_then_403_and_without_a_token_401(
    client: tuple[TestClient, dict[str, str]], route: DeclaredRoute
) -> None:
    http, header = client
    path = re.sub(r"\{[^}]+\}", "1", route.path)

    with_token = http.request(route.methods[0], path, headers=header)
    without = http.request(route.methods[0], path)

    assert (with_token.status_code, without.status_code) == (403, 401)
    assert with_token.json()["message"] and without.json()["message"]
