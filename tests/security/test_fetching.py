"""A visitor's URL reaches the public internet and nothing else: real servers, real sockets, none of them outside.

PUBLIC stands for a server on the internet; the test connection leads it to a server of this machine.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from typing import Any

import httpcore
import pytest

from core.errors import BadInput, TooLarge, Unavailable
from core.security.outbound.fetching import Reach, fetch
from core.security.outbound.pinned_connection import look_up
from core.security.outbound.public_addresses import Address
from tests.security.internet import PUBLIC, SECOND, Answer, Internet, leads_to, sends, serving_site


@pytest.fixture
def internet() -> Iterator[Internet]:
    with serving_site() as site:
        yield Internet(site, {"pictures.example": [PUBLIC]})


def refusal(internet: Internet, url: str, **limits: Any) -> BadInput:
    with pytest.raises(BadInput) as refused:
        fetch(url, reach=internet.reach, **limits)
    return refused.value


def test_when_a_public_site_has_the_picture_then_it_comes_with_type_and_address(internet: Internet) -> None:
    internet.site.answers["/a.png?w=1"] = sends(Content_Type="image/PNG; charset=x")
    fetched = fetch("http://Pictures.example/a.png?w=1#part", reach=internet.reach)

    assert (fetched.content, fetched.content_type) == (b"picture", "image/png")
    assert fetched.final_url == "http://pictures.example/a.png?w=1"
    assert internet.reached == [PUBLIC]


def test_when_a_request_leaves_then_it_names_the_host_and_carries_nothing_of_ours(
    internet: Internet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    internet.site.answers["/a.png"] = sends(Set_Cookie="a=b")
    internet.site.answers["/r"] = sends(b"", 302, Location="/a.png", Set_Cookie="c=d")
    fetch("http://pictures.example/r", reach=internet.reach)

    assert [sent["host"] for sent in internet.site.headers] == ["pictures.example"] * 2
    assert {name for sent in internet.site.headers for name in sent} <= {
        *("host", "accept", "accept-encoding", "user-agent", "connection"),
    }


@pytest.mark.parametrize(
    "host",
    [
        *(
            "127.0.0.1",
            "10.0.0.1",
            "169.254.169.254",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[fe80::1%25eth0]",
        ),
        *("[64:ff9b::7f00:1]", "[2002:7f00:1::]", "2130706433", "0177.0.0.1", "0x7f.1", "127.1", "127.0.0.1.", "0"),
        *(
            "１２７.０.０.１",
            "127。0。0。1",
            "224.0.0.1",
            "255.255.255.255",
            "inside.example",
            "mixed.example",
            "nowhere.example",
        ),
    ],
)
def test_when_a_host_is_not_public_then_no_connection_is_made(internet: Internet, host: str) -> None:
    internet.names |= {"inside.example": ["10.0.0.7"], "mixed.example": [PUBLIC, "::1"]}

    assert refusal(internet, f"http://{host}/a.png").key == "security.outbound_not_public"
    assert (internet.reached, internet.site.connections) == ([], 0)


def test_when_this_machine_is_named_then_its_server_is_not_reached_over_the_real_network(internet: Internet) -> None:
    # The real resolver and the real connection; only the port is opened to the test.
    reach = Reach(ports=(internet.site.port,))
    for host in ("127.0.0.1", "localhost"):
        with pytest.raises(BadInput):
            fetch(f"http://{host}:{internet.site.port}/a.png", reach=reach)

    assert internet.site.connections == 0
    assert fetch(
        f"http://127.0.0.1:{internet.site.port}/a.png", reach=replace(reach, allows=lambda address: address.is_loopback)
    )


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1/a.png",
        "http://[::1]/a.png",
        "http://inside.example/a.png",
        "//169.254.169.254/a.png",
        "http://0x7f.1/",
    ],
)
def test_when_a_public_site_redirects_inside_then_only_the_site_is_reached(internet: Internet, location: str) -> None:
    internet.names["inside.example"] = ["192.168.0.1"]
    internet.site.answers["/r"] = leads_to(location)

    assert refusal(internet, "http://pictures.example/r").key == "security.outbound_not_public"
    assert (internet.reached, internet.site.asked) == ([PUBLIC], ["/r"])


def test_when_a_name_changes_its_address_after_the_check_then_the_checked_one_is_used(internet: Internet) -> None:
    answers = iter([[PUBLIC], ["127.0.0.1"]])
    reach = replace(internet.reach, look_up=lambda host, port, timeout_s: next(answers))
    fetch("http://pictures.example/a.png", reach=reach)

    assert internet.reached == [PUBLIC]


def test_when_a_name_turns_inward_between_redirects_then_the_second_request_is_not_made(internet: Internet) -> None:
    answers = iter([[PUBLIC], ["127.0.0.1"]])
    internet.site.answers["/r"] = leads_to("http://pictures.example/a.png")
    reach = replace(internet.reach, look_up=lambda host, port, timeout_s: next(answers))

    with pytest.raises(BadInput):
        fetch("http://pictures.example/r", reach=reach)
    assert (internet.reached, internet.site.asked) == ([PUBLIC], ["/r"])


def test_when_one_address_of_a_name_refuses_then_the_next_is_tried(internet: Internet) -> None:
    internet.names["pictures.example"] = [SECOND, PUBLIC]

    def connect(address: Address, port: int, timeout_s: float) -> Any:
        if str(address) == SECOND:
            raise httpcore.ConnectError
        return internet.connect(address, port, timeout_s)

    assert fetch("http://pictures.example/a.png", reach=replace(internet.reach, connect=connect)).content == b"picture"


def test_when_redirects_go_on_then_they_end_after_three(internet: Internet) -> None:
    internet.site.answers["/r"] = leads_to("/r")

    assert refusal(internet, "http://pictures.example/r").key == "security.outbound_too_many_redirects"
    assert len(internet.site.asked) == 4


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("file:///etc/passwd", "scheme"),
        ("gopher://pictures.example/", "scheme"),
        ("pictures.example/a.png", "scheme"),
        ("http://user:word@pictures.example/a.png", "bad_url"),
        ("http://pictures.example\\@127.0.0.1/a.png", "bad_url"),
        ("http://pictures.example/a b.png", "bad_url"),
        ("http://pictures.example/\r\nX: y", "bad_url"),
        ("http://[::1/a.png", "bad_url"),
        ("http:///a.png", "bad_url"),
        ("http://pictures.example:22/a.png", "port"),
        ("http://pictures.example/" + "a" * 2083, "url_too_long"),
    ],
)
def test_when_a_url_is_not_plain_web_then_nothing_is_even_looked_up(internet: Internet, url: str, key: str) -> None:
    assert refusal(internet, url).key == f"security.outbound_{key}"
    assert (internet.looked_up, internet.reached) == ([], [])


def test_when_a_redirect_leaves_the_web_then_it_is_refused(internet: Internet) -> None:
    internet.site.answers["/r"] = leads_to("file:///etc/passwd")

    assert refusal(internet, "http://pictures.example/r").key == "security.outbound_scheme"


@pytest.mark.parametrize(
    ("answer", "key"),
    [
        (sends(b"<html>", Content_Type="text/html"), "wrong_type"),
        (sends(Content_Encoding="gzip"), "wrong_type"),
        (sends(b"gone", 404), "status"),
        (sends(Content_Length="99"), "no_answer"),
        (lambda request: request.wfile.write(b"not http at all\r\n\r\n"), "no_answer"),
    ],
)
def test_when_the_answer_is_no_whole_picture_then_it_is_refused(internet: Internet, answer: Answer, key: str) -> None:
    internet.site.answers["/a.png"] = answer

    assert refusal(internet, "http://pictures.example/a.png").key == f"security.outbound_{key}"


def test_when_the_declared_length_is_over_the_limit_then_the_body_is_not_awaited(internet: Internet) -> None:
    internet.site.answers["/a.png"] = sends(b"", Content_Length="1001")

    assert isinstance(refusal(internet, "http://pictures.example/a.png", max_bytes=1000), TooLarge)


def test_when_a_body_without_length_never_ends_then_reading_stops_at_the_limit(internet: Internet) -> None:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Type", "image/png")
        request.end_headers()
        while not internet.site.is_over.is_set():
            request.wfile.write(b"x" * 65536)

    internet.site.answers["/a.png"] = answer

    assert isinstance(refusal(internet, "http://pictures.example/a.png", max_bytes=1000), TooLarge)


@pytest.mark.parametrize("start", [b"", b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n"])
def test_when_a_server_sends_a_byte_now_and_then_then_the_whole_time_is_the_limit(
    internet: Internet, start: bytes
) -> None:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(start)
        while not internet.site.is_over.wait(0.02):
            request.wfile.write(b"x")

    internet.site.answers["/a.png"] = answer

    assert refusal(internet, "http://pictures.example/a.png", timeout_s=0.3).key == "security.outbound_too_slow"


def test_when_the_resolver_does_not_answer_then_the_wait_has_an_end(
    internet: Internet, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wait(*_: object, **__: object) -> list[object]:
        internet.site.is_over.wait(30)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", wait)
    reach = replace(internet.reach, look_up=look_up)

    with pytest.raises(BadInput) as refused:
        fetch("http://pictures.example/a.png", timeout_s=0.1, reach=reach)
    assert refused.value.key == "security.outbound_too_slow"


def test_when_this_machine_has_no_connections_left_then_it_is_not_the_visitors_fault(internet: Internet) -> None:
    def exhausted(address: Address, port: int, timeout_s: float) -> Any:
        raise httpcore.ConnectError from OSError(errno.EMFILE, "too many")

    with pytest.raises(Unavailable):
        fetch("http://pictures.example/a.png", reach=replace(internet.reach, connect=exhausted))


def test_when_a_refusal_is_told_then_it_says_nothing_of_the_inner_network(internet: Internet) -> None:
    internet.names["inside.example"] = ["10.0.0.7"]

    told = {refusal(internet, f"http://{name}.example/").text().replace(name, "") for name in ("inside", "nowhere")}

    assert len(told) == 1
    assert "10.0" not in told.pop()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_when_a_site_redirects_with_any_status_for_it_then_it_is_followed(internet: Internet, status: int) -> None:
    internet.site.answers["/r"] = sends(b"", status, Location="/a.png")

    assert fetch("http://pictures.example/r", reach=internet.reach).final_url == "http://pictures.example/a.png"


@pytest.mark.parametrize(
    "answer",
    [sends(b"", 302), sends(b"", 300, Location="/a.png")],
    ids=["a redirect without an address", "an address without a redirect"],
)
def test_when_an_answer_is_no_whole_redirect_then_it_is_refused_by_its_status(
    internet: Internet, answer: Answer
) -> None:
    internet.site.answers["/r"] = answer

    assert refusal(internet, "http://pictures.example/r").key == "security.outbound_status"


def test_when_a_picture_is_exactly_as_long_as_the_limit_then_it_comes(internet: Internet) -> None:
    assert fetch("http://pictures.example/a.png", max_bytes=7, reach=internet.reach).content == b"picture"
    assert isinstance(refusal(internet, "http://pictures.example/a.png", max_bytes=6), TooLarge)
