"""The identity provider's keys: fetched from a real server, kept, and fetched again only when there is a reason."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
import pytest

from core.accounts.callers import caller_of, principal_of
from core.accounts.provider_keys import FRESH_S, LEAST_S, MOST_BYTES, ProviderKeys, fetch_keys, keys_at
from core.accounts.token_pairs import open_client_session
from core.errors import NotSignedIn, Unavailable
from core.resilience import breakers
from core.security.policy import Principal, Role
from core.security.provider_tokens import ProviderKey, read_keys
from tests.accounts.conftest import person_named
from tests.security.provider import document, genuine, key

FIRST, SECOND = key("RS256", "first"), key("ES256", "second")
SECRET = "a-long-and-real-secret-of-a-project"


@dataclass
class Provider:
    """What is published, with which status, and how often it was asked for."""

    url: str = ""
    content: bytes = field(default_factory=lambda: document(FIRST.published))
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    asked: int = 0


@pytest.fixture
def provider(settings_from: Callable[..., object]) -> Iterator[Provider]:
    told = Provider()

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told.asked += 1
            self.send_response(told.status)
            for name, value in told.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(told.content)

        def log_message(self, *values: object) -> None:
            """Say nothing on the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    told.url = f"http://127.0.0.1:{server.server_address[1]}/keys"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    settings_from(WORKBENCH_JWKS_URL=told.url, WORKBENCH_OUTSIDE_BACKOFF_S="0")
    breakers._breakers.clear()
    yield told
    server.shutdown()
    server.server_close()
    keys_at.cache_clear()
    breakers._breakers.clear()


