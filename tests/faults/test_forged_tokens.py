"""Tokens that are forged, stolen from elsewhere or used twice, shown to a running API at routes of every capability."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import httpx
import jwt
import pytest

from tests.api.accounts import PASSWORD, person_named
from tests.faults.raw_requests import operations, send
from tests.faults.served_home import Served
from tests.network.processes import SECRET

PLACES = ("/api/auth/me", "/api/jobs", "/api/users", "/api/v1/admin/system/status", "/api/chat/history/x")
OTHER = "another secret that is long enough 123456"


def claims(served: Served) -> dict[str, Any]:
    """Of a genuine token."""
    return dict(jwt.decode(served.token(), options={"verify_signature": False}))


def unsigned(content: dict[str, Any], **head: str) -> str:
    pieces = [base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=").decode() for one in (head, content)]
    return ".".join([*pieces, ""])


def forged(served: Served, kind: str) -> str:
    good, now = claims(served), int(time.time())
    head = jwt.get_unverified_header(served.token())
    kept = {name: value for name, value in head.items() if name not in ("alg", "typ")}
    genuine = served.token()
    made = {
        "alg: none": unsigned(good, typ="JWT", **{**kept, "alg": "none"}),
        "alg: NONE": unsigned(good, typ="JWT", **{**kept, "alg": "NONE"}),
        "no signature": genuine.rpartition(".")[0] + ".",
        "another secret": jwt.encode(good, OTHER, headers=kept),
        "another algorithm": jwt.encode(good, SECRET * 2, algorithm="HS512", headers=kept),
        "another audience": jwt.encode({**good, "aud": "somebody-else"}, SECRET, headers=kept),
        "another session": jwt.encode({**good, "sid": "00000000-0000-4000-8000-000000000000"}, SECRET, headers=kept),
        "a key as a path": jwt.encode(good, "\0" * 32, headers={**kept, "kid": "../../../../dev/null"}),
        "expired": jwt.encode({**good, "exp": now - 3600, "iat": now - 7200}, SECRET, headers=kept),
        "changed role": genuine.partition(".")[0] + "." + unsigned({**good, "role": "admin"}).split(".")[1] + "."
        + genuine.rpartition(".")[2],
    }  # fmt: skip
    return made[kind]


KINDS = (
    "alg: none", "alg: NONE", "no signature", "another secret", "another algorithm", "another audience",
    "another session", "a key as a path", "expired", "changed role",
)  # fmt: skip


@pytest.mark.fault(
    "forged tokens", "`alg: none`, another audience, secret, algorithm or session, a key id that is a path, an expired"
    " token, a changed claim", "401 everywhere, and never a fault",
)  # fmt: skip
@pytest.mark.parametrize("kind", KINDS)
def test_when_a_token_is_forged_then_no_route_believes_it(served: Served, kind: str) -> None:
    told = {"Authorization": f"Bearer {forged(served, kind)}"}

    assert {send(served.url, "GET", place, headers=told).status for place in PLACES} == {401}


@pytest.mark.fault(
    "forged tokens", "a token without signature at every route of the API", "nothing that needs somebody answers"
)
def test_when_nobody_signed_a_token_then_only_refusals_come_back_from_every_route(served: Served) -> None:
    told = {"Authorization": f"Bearer {forged(served, 'alg: none')}", "Content-Type": "application/json"}
    with_nothing = {"Content-Type": "application/json"}
    different = []
    for one in operations(served.url):
        if one.path in ("/api/auth/refresh", "/api/chat/answers/{answer_id}/events"):
            continue
        forged_one = send(served.url, one.method, one.path, headers=told, body=b"{}").status
        if forged_one != 401 and forged_one != send(served.url, one.method, one.path, headers=with_nothing,
                                                   body=b"{}").status:  # fmt: skip
            different.append((one.method, one.path, forged_one))

    assert not different, "a forged token changed what nobody is told"


@pytest.mark.fault(
    "replayed refresh token", "a refresh token used a second time over HTTP by a thief",
    "the whole session ends, for thief and owner",
)  # fmt: skip
def test_when_a_refresh_token_is_replayed_then_the_session_ends_for_both(served: Served) -> None:
    person_named("replayed")
    with httpx.Client(base_url=served.url, timeout=30) as client:
        body = client.post("/api/auth/login", json={"username": "replayed", "password": PASSWORD}).json()
        stolen = body["tokens"]["refresh"]
        following = client.post("/api/auth/refresh", json={"refresh": stolen})
        again = client.post("/api/auth/refresh", json={"refresh": stolen})
        owner = {"Authorization": f"Bearer {following.json()['tokens']['access']}"}

        assert following.status_code == 200
        assert again.status_code == 401
        assert client.get("/api/auth/me", headers=owner).status_code == 401
