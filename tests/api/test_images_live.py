"""The socket of verdicts under a real server: one answer per picture, in the order in which they are done."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import pytest
from websockets.sync.client import ClientConnection, connect

from app.api.routes import images_live
from core.images import matching
from core.security.outbound import fetching
from tests.api.conftest import SECRET, make_client
from tests.api.image_cases import (
    HEART,
    ORIGINAL,
    PATIENCE_S,
    STAR,
    THINGS,
    UPLOAD,
    picture,
    serving,
    upload,
    wait_until,
)
from tests.security.internet import PUBLIC, Internet, sends, serving_site


@pytest.fixture(scope="module")
def server(image_home: Path) -> Iterator[str]:
    with serving(make_client()) as address:
        yield address


@contextmanager
def listening(server: str, query: str = "", **options: Any) -> Iterator[ClientConnection]:
    with connect(f"ws://{server}/ws/similarity{query}", close_timeout=1, **options) as socket:
        yield socket


def heard(socket: ClientConnection) -> dict[str, Any]:
    frame: dict[str, Any] = json.loads(socket.recv(timeout=PATIENCE_S))
    return frame


def encoded(content: bytes, **more: Any) -> str:
    return json.dumps({"content": base64.b64encode(content).decode(), **more})


def test_when_binary_frames_are_sent_then_each_is_answered_as_the_upload_would_be(
    server: str, image_home: Path
) -> None:
    uploaded = upload(make_client(), picture(STAR), "picture 1").json()
    with listening(server) as socket:
        socket.send(picture(STAR))
        first = heard(socket)
        socket.send(picture(HEART))
        second = heard(socket)

    assert (first["type"], first["id"], first["number"]) == ("match", None, 1)
    assert {name: first[name] for name in uploaded} == uploaded
    assert (second["number"], second["verdict"]) == (2, HEART)
    assert set(ORIGINAL) < set(second)


def test_when_pictures_come_as_json_then_id_and_name_come_back(server: str) -> None:
    with listening(server) as socket:
        socket.send(encoded(picture(STAR), id="a", name="별.png"))
        star = heard(socket)
        socket.send(
            json.dumps({"id": 7, "content": "data:image/png;base64," + base64.b64encode(picture(HEART)).decode()})
        )
        heart = heard(socket)

    assert (star["id"], star["picture"]["name"], star["verdict"]) == ("a", "별.png", STAR)
    assert (heart["id"], heart["verdict"]) == (7, HEART)


@pytest.mark.parametrize(
    ("message", "status"),
    [
        *((b"text", 400), ("no json", 422), ("[1]", 422), ("{}", 422), ('{"content": "*"}', 422)),
        *(('{"url": "http://127.0.0.1/a.png"}', 400), ('{"url": "file:///etc/passwd"}', 400), ('{"url": 5}', 422)),
    ],
)
def test_when_a_message_holds_no_usable_picture_then_it_is_told_and_the_next_is_answered(
    server: str, message: str | bytes, status: int
) -> None:
    with listening(server) as socket:
        socket.send(message)
        refused = heard(socket)
        socket.send(picture(STAR))
        answered = heard(socket)

    assert (refused["type"], refused["status"]) == ("error", status)
    assert refused["message"] == refused["detail"]
    assert (answered["type"], answered["number"]) == ("match", 2)


def test_when_domain_and_top_k_are_set_then_they_hold_for_the_pictures_that_follow(server: str) -> None:
    with listening(server, "?domain=things&top_k=1") as socket:
        socket.send(picture(THINGS[0]))
        by_query = heard(socket)
        socket.send(json.dumps({"domain": "shapes", "top_k": 2}))
        settings = heard(socket)
        socket.send(picture(STAR))
        by_message = heard(socket)

    assert (by_query["domain"], len(by_query["top_k"])) == ("things", 1)
    assert settings == {"type": "settings", "domain": "shapes", "top_k": 2}
    assert (by_message["domain"], len(by_message["top_k"])) == ("shapes", 2)


@pytest.mark.parametrize(("query", "status"), [("?top_k=11", 422), ("?domain=nobody", 404)])
def test_when_the_settings_cannot_be_met_then_pictures_are_refused_until_others_are_set(
    server: str, query: str, status: int
) -> None:
    with listening(server, query) as socket:
        socket.send(picture(STAR))
        refused = heard(socket)
        socket.send('{"top_k": 3}')
        heard(socket)
        socket.send(picture(STAR))
        answered = heard(socket)

    assert (refused["status"], answered["type"]) == (status, "match")


def test_when_an_address_is_slow_then_the_next_picture_is_answered_first(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_go = Event()
    with serving_site() as site:
        site.answers["/slow.png"] = lambda request: may_go.wait(PATIENCE_S) and sends(picture(HEART))(request)
        reach = Internet(site, {"pictures.example": [PUBLIC]}).reach
        monkeypatch.setattr(fetching, "fetch", partial(fetching.fetch, reach=reach))
        with listening(server) as socket:
            socket.send('{"id": "slow", "url": "http://pictures.example/slow.png"}')
            socket.send(picture(STAR))
            first = heard(socket)
            may_go.set()
            second = heard(socket)

    assert (first["number"], first["verdict"]) == (2, STAR)
    assert (second["id"], second["number"], second["verdict"]) == ("slow", 1, HEART)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[list[str], Event]]:
    """What is being looked at, and the gate behind which everything waits."""
    names: list[str] = []
    may_go = Event()
    at_once: Callable[..., Any] = matching.look_at

    def slowly(content: bytes, *, name: str, **options: Any) -> Any:
        names.append(name)
        assert may_go.wait(PATIENCE_S)
        return at_once(content, name=name, **options)

    monkeypatch.setattr(matching, "look_at", slowly)
    yield names, may_go
    may_go.set()


def test_when_more_pictures_come_than_are_looked_at_then_the_server_reads_no_further(
    server: str, gate: tuple[list[str], Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, may_go = gate
    heard_of: list[int] = []
    hear = images_live.Conversation.hear

    async def noted(conversation: Any, message: Any) -> Any:
        heard_of.append(len(heard_of) + 1)
        return await hear(conversation, message)

    monkeypatch.setattr(images_live.Conversation, "hear", noted)
    count = images_live.IN_FLIGHT + 3
    with listening(server) as socket:
        for _ in range(count):
            socket.send(picture(STAR))
        wait_until(lambda: len(heard_of) >= images_live.IN_FLIGHT)
        for _ in range(5):  # the server has turns enough to read another, if it would
            assert httpx.get(f"http://{server}/healthz").status_code == 200
        taken = len(heard_of)
        may_go.set()
        frames = [heard(socket) for _ in range(count)]

    assert taken == images_live.IN_FLIGHT
    assert sorted(frame["number"] for frame in frames) == list(range(1, count + 1))


def test_when_the_client_leaves_in_between_then_the_next_one_is_served(
    server: str, gate: tuple[list[str], Event]
) -> None:
    _, may_go = gate
    with listening(server) as socket:
        socket.send(picture(STAR))
    may_go.set()
    with listening(server) as socket:
        socket.send(picture(HEART))
        assert heard(socket)["verdict"] == HEART


def test_when_the_caller_may_not_ask_then_it_is_told_once_and_nothing_is_looked_at(
    image_home: Path, settings_from: Callable[..., object], gate: tuple[list[str], Event]
) -> None:
    settings_from(DISABLE_AUTH="0", SUPABASE_JWT_SECRET=SECRET)
    with serving(make_client()) as server, listening(server) as socket:
        assert heard(socket)["level"] == "error"
        socket.send(picture(STAR))
        with pytest.raises(TimeoutError):
            socket.recv(timeout=0.2)

    assert gate[0] == []


def test_when_the_page_is_of_another_origin_then_it_hears_nothing(server: str) -> None:
    with listening(server, additional_headers={"Origin": "https://evil.example"}) as socket:
        assert "evil.example" in heard(socket)["message"]


def test_when_the_socket_is_asked_for_over_http_then_it_is_no_route(server: str, image_home: Path) -> None:
    assert make_client().get("/ws/similarity").status_code == 404
    assert make_client().get(UPLOAD).status_code == 405
