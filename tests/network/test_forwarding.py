"""Who asked and how: headers of proxies count as far as configured proxies wrote them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.security.forwarding import Forwarded, client_address, is_https, is_within, network_of

PROXIES = ["10.0.0.0/8", "fd00::/8"]


@pytest.mark.parametrize(
    ("peer", "header", "client"),
    [
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1:4711", "198.51.100.1"),
        ("10.0.0.1", "[2001:db8::7]:443", "2001:db8::7"),
        ("10.0.0.1", "2001:db8::7", "2001:db8::7"),
        ("fd00::1", "2001:db8::7", "2001:db8::7"),
        ("::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1, unknown", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.1, , 10.0.0.2", "10.0.0.2"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("", "198.51.100.1", ""),
    ],
)
def test_when_a_header_names_callers_then_the_nearest_untrusted_one_is_believed(
    peer: str, header: str, client: str
) -> None:
    assert client_address(peer, header, PROXIES) == client


def test_when_no_proxy_is_configured_then_no_header_is_believed() -> None:
    assert client_address("10.0.0.1", "198.51.100.1", []) == "10.0.0.1"
    assert not is_https("10.0.0.1", "http", "https", [])


@settings(max_examples=60)
@given(header=st.text(max_size=200))
def test_when_the_header_is_anything_then_an_untrusted_peer_stays_itself_and_nothing_breaks(header: str) -> None:
    assert client_address("203.0.113.9", header, PROXIES) == "203.0.113.9"
    assert client_address("10.0.0.1", header, PROXIES)


@pytest.mark.parametrize(
    ("peer", "scheme", "proto", "expected"),
    [
        ("10.0.0.1", "http", "https", True),
        ("10.0.0.1", "http", "http, https", True),
        ("10.0.0.1", "http", "https, http", False),
        ("203.0.113.9", "http", "https", False),
        ("203.0.113.9", "https", "", True),
        ("10.0.0.1", "http", "HTTPS", True),
    ],
)
def test_when_a_scheme_is_told_then_only_a_trusted_proxy_is_believed(
    peer: str, scheme: str, proto: str, expected: bool
) -> None:
    assert is_https(peer, scheme, proto, PROXIES) is expected


def test_when_a_request_passes_then_the_application_sees_who_asked_and_how() -> None:
    seen: dict[str, Any] = {}

    async def application(scope: Any, receive: Any, send: Any) -> None:
        seen.update(scope)

    scope = {
        "type": "websocket", "client": ("10.0.0.1", 5), "scheme": "ws",
        "headers": [
            (b"x-forwarded-for", b"1.1.1.1"), (b"x-forwarded-for", b"198.51.100.1"), (b"x-forwarded-proto", b"https"),
        ],
    }  # fmt: skip
    asyncio.run(Forwarded(application, trusted=lambda: PROXIES)(scope, None, None))

    assert seen["client"][0] == "198.51.100.1"
    assert seen["scheme"] == "wss"


def test_when_an_address_is_shared_by_a_household_then_it_counts_as_one() -> None:
    assert network_of("2001:db8:1:2:aaaa::1") == network_of("2001:db8:1:2:bbbb::2")
    assert network_of("2001:db8:1:3::1") != network_of("2001:db8:1:2::1")
    assert network_of("198.51.100.1") == "198.51.100.1"
    assert network_of("testclient") == "testclient"


def test_when_a_word_stands_for_callers_without_an_address_then_it_is_one_of_them() -> None:
    assert is_within("testclient", ["127.0.0.0/8", "testclient"])
    assert not is_within("testclients", ["testclient"])