@dataclass
class Clock:
    """Seconds that only go on when they are told to."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Publisher:
    """Stands where the fetching is, to count and to fail."""

    keys: dict[str, ProviderKey] = field(default_factory=dict)
    is_down: bool = False
    asked: int = 0

    def __call__(self) -> dict[str, ProviderKey]:
        self.asked += 1
        if self.is_down:
            raise Unavailable("resilience.unavailable", name="identity provider", reason="ConnectError")
        return self.keys


def published(*names: str) -> dict[str, ProviderKey]:
    return read_keys(document(*({**FIRST.published, "kid": name} for name in names)))


def test_when_the_provider_signed_a_token_then_its_person_is_the_caller(provider: Provider) -> None:
    assert principal_of(FIRST.token(genuine(email="a@b.example"))) == Principal("user-1", Role.ANALYST, "a@b.example")
    assert caller_of(FIRST.token()).session_id == ""
    assert provider.asked == 1


def test_when_three_issuers_are_used_then_each_speaks_for_its_own_people(
    provider: Provider, settings_from: Callable[..., object]
) -> None:
    settings_from(SUPABASE_JWT_SECRET=SECRET)
    person = person_named("minji")

    assert principal_of(open_client_session(person).access) == person.principal
    assert principal_of(jwt.encode(genuine(sub="theirs"), SECRET, "HS256")).id == "theirs"
    assert principal_of(FIRST.token(genuine(sub="provided"))).id == "provided"


@pytest.mark.parametrize(
    ("word", "role"),
    [
        ("anon", Role.GUEST),
        ("authenticated", Role.ANALYST),
        (None, Role.ANALYST),
        ("admin", Role.GUEST),
        ("super_admin", Role.GUEST),
        (["authenticated"], Role.GUEST),
    ],
)
def test_when_a_token_claims_a_role_then_only_known_words_count_and_none_makes_an_administrator(
    provider: Provider, settings_from: Callable[..., object], word: object, role: Role
) -> None:
    settings_from(SUPABASE_JWT_SECRET=SECRET)

    assert principal_of(FIRST.token(genuine(role=word))).role is role
    assert principal_of(jwt.encode(genuine(role=word), SECRET, "HS256")).role is role


def test_when_a_service_key_comes_then_it_is_nobody(provider: Provider, settings_from: Callable[..., object]) -> None:
    settings_from(SUPABASE_JWT_SECRET=SECRET)

    for token in (FIRST.token(genuine(role="service_role")), jwt.encode(genuine(role="service_role"), SECRET, "HS256")):
        with pytest.raises(NotSignedIn, match="program"):
            principal_of(token)


def test_when_an_algorithm_is_claimed_that_belongs_to_another_issuer_then_nobody_is_taken_in(
    provider: Provider, settings_from: Callable[..., object]
) -> None:
    settings_from(SUPABASE_JWT_SECRET=SECRET)
    secret = "an-unknown-secret-that-is-long-enough"

    for forged in (
        jwt.encode(genuine(), "", algorithm="none", headers={"kid": FIRST.id}),
        jwt.encode(genuine(), secret, "HS256", headers={"kid": FIRST.id}),
        jwt.encode(genuine(), SECRET, "HS512"),
        SECOND.token(kid=FIRST.id),
        SECOND.token(genuine(sid="session-1", aud=None)),
    ):
        with pytest.raises(NotSignedIn):
            principal_of(forged)


def test_when_a_key_is_replaced_then_tokens_of_both_count_while_both_are_published() -> None:
    clock, publisher = Clock(), Publisher(published("old"))
    keys = ProviderKeys(publisher, clock)
    assert keys.key_of("old").id == "old"

    publisher.keys = published("old", "new")
    clock.now += LEAST_S

    assert (keys.key_of("new").id, keys.key_of("old").id, publisher.asked) == ("new", "old", 2)


def test_when_unknown_keys_are_named_without_end_then_the_provider_is_asked_once_a_minute() -> None:
    clock, publisher = Clock(), Publisher(published("known"))
    keys = ProviderKeys(publisher, clock)

    for number in range(1000):
        with pytest.raises(NotSignedIn):
            keys.key_of(f"made up {number}")
    assert publisher.asked == 1
    clock.now += LEAST_S - 1
    with pytest.raises(NotSignedIn):
        keys.key_of(None)
    assert publisher.asked == 1
    clock.now += 1
    with pytest.raises(NotSignedIn):
        keys.key_of("../../etc/passwd")
    assert publisher.asked == 2


def test_when_the_provider_is_dead_then_known_keys_count_and_unknown_ones_cannot_be_told() -> None:
    clock, publisher = Clock(), Publisher(published("known"))
    keys = ProviderKeys(publisher, clock)
    keys.key_of("known")
    publisher.is_down = True
    clock.now += 100 * FRESH_S

    for _ in range(3):
        assert keys.key_of("known").id == "known"
    clock.now += LEAST_S
    with pytest.raises(Unavailable):
        keys.key_of("unknown")
    assert keys.key_of("known").id == "known"

    publisher.is_down = False
    clock.now += LEAST_S
    with pytest.raises(NotSignedIn):
        keys.key_of("unknown")


def test_when_the_provider_never_answered_then_it_is_asked_once_a_minute_and_nobody_gets_in() -> None:
    clock, publisher = Clock(), Publisher(is_down=True)
    keys = ProviderKeys(publisher, clock)

    for _ in range(50):
        with pytest.raises(Unavailable, match="identity provider"):
            keys.key_of("known")
    assert publisher.asked == 1


def test_when_a_key_is_withdrawn_then_within_the_hour_it_counts_no_more() -> None:
    clock, publisher = Clock(), Publisher(published("old", "new"))
    keys = ProviderKeys(publisher, clock)
    keys.key_of("old")
    publisher.keys = published("new")
    clock.now += FRESH_S

    keys.key_of("old")  # answered from memory; the keys are fetched beside it
    for thread in threading.enumerate():
        if thread.name == "provider-keys":
            thread.join()

    with pytest.raises(NotSignedIn):
        keys.key_of("old")
    assert publisher.asked == 2


def test_when_many_ask_at_the_same_moment_then_the_provider_is_asked_once(provider: Provider) -> None:
    tokens = [FIRST.token(genuine(sub=f"user-{number}")) for number in range(8)]

    with ThreadPoolExecutor(8) as pool:
        found = {principal.id for principal in pool.map(principal_of, tokens)}

    assert found == {f"user-{number}" for number in range(8)}
    assert provider.asked == 1


@pytest.mark.parametrize(
    ("status", "content", "headers"),
    [
        (500, b"", {}),
        (404, document(FIRST.published), {}),
        (302, b"", {"Location": "https://evil.example/keys"}),
        (200, b"<html>", {}),
        (200, b'{"keys": {}}', {}),
        (200, b" " * (MOST_BYTES + 1) + document(FIRST.published), {}),
    ],
    ids=["error", "missing", "elsewhere", "page", "no list", "endless"],
)
def test_when_the_address_does_not_answer_with_keys_then_it_counts_as_down(
    provider: Provider, status: int, content: bytes, headers: dict[str, str]
) -> None:
    provider.status, provider.content, provider.headers = status, content, headers

    with pytest.raises(Unavailable):
        fetch_keys(provider.url)


def test_when_nobody_listens_at_the_address_then_only_its_own_people_wait(
    provider: Provider, settings_from: Callable[..., object]
) -> None:
    settings_from(WORKBENCH_JWKS_URL="http://127.0.0.1:9/keys", SUPABASE_JWT_SECRET=SECRET)

    with pytest.raises(Unavailable):
        principal_of(FIRST.token())
    assert principal_of(jwt.encode(genuine(), SECRET, "HS256")).id == "user-1"
    person = person_named("minji")
    assert principal_of(open_client_session(person).access) == person.principal
