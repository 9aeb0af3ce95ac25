"""Verdicts on web addresses (contract images 6: 11, 13, 14): nothing inside is reached, and nobody waits for the slow.

Names and addresses are made up; the connection leads to a server of this machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler
from threading import Event
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from app.api.served_images import Lane
from core.security.outbound import fetching
from tests.api.conftest import make_client
from tests.api.image_cases import (
    BY_URL,
    PATIENCE_S,
    STAR,
    UPLOAD,
    Background,
    assert_refused,
    picture,
    serving,
    upload,
)
from tests.security.internet import PUBLIC, Internet, leads_to, sends, serving_site

STAR_URL = "http://pictures.example/star.png"


@pytest.fixture
def internet(monkeypatch: pytest.MonkeyPatch) -> Iterator[Internet]:
    with serving_site() as site:
        names = {"pictures.example": [PUBLIC], "inside.example": ["10.1.2.3"], "mixed.example": [PUBLIC, "127.0.0.1"]}
        made = Internet(site, names)
        site.answers["/star.png"] = sends(picture())
        monkeypatch.setattr(fetching, "fetch", partial(fetching.fetch, reach=made.reach))
        yield made


def ask(client: TestClient, url: str, query: str = "", **fields: Any) -> Any:
    return client.post(f"{BY_URL}{query}", json={"url": url, **fields})


def test_when_url_and_upload_hold_the_same_bytes_then_the_verdict_is_identical(
    image_client: TestClient, internet: Internet
) -> None:
    by_url, by_upload = ask(image_client, STAR_URL), upload(image_client, picture())

    assert by_url.status_code == 200
    assert by_url.json() == by_upload.json()
    assert by_url.json()["picture"]["name"] == "star.png"


def test_when_body_and_query_differ_then_the_query_counts(image_client: TestClient, internet: Internet) -> None:
    in_body = ask(image_client, STAR_URL, top_k=1, domain="things").json()
    in_both = ask(image_client, STAR_URL, "?top_k=2&domain=shapes", top_k=1, domain="things").json()

    assert (len(in_body["top_k"]), in_body["domain"]) == (1, "things")
    assert (len(in_both["top_k"]), in_both["domain"]) == (2, "shapes")


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "localhost", "10.0.0.5", "169.254.169.254", "[::1]", "[::ffff:127.0.0.1]", "192.168.0.1"),
        *("2130706433", "0177.0.0.1", "0x7f.1", "127.1", "inside.example", "mixed.example"),
    ],
)
def test_when_the_address_lies_inside_then_400_and_no_connection_is_made(
    image_client: TestClient, internet: Internet, host: str
) -> None:
    assert_refused(ask(image_client, f"http://{host}/star.png"), 400)
    assert (internet.reached, internet.site.connections) == ([], 0)


@pytest.mark.parametrize(
    "target", ["http://127.0.0.1/", "http://[::1]/", "http://inside.example/", "file:///etc/passwd"]
)
def test_when_a_public_address_leads_inside_then_400_and_only_the_public_one_was_reached(
    image_client: TestClient, internet: Internet, target: str
) -> None:
    internet.site.answers["/away"] = leads_to(target)

    assert_refused(ask(image_client, "http://pictures.example/away"), 400)
    assert internet.reached == [PUBLIC]


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://pictures.example/a", "", "star.png", "http://a:b@pictures.example/", "http://"]
)
def test_when_it_is_no_plain_web_address_then_400(image_client: TestClient, internet: Internet, url: str) -> None:
    assert_refused(ask(image_client, url), 400)
    assert internet.reached == []


def test_when_the_body_is_no_address_at_all_then_422(image_client: TestClient, internet: Internet) -> None:
    for body in ({}, {"url": 5}, {"url": "http://a.example/" + "a" * 2100}, {"url": STAR_URL, "top_k": 11}):
        assert_refused(image_client.post(BY_URL, json=body), 422)
    assert_refused(ask(image_client, STAR_URL, "?top_k=0"), 422)


def test_when_what_comes_is_no_picture_or_too_large_then_the_status_says_which(
    image_client: TestClient, internet: Internet
) -> None:
    internet.site.answers |= {
        "/page": sends(b"<html>", Content_Type="text/html"),
        "/fake.png": sends(b"text"),
        "/huge.png": sends(b"", Content_Length=str(11 * 2**20)),
    }

    assert_refused(ask(image_client, "http://pictures.example/page"), 400)
    assert_refused(ask(image_client, "http://pictures.example/fake.png"), 400)
    assert_refused(ask(image_client, "http://pictures.example/huge.png"), 413)


def test_when_the_server_behind_the_address_fails_then_it_is_a_bad_gateway(
    image_client: TestClient, internet: Internet
) -> None:
    internet.site.answers["/gone.png"] = sends(b"", 404)
    internet.site.answers["/cut.png"] = sends(b"half", Content_Length="4000")

    assert_refused(ask(image_client, "http://pictures.example/gone.png"), 502)
    assert_refused(ask(image_client, "http://pictures.example/cut.png"), 502)


def test_when_the_server_behind_the_address_is_too_slow_then_it_is_a_gateway_timeout(
    image_client: TestClient, internet: Internet, monkeypatch: pytest.MonkeyPatch
) -> None:
    internet.site.answers["/slow.png"] = lambda _: internet.site.is_over.wait(PATIENCE_S) and None
    patient = fetching.fetch
    monkeypatch.setattr(fetching, "fetch", lambda url, **limits: patient(url, **{**limits, "timeout_s": 0.2}))

    answer = ask(image_client, "http://pictures.example/slow.png")
    assert_refused(answer, 504)
    assert answer.json()["error_code"] == "IMAGE_MATCH_FAILED"


class Held:
    """An answer that is held back until it is let go."""

    def __init__(self) -> None:
        self.was_asked, self.may_go = Event(), Event()

    def __call__(self, request: BaseHTTPRequestHandler) -> None:
        self.was_asked.set()
        assert self.may_go.wait(PATIENCE_S)
        sends(picture())(request)


def test_when_an_address_is_slow_then_health_uploads_and_a_full_queue_are_answered_before_it(
    image_home: object, internet: Internet
) -> None:
    client, held = make_client(), Held()
    internet.site.answers["/slow.png"] = held
    client.app.state.images.fetches = Lane("fetches", at_once=1, waiting=0)  # type: ignore[attr-defined]
    with serving(client) as server, httpx.Client(base_url=f"http://{server}", timeout=PATIENCE_S) as web:
        body = {"url": "http://pictures.example/slow.png"}
        slow = Background(lambda: httpx.post(f"http://{server}{BY_URL}", json=body, timeout=2 * PATIENCE_S))
        assert held.was_asked.wait(PATIENCE_S)
        health = web.get("/health")
        uploaded = web.post(UPLOAD, files={"file": ("star.png", picture())})
        refused = web.post(BY_URL, json={"url": STAR_URL})
        assert not slow.has_ended
        held.may_go.set()
        fetched = slow.result()

    assert (health.status_code, uploaded.status_code) == (200, 200)
    assert_refused(refused, 503)
    assert int(refused.headers["Retry-After"]) > 0
    assert fetched.json()["verdict"] == STAR


def test_when_a_verdict_takes_long_then_health_is_answered_before_it(
    image_home: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.images import matching

    began, may_go = Event(), Event()
    at_once = matching.look_at

    def slowly(*given: Any, **options: Any) -> Any:
        began.set()
        assert may_go.wait(PATIENCE_S)
        return at_once(*given, **options)

    monkeypatch.setattr(matching, "look_at", slowly)
    with serving(make_client()) as server:
        files = {"file": ("star.png", picture())}
        slow = Background(lambda: httpx.post(f"http://{server}{UPLOAD}", files=files, timeout=2 * PATIENCE_S))
        assert began.wait(PATIENCE_S)
        assert httpx.get(f"http://{server}/health", timeout=PATIENCE_S).status_code == 200
        assert not slow.has_ended
        may_go.set()
        assert slow.result().status_code == 200
