"""Access tokens that a browser's `atob` can read, and nothing else passes for one."""

from __future__ import annotations

import hmac
import json
import random
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import NotSignedIn
from core.security.access_tokens import AccessClaims, claims_to_be_ours, read_access_token, sign_access_token
from core.security.signing_key import key_id, signing_key, verification_keys

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
CLAIMS = AccessClaims("user-1", "personal", "minji", "session-1", NOON + timedelta(hours=24))
SURNAMES, GIVEN = "김이박최정강조윤장임한오서신권황안송류홍", "민서지우하은도윤시아준예린수현태영석"
SYMBOLS = "<>?~!@#$%^&*()_+-=[]{}|;:'\",./\\ \x7fÿþ〜？🙂"


def payload(token: str) -> str:
    return token.split(".")[1]


def as_browser_reads(token: str) -> Any:
    """JSON.parse(atob(part two)): plain base64 with optional padding, one byte a character."""
    part = payload(token)
    return json.loads(b64decode(part + "=" * (-len(part) % 4), validate=True).decode("latin-1"))


def signed(claims: dict[str, Any], key: bytes | None = None, algorithm: str = "HS256") -> str:
    return jwt.encode(claims, signing_key() if key is None else key, algorithm=algorithm)


def good() -> dict[str, Any]:
    return dict(jwt.decode(sign_access_token(CLAIMS, issued_at=NOON), options={"verify_signature": False}))


def test_when_a_token_is_signed_then_it_reads_back_the_same(home: Path) -> None:
    assert read_access_token(sign_access_token(CLAIMS, issued_at=NOON), now=NOON) == CLAIMS


def test_when_a_browser_reads_a_token_then_it_finds_the_claims_of_the_contract(home: Path) -> None:
    assert as_browser_reads(sign_access_token(CLAIMS, issued_at=NOON)) == {
        "user_id": "user-1",
        "user_type": "personal",
        "ac_id": "minji",
        "iat": int(NOON.timestamp()),
        "exp": int(NOON.timestamp()) + 86_400,
        "sid": "session-1",
        "type": "access",
    }


def test_when_a_thousand_people_with_korean_names_and_symbols_sign_in_then_every_payload_is_plain_base64(
    home: Path,
) -> None:
    chance = random.Random(7)
    for number in range(1000):
        name = chance.choice(SURNAMES) + "".join(chance.choices(GIVEN, k=2)) + "".join(chance.choices(SYMBOLS, k=9))
        claims = AccessClaims(f"user-{number}", "organization_member", name, f"s-{number}", CLAIMS.expires_at)

        token = sign_access_token(claims, issued_at=NOON)

        assert not set("-_") & set(payload(token)), name
        assert as_browser_reads(token)["ac_id"] == name


@settings(max_examples=300, deadline=None)
@given(texts=st.tuples(*[st.text(alphabet=st.characters(), max_size=20)] * 4), issued=st.integers(0, 4_000_000_000))
def test_when_claims_are_any_text_then_the_payload_is_plain_base64_and_reads_back(
    texts: tuple[str, str, str, str], issued: int
) -> None:
    issued_at = datetime.fromtimestamp(issued, UTC)
    claims = AccessClaims(*texts, issued_at + timedelta(hours=1))

    token = sign_access_token(claims, issued_at=issued_at)

    assert not set("-_") & set(payload(token))
    assert as_browser_reads(token)["user_id"] == texts[0]
    assert read_access_token(token, now=issued_at) == claims


def test_when_a_token_is_at_its_end_then_it_is_refused_to_the_second(home: Path) -> None:
    token = sign_access_token(CLAIMS, issued_at=NOON)

    read_access_token(token, now=CLAIMS.expires_at - timedelta(seconds=1))
    with pytest.raises(NotSignedIn, match="expired"):
        read_access_token(token, now=CLAIMS.expires_at)


def test_when_a_host_whose_clock_is_ahead_issued_it_then_a_token_is_accepted(home: Path) -> None:
    token = sign_access_token(CLAIMS, issued_at=NOON + timedelta(seconds=30))

    assert read_access_token(token, now=NOON) == CLAIMS


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_when_one_character_of_a_token_is_changed_then_it_is_refused(data: st.DataObject) -> None:
    token = sign_access_token(CLAIMS, issued_at=NOON)
    place = data.draw(st.integers(0, len(token) - 2))  # the last one carries unused bits
    letter = data.draw(st.sampled_from("ABCabc019._-").filter(lambda other: other != token[place]))

    with pytest.raises(NotSignedIn):
        read_access_token(token[:place] + letter + token[place + 1 :], now=NOON)


@pytest.mark.parametrize(
    "change",
    [{"type": "refresh"}, {"type": None}, {"exp": "soon"}, {"exp": None}, {"exp": 10**30}, {"exp": [1]}],
    ids=str,
)
def test_when_a_claim_is_not_what_it_should_be_then_a_genuine_signature_does_not_help(
    home: Path, change: dict[str, Any]
) -> None:
    with pytest.raises(NotSignedIn):
        read_access_token(signed({**good(), **change}), now=NOON)


