"""Sign-in in the chat frontend's shapes (contract chat 1.1, 2.4 and 5: 1, 2, 4, 5, 7)."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from core.accounts.accounts import AccountKind, ClientFields
from core.accounts.organisations import create_organisation
from core.accounts.token_pairs import open_client_session
from core.security.policy import LOCAL_ANALYST, Role
from tests.api.accounts import PASSWORD, header_of, person_named, signed_in
from tests.api.conftest import make_client
from tests.conftest import PROJECT

LOGIN = "/api/auth/login"


@pytest.fixture
def client(home: Path, settings_from: Callable[..., object]) -> TestClient:
    """Authentication on, passwords hashed cheaply, one person."""
    settings_from(DISABLE_AUTH="0", WORKBENCH_PASSWORD_MEMORY_MB="1", WORKBENCH_PASSWORD_PASSES="1")
    person_named("minji", client_fields=ClientFields(is_paid=True, product_type="P", ins_seq=17))
    return make_client()


@pytest.fixture
def open_client(client: TestClient, settings_from: Callable[..., object]) -> TestClient:
    """Local open mode."""
    settings_from(DISABLE_AUTH="1")
    return client


def test_when_the_password_is_right_then_the_answer_has_the_frontends_shape(client: TestClient) -> None:
    answer = signed_in(client, "minji", loginType="personal")

    user, tokens = answer["user"], answer["tokens"]
    assert (answer["success"], user["type"], user["name"]) == (True, "personal", "김민지")
    assert (user["isPaid"], user["productType"], user["ins_seq"]) == (True, "P", 17)
    assert "sex" not in user  # not known is absent, not null
    assert len(tokens["access"].split(".")) == 3
    assert tokens["refresh"] != tokens["access"]
    ends = datetime.strptime(answer["expires_at"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert timedelta(hours=23) < ends - datetime.now(UTC) <= timedelta(hours=24)


def test_when_the_password_is_wrong_then_401_and_after_five_in_a_minute_429(client: TestClient) -> None:
    wrong = {"username": "minji", "password": "wrong", "loginType": "personal"}
    answers = [client.post(LOGIN, json=wrong) for _ in range(6)]

    assert [one.status_code for one in answers] == [401] * 5 + [429]
    refused, throttled = answers[0].json(), answers[5].json()
    assert (refused["success"], refused["code"]) == (False, "SECURITY_SIGN_IN_FAILED")
    assert refused["message"]
    assert isinstance(throttled["retry_after"], int)
    assert answers[5].headers["Retry-After"] == str(throttled["retry_after"])
    assert str(throttled["retry_after"]) in throttled["message"]


def test_when_people_of_an_organisation_sign_in_then_their_session_code_counts(client: TestClient) -> None:
    school = create_organisation("한빛고등학교", session_code="HB-2026", principal=LOCAL_ANALYST)
    person_named("sora", kind=AccountKind.ORGANISATION_MEMBER, organisation_id=school.id)
    order = {"username": "sora", "password": PASSWORD}

    right = client.post(LOGIN, json={**order, "loginType": "organization", "sessionCode": "hb-2026"})
    other = client.post(LOGIN, json={**order, "loginType": "organization", "sessionCode": "HB-2025"})
    personal = client.post(LOGIN, json={**order, "loginType": "personal"}, headers={"Accept-Language": "ko"})

    assert right.json()["user"]["type"] == "organization_member"
    assert right.json()["user"]["sessionCode"] == "HB-2026"
    assert (other.status_code, other.json()["code"]) == (401, "SECURITY_SIGN_IN_FAILED")
    assert (personal.status_code, "기관 로그인" in personal.json()["message"]) == (401, True)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"username": "minji"}, "password"),
        ({"username": "minji", "password": "x", "loginType": "guest"}, "loginType"),
        ({"username": "minji", "password": "p" * 1025}, "password"),
    ],
    ids=["missing", "form", "long"],
)
def test_when_the_order_does_not_validate_then_400_names_the_field(
    client: TestClient, body: dict[str, str], field: str
) -> None:
    answer = client.post(LOGIN, json=body)

    assert answer.status_code == 400
    assert set(answer.json()["field_errors"]) == {field}
    assert answer.json()["message"] == answer.json()["field_errors"][field]
    assert "p" * 50 not in answer.text


def test_when_an_old_token_is_sent_along_then_signing_in_works_all_the_same(client: TestClient) -> None:
    answer = client.post(LOGIN, json={"username": "minji", "password": PASSWORD}, headers=header_of("a.b.c"))

    assert answer.status_code == 200


def test_when_a_thousand_people_have_tokens_then_the_frontend_can_read_each_payload(client: TestClient) -> None:
    from dataclasses import replace

    from core.accounts.accounts import find_account
    from core.accounts.token_pairs import _pair

    minji = find_account("minji", principal=LOCAL_ANALYST)
    now = datetime.now(UTC)
    names = [f"{sign}{number}김~?>ÿ\u07ff" for number in range(250) for sign in "?>~가"]

    for name in names:
        named = replace(minji, client_fields=ClientFields(ac_id=name))
        payload = _pair(named, "s", "r", began=now, now=now).access.split(".")[1]
        assert not set("-_") & set(payload)


def test_when_a_token_is_sent_then_me_is_the_object_of_the_sign_in(client: TestClient) -> None:
    answer = signed_in(client, "minji")

    me = client.get("/api/auth/me", headers=header_of(answer["tokens"]["access"]))

    assert (me.status_code, me.json()) == (200, answer["user"])


@pytest.mark.parametrize("open_mode", [True, False], ids=["open", "guarded"])
def test_when_there_is_no_valid_token_then_me_is_401_with_a_message(
    client: TestClient, settings_from: Callable[..., object], open_mode: bool
) -> None:
    settings_from(DISABLE_AUTH="1" if open_mode else "0")
    tokens = signed_in(client, "minji")["tokens"]
    long_ago = open_client_session(person_named("old"), now=datetime.now(UTC) - timedelta(hours=25)).access
    tampered = tokens["access"][:-4] + "AAAA"
    headers = [{}, *(header_of(token) for token in (long_ago, tampered, tokens["refresh"], "undefined"))]

    answers = [client.get("/api/auth/me", headers=one) for one in headers]

    assert [one.status_code for one in answers] == [401] * 5
    assert all(one.json()["message"] for one in answers)


def test_when_somebody_logs_out_then_both_tokens_work_no_more(client: TestClient) -> None:
    tokens = signed_in(client, "minji")["tokens"]
    access = header_of(tokens["access"])

    assert client.post("/api/auth/logout", headers=access).json()["success"] is True

    assert client.get("/api/auth/me", headers=access).status_code == 401
    assert client.get("/api/jobs", headers=access).status_code == 401
    assert client.post("/api/auth/refresh", json={"refresh": tokens["refresh"]}).status_code == 401


def test_when_a_refresh_token_is_exchanged_then_the_next_pair_works(client: TestClient) -> None:
    first = signed_in(client, "minji")["tokens"]

    answer = client.post("/api/auth/refresh", json={"refresh": first["refresh"]}).json()

    assert answer["tokens"]["refresh"] != first["refresh"]
    assert answer["expires_at"].endswith("Z")
    assert client.get("/api/auth/me", headers=header_of(answer["tokens"]["access"])).status_code == 200


def test_when_a_refresh_token_comes_again_then_the_whole_sign_in_ends(client: TestClient) -> None:
    first = signed_in(client, "minji")["tokens"]
    second = client.post("/api/auth/refresh", json={"refresh": first["refresh"]}).json()["tokens"]

    again = client.post("/api/auth/refresh", json={"refresh": first["refresh"]})

    assert (again.status_code, again.json()["code"]) == (401, "SECURITY_REFRESH_USED")
    assert client.get("/api/auth/me", headers=header_of(second["access"])).status_code == 401
    assert client.post("/api/auth/refresh", json={"refresh": second["refresh"]}).status_code == 401


def test_when_an_exchange_is_repeated_under_its_key_then_nobody_is_locked_out(client: TestClient) -> None:
    order = {"refresh": signed_in(client, "minji")["tokens"]["refresh"]}
    key = {"Idempotency-Key": "3f0e4a52-7a39-4a5e-8f0c-52a1a9d1a111"}

    answers = [client.post("/api/auth/refresh", json=order, headers=key) for _ in range(2)]

    assert [one.status_code for one in answers] == [200, 200]
    assert answers[0].json()["tokens"]["refresh"] == answers[1].json()["tokens"]["refresh"]
    assert client.post("/api/auth/refresh", json=order, headers={"Idempotency-Key": "1"}).status_code == 400


def test_when_a_token_is_verified_then_valid_says_whether_it_works(client: TestClient) -> None:
    answer = signed_in(client, "minji")
    access = answer["tokens"]["access"]

    good = client.post("/api/auth/verify-token", headers=header_of(access)).json()
    told = client.post("/api/auth/verify-token-body", json={"token": access}).json()
    bad = client.post("/api/auth/verify-token-body", json={"token": answer["tokens"]["refresh"]}).json()
    none = client.post("/api/auth/verify-token").json()

    assert (good["valid"], good["user"]) == (True, answer["user"])
    assert told == good
    assert (bad["valid"], none["valid"], "user" in bad) == (False, False, False)
    assert bad["message"]


def test_when_accounts_cannot_be_read_then_health_says_so(client: TestClient, home: Path) -> None:
    healthy = client.get("/api/auth/health").json()["status"]
    from core.storage.database import engine, writing

    with writing() as connection:
        connection.exec_driver_sql("ALTER TABLE accounts RENAME TO gone")
    engine().dispose()

    assert healthy == "healthy"
    answer = client.get("/api/auth/health")
    assert (answer.status_code, answer.json()["status"]) == (200, "unhealthy")


def test_when_a_token_is_sent_in_local_open_mode_then_it_counts(open_client: TestClient) -> None:
    access = signed_in(open_client, "minji")["tokens"]["access"]
    order = {"notebook": "customers_train_clusters"}
    mine = open_client.post("/api/jobs", json=order, headers=header_of(access)).json()
    open_client.post("/api/jobs", json=order)

    assert [one["id"] for one in open_client.get("/api/jobs", headers=header_of(access)).json()] == [mine["id"]]
    assert len(open_client.get("/api/jobs").json()) == 2  # without one it is the local analyst, who sees all
    assert open_client.get("/api/jobs", headers=header_of("nonsense")).status_code == 401


def test_when_a_role_changes_then_the_next_request_is_judged_by_it(client: TestClient) -> None:
    from sqlalchemy import update

    from core.accounts.accounts import ACCOUNTS
    from core.storage.database import writing

    access = header_of(signed_in(client, "minji")["tokens"]["access"])
    before = client.get("/api/jobs", headers=access).status_code
    with writing() as connection:
        connection.execute(update(ACCOUNTS).values(role=str(Role.GUEST)))

    assert before == 200
    assert client.get("/api/jobs", headers=access).status_code == 403
    assert client.get("/api/auth/me", headers=access).status_code == 200


def test_when_the_machine_is_local_then_the_test_page_runs_nothing_but_its_own_script(client: TestClient) -> None:
    answer = client.get("/auth-test")

    assert answer.status_code == 200
    assert "http" not in answer.text  # nothing from elsewhere
    assert "script-src 'sha256-" in answer.headers["Content-Security-Policy"]


def test_when_the_machine_is_not_local_then_there_is_no_test_page(
    home: Path, settings_from: Callable[..., object]
) -> None:
    settings_from(APP_ENV="dev", WORKBENCH_TOKEN_SECRET="0123456789abcdef0123456789abcdef")

    assert make_client().get("https://testserver/auth-test").status_code == 404


def test_when_somebody_signs_in_then_no_library_of_models_is_loaded(client: TestClient) -> None:
    access = signed_in(client, "minji")["tokens"]["access"]
    program = (
        "import sys\n"
        "from fastapi.testclient import TestClient\n"
        "from app.api.main import app\n"
        f"answer = TestClient(app).get('/api/auth/me', headers={header_of(access)!r})\n"
        "heavy = [name for name in ('numpy', 'pandas', 'torch', 'onnxruntime', 'argon2') if name in sys.modules]\n"
        "print(answer.status_code, heavy)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "200 []"
