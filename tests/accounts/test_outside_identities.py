"""Somebody an identity provider vouches for gets the right account, and nobody else's."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.accounts.accounts import Account, list_accounts
from core.accounts.changing import change_email, disable_account
from core.accounts.outside_identities import account_of_identity
from core.accounts.sign_up import sign_up
from core.errors import BadInput, Conflict, NotSignedIn
from core.security.policy import LOCAL_ANALYST, Role
from tests.accounts.conftest import PASSWORD, person_named

ISSUER = "https://login.example"


def signed_in(subject: str = "subject-1", email: str = "minji@host.example", **values: object) -> Account:
    return account_of_identity(ISSUER, subject, **{"email": email, "email_verified": True, "name": "민지", **values})  # type: ignore[arg-type]


@pytest.fixture
def open_to_all(settings_from: Callable[..., object]) -> None:
    settings_from(WORKBENCH_OIDC_SIGN_UP="1", WORKBENCH_SIGN_UP="open")


def test_when_an_administrator_entered_the_address_then_the_identity_is_joined_and_stays_joined() -> None:
    minji = person_named("minji", email="Minji@Host.example", role=Role.RESEARCHER)

    assert signed_in() == minji
    changed = change_email(minji.id, "other@host.example", principal=LOCAL_ANALYST)
    assert signed_in(email="whatever@host.example") == changed


def test_when_nobody_here_has_the_address_then_nobody_gets_in() -> None:
    with pytest.raises(NotSignedIn, match="Nobody here"):
        signed_in()
    assert list_accounts(principal=LOCAL_ANALYST) == ()


@pytest.mark.parametrize("verified", [False, None, "true", 1])
def test_when_the_provider_does_not_vouch_for_the_address_then_it_joins_nothing(verified: object) -> None:
    person_named("minji", email="minji@host.example")

    with pytest.raises(NotSignedIn):
        signed_in(email_verified=verified)


@pytest.mark.usefixtures("open_to_all")
def test_when_somebody_else_signed_up_under_the_address_first_then_the_identity_is_not_handed_to_them() -> None:
    sign_up("squatter", PASSWORD, email="minji@host.example")

    with pytest.raises(NotSignedIn, match="never proved"):
        signed_in()


@pytest.mark.usefixtures("open_to_all")
def test_when_everybody_may_come_then_an_account_is_made_once_as_a_user() -> None:
    made = signed_in()

    assert (made.role, made.login_name, made.display_name) == (Role.ANALYST, "minji@host.example", "민지")
    assert signed_in() == made
    assert signed_in(subject="subject-2") == made  # another identity of the same proven address
    assert len(list_accounts(principal=LOCAL_ANALYST)) == 1


@pytest.mark.usefixtures("open_to_all")
def test_when_the_provider_tells_no_address_then_the_account_has_a_free_name_and_none() -> None:
    person_named("민지")
    first = signed_in(email="", email_verified=False)
    second = signed_in(subject="subject-2", email="typed@host.example", email_verified=False)

    assert first.email == second.email == ""
    assert first.login_name.startswith("민지-")
    assert first.id != second.id


@pytest.mark.usefixtures("open_to_all")
def test_when_one_person_comes_in_several_windows_at_once_then_there_is_one_account() -> None:
    with ThreadPoolExecutor(4) as pool:
        accounts = list(pool.map(lambda _: signed_in(), range(4)))

    assert len({one.id for one in accounts}) == 1


@pytest.mark.usefixtures("open_to_all")
def test_when_the_address_is_somebodys_login_name_then_that_is_said() -> None:
    person_named("minji@host.example")

    with pytest.raises(Conflict):
        signed_in()


def test_when_the_account_is_disabled_then_its_identity_does_not_get_in_joined_or_not() -> None:
    minji = person_named("minji", email="minji@host.example")
    signed_in()
    disable_account(minji.id, principal=LOCAL_ANALYST)

    for subject in ("subject-1", "subject-2"):
        with pytest.raises(NotSignedIn):
            signed_in(subject=subject)


def test_when_two_providers_use_one_subject_then_they_are_two_people() -> None:
    person_named("minji", email="minji@host.example")
    signed_in()

    with pytest.raises(NotSignedIn):
        account_of_identity("https://elsewhere.example", "subject-1", email="", email_verified=True, name="")


@pytest.mark.parametrize(
    ("issuer", "subject"),
    [("", "a"), ("a", ""), ("a" * 401, "a"), ("a", "a" * 401), ("mailto:", "minji@host.example")],
)
def test_when_an_identity_is_none_then_it_is_refused(issuer: str, subject: str) -> None:
    person_named("minji", email="minji@host.example")

    with pytest.raises(BadInput):
        account_of_identity(issuer, subject, email="minji@host.example", email_verified=True, name="")
