"""One's own account: e-mail address, and where it is signed in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.runtime.context import ContextProxy

from app.ui.devices import device_of
from app.ui.sign_in_cookies import SESSION, name_of
from core.accounts.accounts import Account, create_account, get_account
from core.accounts.sessions import BrowserSession, caller_of_cookie, list_sessions, open_browser_session
from core.accounts.token_pairs import open_client_session
from core.errors import NotSignedIn
from core.security.policy import LOCAL_ANALYST
from tests.ui.conftest import Opener, visible_text

PASSWORD = "네 개의 낱말 correct"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1"


@pytest.fixture
def person(home: Path, settings_from: Callable[..., object]) -> Account:
    settings_from(WORKBENCH_PASSWORD_MEMORY_MB="1", WORKBENCH_PASSWORD_PASSES="1", WORKBENCH_DISABLE_AUTH="0")
    return create_account("minji", PASSWORD, display_name="김민지", principal=LOCAL_ANALYST)


@pytest.fixture
def here(person: Account, monkeypatch: pytest.MonkeyPatch) -> BrowserSession:
    """The session of the page."""
    session = open_browser_session(person)
    sent = {name_of(SESSION, is_secure=False): session.cookie}
    monkeypatch.setattr(ContextProxy, "cookies", property(lambda _self: sent))
    return session


def test_when_an_account_is_signed_in_at_several_places_then_each_is_told_and_this_one_is_marked(
    open_page: Opener, person: Account, here: BrowserSession
) -> None:
    open_browser_session(person, address="203.0.113.9", user_agent=PHONE)
    open_client_session(person)

    text = visible_text(open_page("account", "en"))

    assert "Safari, iPhone" in text
    assert "from 203.0.113.9" in text.replace("\\", "")
    assert "API client" in text
    assert text.count("this browser") == 1


def test_when_one_sign_in_is_ended_then_the_others_stay(
    open_page: Opener, person: Account, here: BrowserSession
) -> None:
    elsewhere = open_browser_session(person, user_agent=PHONE)
    app = open_page("account", "en")

    app.button(key="session-end-1").click().run()

    assert not app.exception
    assert caller_of_cookie(here.cookie).session_id == here.id
    with pytest.raises(NotSignedIn):
        caller_of_cookie(elsewhere.cookie)


def test_when_every_other_sign_in_is_ended_then_this_one_stays(
    open_page: Opener, person: Account, here: BrowserSession
) -> None:
    open_browser_session(person)
    open_client_session(person)
    app = open_page("account", "ko")

    app.button(key="account-others").click().run()

    assert [one.id for one in list_sessions(person.id, principal=person.principal)] == [here.id]
    assert "account-others" not in {one.key for one in app.button}


@pytest.mark.parametrize(
    ("password", "email", "kept"),
    [(PASSWORD, "minji@example.org", "minji@example.org"), ("wrong", "minji@example.org", ""), (PASSWORD, "@", "")],
    ids=["right", "wrong password", "no address"],
)
def test_when_the_address_is_changed_then_it_takes_the_password_and_a_real_address(
    open_page: Opener, person: Account, here: BrowserSession, password: str, email: str, kept: str
) -> None:
    app = open_page("account", "en")
    app.text_input[0].set_value(email)
    app.text_input[1].set_value(password)

    next(one for one in app.button if one.label == "Save").click().run()

    assert get_account(person.id, principal=person.principal).email == kept
    assert bool(app.error) is not bool(kept)


@pytest.mark.parametrize(
    ("said", "device"),
    [
        (PHONE, "Safari, iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/142.0 Safari/537.36 Edg/142.0", "Edge, Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Linux"),
        ("curl/8.5.0", "curl"),
        ("something new", "something new"),
        (None, ""),
    ],
)
def test_when_a_program_says_what_it_is_then_it_is_named(said: str | None, device: str) -> None:
    assert device_of(said) == device
