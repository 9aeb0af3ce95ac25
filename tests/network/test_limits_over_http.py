"""Rate limits and HTTPS as API clients meet them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from core.security.policy import LOCAL_ANALYST

Configure = Callable[..., object]
SECRET = "0123456789abcdef0123456789abcdef"
PERFUMES = "/api/v1/training/list"


@pytest.fixture
def client_with(home: Path, settings_from: Configure) -> Callable[..., TestClient]:
    """A client of an application over these settings, whose calls are counted."""

    def make(base_url: str = "http://testserver", **values: str) -> TestClient:
        from app.api.main import create_app
        from core.settings.current import get_settings

        settings_from(WORKBENCH_RATE_LIMIT_FREE="", **values)
        return TestClient(create_app(get_settings()), base_url=base_url, follow_redirects=False)

    return make


def test_when_the_61st_perfume_call_of_a_minute_comes_then_it_is_told_to_wait(
    client_with: Callable[..., TestClient],
) -> None:
    client = client_with()

    answers = [client.get(PERFUMES) for _ in range(61)]

    assert {one.status_code for one in answers[:60]} == {200}
    assert [int(one.headers["X-RateLimit-Remaining"]) for one in answers] == [*range(59, -1, -1), 0]
    assert {one.headers["X-RateLimit-Limit"] for one in answers} == {"60"}
    refused = answers[60]
    body = refused.json()
    assert refused.status_code == 429
    assert body["retry_after"] == int(refused.headers["Retry-After"])
    assert body["error"]
    assert body["detail"] == body["message"]
    assert body["code"] == "NETWORK_TOO_MANY_REQUESTS"
    assert int(refused.headers["X-RateLimit-Reset"]) > 1_700_000_000


@pytest.mark.fault(
    "forged addresses", "X-Forwarded-For of somebody else",
    "it evades no limit unless the proxy is trusted",
)  # fmt: skip
def test_when_a_forwarding_header_is_forged_then_it_evades_nothing_unless_the_proxy_is_trusted(
    client_with: Callable[..., TestClient],
) -> None:
    rate = {"WORKBENCH_RATE_LIMITS": "fragrance=2/minute"}
    client = client_with(**rate)
    statuses = [client.get(PERFUMES, headers={"X-Forwarded-For": f"198.51.100.{n}"}).status_code for n in range(3)]
    assert statuses == [200, 200, 429]

    client = client_with(WORKBENCH_TRUSTED_PROXIES="10.0.0.1", **rate)
    client._transport.client = ("10.0.0.1", 1)  # type: ignore[attr-defined]
    statuses = [client.get(PERFUMES, headers={"X-Forwarded-For": f"198.51.100.{n}"}).status_code for n in range(3)]
    assert statuses == [200, 200, 200]


def test_when_an_address_is_free_then_it_is_never_counted(client_with: Callable[..., TestClient]) -> None:
    client = client_with(WORKBENCH_RATE_LIMITS="fragrance=1/minute")
    from core.settings.current import get_settings

    assert get_settings().rate_limit_free == []
    assert [client.get(PERFUMES).status_code for _ in range(2)] == [200, 429]

    free = client_with(WORKBENCH_RATE_LIMITS="fragrance=1/minute")
    free._transport.client = ("10.1.2.3", 1)  # type: ignore[attr-defined]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_RATE_LIMIT_FREE", "10.0.0.0/8")
        get_settings.cache_clear()
        answers = [free.get(PERFUMES) for _ in range(3)]
    assert [one.status_code for one in answers] == [200] * 3
    assert "x-ratelimit-limit" not in answers[0].headers


def test_when_a_capability_is_limited_then_people_are_counted_by_their_id(
    client_with: Callable[..., TestClient],
) -> None:
    from core.accounts.accounts import create_account

    client = client_with(WORKBENCH_RATE_LIMITS="ctr=1/minute", DISABLE_AUTH="0", WORKBENCH_TOKEN_SECRET=SECRET)
    tokens = []
    for name in ("minji", "jiho"):
        create_account(name, "a-long-password-of-one", display_name=name, principal=LOCAL_ANALYST)
        order = {"username": name, "password": "a-long-password-of-one", "loginType": "personal"}
        tokens.append(client.post("/api/auth/login", json=order).json()["tokens"]["access"])

    statuses = [
        client.get("/api/performance/models", headers={"Authorization": f"Bearer {token}"}).status_code
        for token in (tokens[0], tokens[0], tokens[1])
    ]

    assert statuses[1] == 429
    assert 429 not in (statuses[0], statuses[2])


def test_when_a_route_belongs_to_no_limited_group_then_nothing_is_counted(
    client_with: Callable[..., TestClient],
) -> None:
    assert "x-ratelimit-limit" not in client_with().get("/livez").headers


def test_when_the_machine_is_on_a_network_then_plain_http_is_refused_and_https_is_kept_to(
    client_with: Callable[..., TestClient],
) -> None:
    values = {
        "APP_ENV": "production", "WORKBENCH_TOKEN_SECRET": SECRET, "WORKBENCH_TRUSTED_PROXIES": "10.0.0.1",
        "DISABLE_AUTH": "0",
    }  # fmt: skip
    plain, secure = client_with(**values), client_with("https://testserver", **values)

    refused, answered = plain.get(PERFUMES), secure.get(PERFUMES)

    assert refused.status_code == 403
    assert refused.json()["code"] == "NETWORK_HTTPS_ONLY"
    assert answered.status_code == 401
    assert answered.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "Strict-Transport-Security" not in refused.headers
    assert plain.get("/livez").status_code == 200
    assert plain.get("/livez", headers={"X-Forwarded-Proto": "https"}).headers.get("Strict-Transport-Security") is None


def test_when_the_machine_is_ones_own_then_plain_http_is_answered(client_with: Callable[..., TestClient]) -> None:
    answer = client_with().get(PERFUMES)

    assert answer.status_code == 200
    assert "Strict-Transport-Security" not in answer.headers
