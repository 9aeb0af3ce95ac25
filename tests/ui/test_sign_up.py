"""Making an account, a forgotten password, and links whose tokens leave no trace."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit.runtime.context import ContextProxy
from streamlit.testing.v1 import AppTest

from app import streamlit_app
from app.ui.sign_in_cookies import LINK, NOTE, SESSION, Kind, name_of, note_of
from core.accounts.accounts import Account, create_account, find_account
from core.accounts.invitations import Invited, invite, open_invitation
from core.accounts.resets import make_reset
from core.accounts.sessions import caller_of_cookie, list_sessions, open_browser_session
from core.accounts.sign_in import sign_in
from core.errors import NotSignedIn
from core.security.policy import LOCAL_ANALYST, Role
from tests.ui.conftest import Opener, visible_text

PASSWORD, NEXT = "네 개의 낱말 correct", "another long password"
OURS = {"Origin": "http://testserver", "Referer": "http://testserver/?lang=ko"}
NEW = {"login_name": "haru", "display_name": "하루 <i>", "email": "haru@example.org", "new_secret": NEXT, "again": NEXT}


@pytest.fixture(autouse=True)
def cheap_hashing(settings_from: Callable[..., object]) -> None:
    settings_from(WORKBENCH_PASSWORD_MEMORY_MB="1", WORKBENCH_PASSWORD_PASSES="1", WORKBENCH_DISABLE_AUTH="0")


@pytest.fixture
def person(home: Path) -> Account:
    return create_account(
        "minji", PASSWORD, display_name="김민지", role=Role.ADMIN, email="minji@example.org", principal=LOCAL_ANALYST
    )


@pytest.fixture
def invited(person: Account) -> Invited:
    return invite(role=Role.RESEARCHER, principal=person.principal)


@pytest.fixture
def routes(home: Path) -> Iterator[TestClient]:
    """The addresses beside the pages with what stands before them, without Streamlit around."""
    app = Starlette(routes=streamlit_app.app._user_routes, middleware=streamlit_app.app._user_middleware)
    with TestClient(app, follow_redirects=False) as client:
        yield client


@pytest.fixture
def cookies(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What the browser sends with its visit to a page."""
    sent: dict[str, str] = {}
    monkeypatch.setattr(ContextProxy, "cookies", property(lambda _self: sent))
    return sent


def cookie(kind: Kind, *, is_secure: bool = False) -> str:
    return name_of(kind, is_secure=is_secure)


def forms(app: AppTest) -> str:
    return "\n".join(element.proto.body for element in app.get("html"))


def test_when_an_invitation_is_followed_then_its_token_leaves_the_address_before_anything_is_shown(
    routes: TestClient, invited: Invited
) -> None:
    answer = routes.get("/", params={"invitation": invited.token, "lang": "ko"})

    assert (answer.status_code, answer.headers["location"]) == (303, "/?lang=ko")
    assert (answer.headers["cache-control"], answer.headers["referrer-policy"]) == ("no-store", "no-referrer")
    assert "httponly" in answer.headers["set-cookie"].lower()
    assert answer.cookies[cookie(LINK)] == f"invitation.{invited.token}"


@pytest.mark.parametrize("token", ["a" * 300, "x;y", "<b>", "ä"])
def test_when_a_link_cannot_be_one_of_ours_then_nothing_of_it_is_kept(routes: TestClient, token: str) -> None:
    assert "set-cookie" not in routes.get("/", params={"reset": token}).headers


def test_when_a_followed_link_is_left_then_it_is_forgotten(routes: TestClient, invited: Invited) -> None:
    routes.get("/", params={"invitation": invited.token})

    answer = routes.get("/", params={"invitation": "", "lang": "en"})

    assert answer.headers["location"] == "/?lang=en"
    assert cookie(LINK) not in routes.cookies