@pytest.mark.parametrize("claim", sorted({"user_id", "user_type", "ac_id", "iat", "exp", "sid", "type"}))
def test_when_a_claim_is_missing_then_the_token_is_refused(home: Path, claim: str) -> None:
    claims = good()
    del claims[claim]

    with pytest.raises(NotSignedIn):
        read_access_token(signed(claims), now=NOON)


def test_when_the_key_or_the_algorithm_is_another_then_the_token_is_refused(home: Path) -> None:
    for token in (
        signed(good(), key=b"another key that is long enough for it"),
        signed(good(), key=2 * signing_key(), algorithm="HS512"),
        jwt.encode(good(), "", algorithm="none"),
        "",
        "not.a.token",
        "\ud800",
    ):
        with pytest.raises(NotSignedIn):
            read_access_token(token, now=NOON)


def test_when_a_token_names_a_session_then_it_is_taken_for_one_of_ours(home: Path) -> None:
    assert claims_to_be_ours(sign_access_token(CLAIMS, issued_at=NOON))
    assert not claims_to_be_ours(signed({"aud": "authenticated", "sub": "user-1"}))
    assert not claims_to_be_ours("not.a.token")


@pytest.mark.parametrize(
    "kid",
    [
        "",
        "../../etc/passwd",
        "/dev/null",
        "' OR 1=1 --",
        "http://evil.example/key",
        "a" * 5000,
        "\x00",
        "한",
        7,
        ["a"],
        {},
    ],
    ids=str,
)
def test_when_a_token_names_a_key_we_do_not_have_then_a_genuine_signature_does_not_help(
    home: Path, kid: object
) -> None:
    with pytest.raises(NotSignedIn):
        read_access_token(signed_with_header({"kid": kid, "alg": "HS256"}), now=NOON)


def test_when_a_token_names_no_key_then_todays_verifies_it(home: Path) -> None:
    assert read_access_token(signed(good()), now=NOON) == CLAIMS


def test_when_a_token_is_oversized_then_it_is_refused_before_it_is_read(home: Path) -> None:
    with pytest.raises(NotSignedIn):
        read_access_token(signed({**good(), "padding": "a" * 10_000}), now=NOON)


def test_when_a_payload_is_nested_without_end_then_it_is_refused(home: Path) -> None:
    payload = ("[" * 5000).encode()
    token = jwt.PyJWS().encode(payload, signing_key(), algorithm="HS256")

    with pytest.raises(NotSignedIn):
        read_access_token(token, now=NOON)
    assert not claims_to_be_ours(token)


def test_when_the_secret_is_replaced_then_older_tokens_count_until_it_is_forgotten(
    home: Path, settings_from: Callable[..., object]
) -> None:
    first, second = "an earlier secret of the workbench 1", "the secret of the workbench today 2"
    settings_from(WORKBENCH_TOKEN_SECRET=first)
    old = sign_access_token(CLAIMS, issued_at=NOON)
    assert jwt.get_unverified_header(old)["kid"] == key_id(signing_key())

    settings_from(WORKBENCH_TOKEN_SECRET=second, WORKBENCH_PREVIOUS_TOKEN_SECRETS=f"something else, {first}")
    assert read_access_token(old, now=NOON) == CLAIMS
    assert jwt.get_unverified_header(sign_access_token(CLAIMS, issued_at=NOON))["kid"] == key_id(signing_key())
    assert len(verification_keys()) == 3
    assert next(iter(verification_keys().values())) == signing_key()
    with pytest.raises(NotSignedIn, match="expired"):
        read_access_token(old, now=CLAIMS.expires_at)

    settings_from(WORKBENCH_PREVIOUS_TOKEN_SECRETS="")
    with pytest.raises(NotSignedIn):
        read_access_token(old, now=NOON)


def test_when_a_token_is_signed_by_an_earlier_key_under_todays_name_then_it_is_refused(
    home: Path, settings_from: Callable[..., object]
) -> None:
    settings_from(WORKBENCH_TOKEN_SECRET="an earlier secret of the workbench 1")
    old = signing_key()
    settings_from(
        WORKBENCH_TOKEN_SECRET="the secret of the workbench today 2",
        WORKBENCH_PREVIOUS_TOKEN_SECRETS="an earlier secret of the workbench 1",
    )

    with pytest.raises(NotSignedIn):
        read_access_token(jwt.encode(good(), old, headers={"kid": key_id(signing_key())}), now=NOON)


def signed_with_header(header: dict[str, object]) -> str:
    """Put together by hand: the library would not write such a header."""
    parts = [urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=") for one in (header, good())]
    mark = hmac.digest(signing_key(), b".".join(parts), "sha256")
    return b".".join([*parts, urlsafe_b64encode(mark).rstrip(b"=")]).decode()
