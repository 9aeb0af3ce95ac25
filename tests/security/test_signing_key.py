"""The key of our tokens: one for all processes, never the secret itself, and made on demand only locally."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from core.security import signing_key as module
from core.security.signing_key import FILE, audit_keys, key_id, signing_key, verification_keys

SECRET = "a-long-and-real-secret-of-a-project"
OWN = "0123456789abcdef0123456789abcdef"


def as_in_a_new_process() -> bytes:
    module._of_this_home.cache_clear()
    module._derived.cache_clear()
    return signing_key()


def test_when_no_secret_is_set_then_one_is_made_once_and_only_its_owner_may_read_it(home: Path) -> None:
    first = as_in_a_new_process()

    assert as_in_a_new_process() == first
    assert (home / "data" / FILE).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (home / "data").glob(f".{FILE}*")] == []


def test_when_several_start_at_once_then_they_agree_on_one_key(home: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: module._of_this_home.__wrapped__(home / "data"), range(8)))

    assert len(keys) == 1


def test_when_homes_differ_then_their_keys_do(home: Path) -> None:
    elsewhere = home / "another"

    assert module._of_this_home(elsewhere) != signing_key()


def test_when_a_secret_is_set_then_the_key_comes_from_it_and_no_file_is_made(
    home: Path, settings_from: Callable[..., object]
) -> None:
    settings_from(SUPABASE_JWT_SECRET=SECRET)
    shared = as_in_a_new_process()
    settings_from(WORKBENCH_TOKEN_SECRET=OWN)
    own = as_in_a_new_process()

    assert len(shared) == len(own) == 32
    assert len({shared, own, SECRET.encode(), OWN.encode()}) == 4
    assert not (home / "data" / FILE).exists()


def test_when_a_local_machine_is_given_a_secret_then_its_audit_log_still_verifies_and_its_tokens_do_not(
    home: Path, settings_from: Callable[..., object]
) -> None:
    local_seal, local_key = audit_keys()[0], as_in_a_new_process()

    settings_from(WORKBENCH_TOKEN_SECRET=OWN)

    assert audit_keys()[0] != local_seal
    assert local_seal in audit_keys()
    assert local_key not in verification_keys().values()


def test_when_a_key_is_named_then_its_name_says_nothing_of_it_and_differs_from_others(
    home: Path, settings_from: Callable[..., object]
) -> None:
    settings_from(WORKBENCH_TOKEN_SECRET=OWN, WORKBENCH_PREVIOUS_TOKEN_SECRETS=f"{SECRET},{OWN}")

    assert len(verification_keys()) == 2
    for name, key in verification_keys().items():
        assert name == key_id(key)
        assert name not in key.hex()