def test_when_an_invited_person_signs_up_then_the_account_has_the_role_and_is_signed_in(
    routes: TestClient, invited: Invited, person: Account
) -> None:
    routes.get("/", params={"invitation": invited.token})

    answer = routes.post("/sign-up", data=NEW, headers=OURS | {"User-Agent": "Firefox on Windows"})

    made = find_account("haru", principal=person.principal)
    assert (made.role, made.display_name, made.email) == (Role.RESEARCHER, "하루 <i>", "haru@example.org")
    assert (answer.status_code, answer.headers["location"]) == (303, "/?lang=ko")
    assert caller_of_cookie(answer.cookies[cookie(SESSION)]).principal.id == made.id
    assert cookie(LINK) not in routes.cookies
    assert [one.user_agent for one in list_sessions(made.id, principal=made.principal)] == ["Firefox on Windows"]


def test_when_the_invitation_is_pasted_as_its_whole_link_then_it_counts(routes: TestClient, invited: Invited) -> None:
    answer = routes.post("/sign-up", data={**NEW, "invitation": f" {invited.link} "}, headers=OURS)

    assert cookie(SESSION) in answer.cookies


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"again": "something else"}, "sign_in.passwords_differ"),
        ({"new_secret": "short", "again": "short"}, "security.password_length"),
        ({"login_name": "MINJI"}, "security.name_taken"),
        ({"email": "no address"}, "security.bad_email"),
    ],
)
def test_when_an_account_cannot_be_made_then_what_was_typed_survives_without_the_password(
    routes: TestClient, invited: Invited, changed: dict[str, str], problem: str
) -> None:
    routes.get("/", params={"invitation": invited.token})

    answer = routes.post("/sign-up", data=NEW | changed, headers=OURS)

    note = note_of({cookie(NOTE): routes.cookies[cookie(NOTE)]})
    assert note is not None
    assert (answer.headers["location"], note.problem) == ("/?lang=ko", problem)
    assert note.typed == {name: (NEW | changed)[name] for name in ("login_name", "display_name", "email")}
    assert cookie(SESSION) not in routes.cookies
    assert open_invitation(invited.token).is_open()


def test_when_an_account_could_not_be_made_then_the_form_says_why_and_is_filled(
    open_page: Opener, routes: TestClient, invited: Invited, cookies: dict[str, str]
) -> None:
    routes.get("/", params={"invitation": invited.token})
    routes.post("/sign-up", data=NEW | {"login_name": "minji"}, headers=OURS)
    cookies.update(routes.cookies.items())

    app = open_page("overview", "en")

    assert "'minji' is taken" in app.error[0].value
    assert 'value="하루 &lt;i&gt;"' in forms(app)
    assert NEXT not in forms(app)
    assert "Researcher" in visible_text(app)
    assert invited.token not in forms(app)


def test_when_an_invitation_is_used_up_then_its_link_says_so(
    open_page: Opener, routes: TestClient, invited: Invited, cookies: dict[str, str]
) -> None:
    routes.post("/sign-up", data={**NEW, "invitation": invited.token}, headers=OURS)
    cookies[cookie(LINK)] = f"invitation.{invited.token}"

    app = open_page("overview", "en")

    assert app.error
    assert 'action="/sign-up"' not in forms(app)


@pytest.mark.parametrize(
    ("setting", "title"), [("off", ""), ("invitation", "I have an invitation"), ("open", "Make an account")]
)
def test_when_signing_up_is_allowed_then_the_form_offers_it(
    open_page: Opener, home: Path, settings_from: Callable[..., object], setting: str, title: str
) -> None:
    settings_from(WORKBENCH_SIGN_UP=setting)

    drawn = forms(open_page("overview", "en"))

    assert ('action="/sign-up"' in drawn) is bool(title)
    assert title in drawn
    assert ('name="invitation"' in drawn) is (setting == "invitation")


def test_when_a_forgotten_password_is_asked_for_then_known_and_unknown_names_are_answered_alike(
    routes: TestClient, person: Account
) -> None:
    answers = [
        routes.post("/forgot-password", data={"who": who, "language": "ko"}, headers=OURS)
        for who in ("minji", "minji@example.org", "nobody")
    ]

    assert len({(one.status_code, one.headers["location"], one.headers["set-cookie"]) for one in answers}) == 1


