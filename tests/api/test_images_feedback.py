"""What reviewers say is staged with its picture, listed and withdrawn; nothing is matched otherwise meanwhile."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from core.images.feedback import staged
from core.security.policy import LOCAL_ANALYST
from tests.api.conftest import SECRET, bearer, make_client
from tests.api.image_cases import FEEDBACK, HEART, STAR, UPLOAD, assert_refused, picture, upload


@pytest.fixture(autouse=True)
def nothing_staged(image_home: Path) -> Iterator[None]:
    from core.images.feedback import withdraw

    yield
    for one in staged("shapes", principal=LOCAL_ANALYST):
        withdraw(one.id, principal=LOCAL_ANALYST)


def say(client: TestClient, kind: str, class_name: str = "", **more: str) -> Any:
    fields = {"domain": "shapes", "kind": kind, **({"class_name": class_name} if class_name else {}), **more}
    return upload(client, picture(STAR), "별.png", to=FEEDBACK, **fields)


def listed(client: TestClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(FEEDBACK, params={"domain": "shapes"}).json()
    return found


def test_when_a_verdict_is_corrected_then_it_waits_with_what_the_domain_says(image_client: TestClient) -> None:
    before = upload(image_client, picture(STAR)).json()
    made = say(image_client, "correct", HEART, note="seen twice").json()

    assert (made["kind"], made["class_name"], made["state"], made["note"]) == ("correct", HEART, "staged", "seen twice")
    assert (made["verdict"], made["s1"], made["margin"]) == (STAR, before["s1"], before["margin"])
    assert made["sha256"] == hashlib.sha256(picture(STAR)).hexdigest()
    assert listed(image_client) == [made]
    assert staged("shapes", principal=LOCAL_ANALYST)[0].picture.read_bytes() == picture(STAR)
    assert upload(image_client, picture(STAR)).json() == before


def test_when_a_verdict_is_accepted_then_its_class_need_not_be_named(image_client: TestClient) -> None:
    assert say(image_client, "accept").json()["class_name"] == STAR
    assert say(image_client, "correct", "unknown").json()["class_name"] == "unknown"
    assert len(listed(image_client)) == 1


def test_when_a_picture_is_added_then_no_verdict_is_kept_with_it(image_client: TestClient) -> None:
    made = say(image_client, "add", "새 모양").json()

    assert (made["class_name"], made["verdict"], made["s1"]) == ("새 모양", None, None)


def test_when_a_remark_is_withdrawn_then_it_waits_no_longer_and_cannot_be_withdrawn_again(
    image_client: TestClient,
) -> None:
    made = say(image_client, "add", HEART).json()

    assert image_client.delete(f"{FEEDBACK}/{made['id']}").json() == {"id": made["id"], "state": "withdrawn"}
    assert listed(image_client) == []
    assert_refused(image_client.delete(f"{FEEDBACK}/{made['id']}"), 409)
    assert_refused(image_client.delete(f"{FEEDBACK}/nothing"), 404)


@pytest.mark.parametrize(
    ("kind", "class_name", "domain", "status"),
    [
        *(("accept", HEART, "shapes", 400), ("correct", STAR, "shapes", 400), ("add", "a/b", "shapes", 400)),
        *(("correct", HEART, "nobody", 404), ("add", HEART, "nobody", 404)),
        *(("praise", HEART, "shapes", 422), ("correct", "", "shapes", 422), ("add", "", "shapes", 422)),
        *(("", HEART, "shapes", 422), ("add", HEART, "", 422)),
    ],
)
def test_when_a_remark_makes_no_sense_then_nothing_is_staged(
    image_client: TestClient, kind: str, class_name: str, domain: str, status: int
) -> None:
    assert_refused(say(image_client, kind, class_name, domain=domain), status)
    assert listed(image_client) == []


@pytest.mark.parametrize("kind", ["accept", "add"])
def test_when_the_remark_is_about_no_picture_then_400_and_nothing_is_staged(
    image_client: TestClient, kind: str
) -> None:
    fields = {"domain": "shapes", "kind": kind, "class_name": HEART}

    assert_refused(upload(image_client, b"text", to=FEEDBACK, **fields), 400)
    assert listed(image_client) == []


def test_when_somebody_else_withdraws_then_the_remark_is_not_found(
    image_home: Path, settings_from: Callable[..., object]
) -> None:
    settings_from(DISABLE_AUTH="0", SUPABASE_JWT_SECRET=SECRET)
    client = make_client()
    files, fields = {"file": ("a.png", picture())}, {"domain": "shapes", "kind": "add", "class_name": HEART}
    made = client.post(FEEDBACK, files=files, data=fields, headers=bearer(sub="me")).json()

    assert_refused(client.delete(f"{FEEDBACK}/{made['id']}", headers=bearer(sub="you")), 404)
    assert client.delete(f"{FEEDBACK}/{made['id']}", headers=bearer(sub="me")).status_code == 200
    assert client.post(FEEDBACK, files=files, data=fields).status_code == 401


def test_when_the_list_of_an_unknown_domain_is_asked_for_then_404(image_client: TestClient) -> None:
    assert_refused(image_client.get(FEEDBACK, params={"domain": "nobody"}), 404)
    assert_refused(image_client.get(FEEDBACK), 422)
    assert image_client.get(UPLOAD).status_code == 405