def test_when_a_link_to_a_new_password_is_followed_then_it_is_set_once_and_every_sign_in_ends(
    routes: TestClient, person: Account
) -> None:
    before = open_browser_session(person)
    made = make_reset(person.id, principal=LOCAL_ANALYST)
    routes.get("/", params={"reset": made.token})

    answer = routes.post("/reset-password", data={"new_secret": NEXT, "again": NEXT}, headers=OURS)
    note = note_of({cookie(NOTE): answer.cookies[cookie(NOTE)]})

    assert note is not None
    assert (note.form, note.problem) == ("reset", "")
    assert sign_in("minji", NEXT).id == person.id
    assert cookie(LINK) not in routes.cookies
    assert cookie(SESSION) not in answer.cookies  # whoever set it signs in with it
    with pytest.raises(NotSignedIn):
        caller_of_cookie(before.cookie)


def test_when_the_new_password_is_no_good_then_the_link_stays(routes: TestClient, person: Account) -> None:
    made = make_reset(person.id, principal=LOCAL_ANALYST)
    routes.get("/", params={"reset": made.token})

    routes.post("/reset-password", data={"new_secret": "short", "again": "short"}, headers=OURS)

    assert cookie(LINK) in routes.cookies
    routes.post("/reset-password", data={"new_secret": NEXT, "again": NEXT}, headers=OURS)
    assert sign_in("minji", NEXT).id == person.id


def test_when_a_link_to_a_new_password_was_followed_then_only_its_form_is_shown(
    open_page: Opener, person: Account, cookies: dict[str, str]
) -> None:
    cookies[cookie(LINK)] = "reset.whatever"

    app = open_page("runs", "ko")

    assert 'action="/reset-password"' in forms(app)
    assert 'action="/sign-in"' not in forms(app)
    assert "whatever" not in forms(app)
    assert "새 비밀번호 설정" in visible_text(app)


@pytest.mark.parametrize("path", ["/sign-up", "/forgot-password", "/reset-password"])
def test_when_a_form_of_the_ways_in_comes_from_elsewhere_then_403(routes: TestClient, path: str) -> None:
    assert routes.post(path, data=NEW, headers={"Origin": "https://evil.example"}).status_code == 403


@pytest.mark.parametrize("value", ["", "not base64", "bnVsbA==", "eyJmb3JtIjogMX0=", "W10="])
def test_when_a_note_is_not_of_our_making_then_nothing_is_said(home: Path, value: str) -> None:
    assert note_of({cookie(NOTE): value}) is None


def test_when_visitors_come_by_https_then_cookies_travel_encrypted_under_names_nobody_else_can_set(
    person: Account,
) -> None:
    app = Starlette(routes=streamlit_app.app._user_routes, middleware=streamlit_app.app._user_middleware)
    with TestClient(app, base_url="https://testserver", follow_redirects=False) as client:
        headers = {"Origin": "https://testserver", "Referer": "https://testserver/"}
        answer = client.post("/sign-in", data={"login": "minji", "secret": PASSWORD}, headers=headers)
        signed_out = client.post("/sign-out", headers=headers)

    name = cookie(SESSION, is_secure=True)
    assert name.startswith("__Host-")
    parts = {part.strip().lower() for part in answer.headers["set-cookie"].split(";")}
    assert {"secure", "path=/", "httponly"} <= parts
    assert name in answer.headers["set-cookie"]
    assert f'{name}=""' in signed_out.headers["set-cookie"]


def test_when_the_public_address_is_https_then_a_cookie_set_over_http_opens_nothing(
    open_page: Opener, person: Account, cookies: dict[str, str], settings_from: Callable[..., object]
) -> None:
    settings_from(WORKBENCH_PUBLIC_URL="https://workbench.example.org")
    session = open_browser_session(person)

    cookies[cookie(SESSION)] = session.cookie
    assert 'action="/sign-in"' in forms(open_page("account", "en"))
    cookies[cookie(SESSION, is_secure=True)] = session.cookie
    assert "/sign-out" in forms(open_page("account", "en"))
