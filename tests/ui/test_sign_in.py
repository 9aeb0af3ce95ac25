"""Who the pages take a visitor for, and the two addresses that set and clear the cookie."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit.runtime.context import ContextProxy
from streamlit.testing.v1 import AppTest

from app import streamlit_app
from app.ui.sign_in_cookies import SESSION, name_of
from core.accounts.accounts import Account, create_account, get_account
from core.accounts.sessions import caller_of_cookie, end_all_sessions, open_browser_session
from core.accounts.sign_in import sign_in
from core.errors import NotSignedIn
from core.security.policy import LOCAL_ANALYST, Role
from tests.ui.conftest import Opener, visible_text

PASSWORD = "네 개의 낱말 correct"
OURS = {"Origin": "http://testserver", "Referer": "http://testserver/runs?lang=ko&run=1&problem=x&wait=3"}
Cookies = dict[str, str]


@pytest.fixture(autouse=True)
def cheap_hashing(settings_from: Callable[..., object]) -> None:
    settings_from(WORKBENCH_PASSWORD_MEMORY_MB="1", WORKBENCH_PASSWORD_PASSES="1")


@pytest.fixture
def required(settings_from: Callable[..., object]) -> None:
    """Nobody is answered without a sign-in."""
    settings_from(WORKBENCH_DISABLE_AUTH="0")


@pytest.fixture
def person(home: Path) -> Account:
    return create_account("minji", PASSWORD, display_name="김민지 <b>", principal=LOCAL_ANALYST)


@pytest.fixture
def cookies(monkeypatch: pytest.MonkeyPatch) -> Cookies:
    """What the browser sends with its visit."""
    sent: Cookies = {}
    monkeypatch.setattr(ContextProxy, "cookies", property(lambda _self: sent))
    return sent


@pytest.fixture
def routes() -> Iterator[TestClient]:
    """The addresses beside the pages, without Streamlit around them."""
    with TestClient(Starlette(routes=streamlit_app.app._user_routes), follow_redirects=False) as client:
        yield client


def cookie_name(*, is_secure: bool = False) -> str:
    return name_of(SESSION, is_secure=is_secure)


def forms(app: AppTest) -> str:
    """The plain HTML on the page."""
    return "\n".join(element.proto.body for element in app.get("html"))


def told(answer: object) -> dict[str, list[str]]:
    """The parameters of where the browser is sent."""
    return parse_qs(urlsplit(answer.headers["location"]).query)  # type: ignore[attr-defined]


def post(routes: TestClient, secret: str = PASSWORD, **fields: str) -> object:
    return routes.post("/sign-in", data={"login": "minji", "secret": secret, **fields}, headers=OURS)


def test_when_nobody_is_signed_in_then_local_open_mode_shows_the_pages_and_the_way_in(open_page: Opener) -> None:
    app = open_page("overview")

    assert app.title[0].value == "Overview"
    assert "/sign-out" not in forms(app)
    assert "without a sign-in" in visible_text(app)


def test_when_sign_in_is_required_then_the_form_stands_in_place_of_the_page(open_page: Opener, required: None) -> None:
    app = open_page("runs", "ko")

    assert 'action="/sign-in"' in forms(app)
    assert "로그인이 필요합니다" in visible_text(app)
    assert not app.title


@pytest.mark.parametrize("auth", ["0", "1"], ids=["required", "open"])
def test_when_the_cookie_is_good_then_the_pages_are_its_owners(
    open_page: Opener, person: Account, cookies: Cookies, settings_from: Callable[..., object], auth: str
) -> None:
    settings_from(WORKBENCH_DISABLE_AUTH="1" if auth == "1" else "0")
    cookies[cookie_name()] = open_browser_session(person).cookie

    app = open_page("account")

    assert not app.exception
    assert "김민지 &lt;b&gt;" in forms(app)
    assert "/sign-out" in forms(app)
    assert "Analyst" in [one.value for one in app.text]


@pytest.mark.parametrize("auth", ["0", "1"], ids=["required", "open"])
def test_when_the_sign_in_has_ended_then_nothing_goes_on_under_another_name(
    open_page: Opener, person: Account, cookies: Cookies, settings_from: Callable[..., object], auth: str
) -> None:
    settings_from(WORKBENCH_DISABLE_AUTH=auth)
    cookies[cookie_name()] = open_browser_session(person).cookie
    end_all_sessions(person.id, principal=person.principal)

    app = open_page("overview")

    assert "has ended" in visible_text(app)
    assert not app.title
    assert ("Go on without" in forms(app)) is (auth == "1")


def test_when_the_role_may_open_no_page_then_it_says_so(
    open_page: Opener, home: Path, cookies: Cookies, required: None
) -> None:
    guest = create_account("guest", PASSWORD, display_name="손님", role=Role.GUEST, principal=LOCAL_ANALYST)
    cookies[cookie_name()] = open_browser_session(guest).cookie

    assert "No page is open to you" in visible_text(open_page("overview"))


def test_when_a_page_is_drawn_then_the_database_is_asked_once_who_looks(
    open_page: Opener, person: Account, cookies: Cookies, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.accounts import sessions

    asked: list[str] = []
    ask = sessions._found
    monkeypatch.setattr(sessions, "_found", lambda *values: asked.append("asked") or ask(*values))
    cookies[cookie_name()] = open_browser_session(person).cookie

    open_page("overview")

    assert len(asked) == 1


@pytest.mark.parametrize(
    ("key", "wait", "words"),
    [
        ("security.sign_in_failed", "", "is not right"),
        ("security.too_many_sign_ins", "37", "in 37 s"),
        ("security.too_many_sign_ins", "<b>", "in 0 s"),
    ],
)
def test_when_a_sign_in_failed_then_the_form_says_why(
    open_page: Opener, required: None, key: str, wait: str, words: str
) -> None:
    app = open_page("overview", problem=key, wait=wait)

    assert words in app.error[0].value


def test_when_the_address_makes_up_a_problem_then_nothing_is_said(open_page: Opener, required: None) -> None:
    assert not open_page("overview", problem="api.unexpected").error


def test_when_the_password_is_right_then_a_cookie_no_script_can_read_is_set(
    routes: TestClient, person: Account
) -> None:
    answer = post(routes)

    place = urlsplit(answer.headers["location"])
    assert (answer.status_code, place.netloc, place.path) == (303, "", "/runs")
    assert told(answer) == {"lang": ["ko"], "run": ["1"]}
    parts = {part.strip().lower() for part in answer.headers["set-cookie"].split(";")}
    assert {"httponly", "samesite=lax", "path=/"} <= parts
    assert "secure" not in parts  # http on the own machine
    assert caller_of_cookie(answer.cookies[cookie_name()]).principal == person.principal


def test_when_the_machine_is_not_local_then_the_cookie_travels_encrypted_only(
    routes: TestClient, person: Account, settings_from: Callable[..., object]
) -> None:
    settings_from(
        APP_ENV="dev", WORKBENCH_TOKEN_SECRET="0123456789abcdef0123456789abcdef", WORKBENCH_PASSWORD_MEMORY_MB="19"
    )

    assert "secure" in post(routes).headers["set-cookie"].lower()


def test_when_the_password_is_wrong_then_the_browser_goes_back_with_the_problem(
    routes: TestClient, person: Account
) -> None:
    answers = [post(routes, "wrong") for _ in range(6)]

    assert all("set-cookie" not in one.headers for one in answers)
    assert told(answers[0])["problem"] == ["security.sign_in_failed"]
    assert told(answers[5])["problem"] == ["security.too_many_sign_ins"]
    assert int(told(answers[5])["wait"][0]) > 0


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {},
        {"Origin": "http://testserver", "Sec-Fetch-Site": "same-site"},
    ],
    ids=["other", "null", "none", "other port"],
)
@pytest.mark.parametrize("path", ["/sign-in", "/sign-out"])
def test_when_a_form_comes_from_elsewhere_then_403(
    routes: TestClient, person: Account, path: str, headers: dict[str, str]
) -> None:
    answer = routes.post(path, data={"login": "minji", "secret": PASSWORD}, headers=headers)

    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_when_the_form_came_from_a_strange_path_then_nobody_is_sent_to_another_host(
    routes: TestClient, person: Account
) -> None:
    headers = {**OURS, "Referer": "http://testserver//evil.example/x"}
    answer = routes.post("/sign-in", data={"login": "minji", "secret": PASSWORD}, headers=headers)

    assert urlsplit(answer.headers["location"]).netloc == ""


def test_when_the_form_is_too_long_then_it_is_not_read(routes: TestClient, home: Path) -> None:
    assert routes.post("/sign-in", data={"secret": "x" * 20_000}, headers=OURS).status_code == 413


def test_when_somebody_signs_out_then_the_session_ends_and_the_cookie_goes(routes: TestClient, person: Account) -> None:
    cookie = post(routes).cookies[cookie_name()]

    answer = routes.post("/sign-out", headers=OURS)

    assert answer.headers["location"] == "/?lang=ko"
    assert "max-age=0" in answer.headers["set-cookie"].lower()
    with pytest.raises(NotSignedIn):
        caller_of_cookie(cookie)


def test_when_somebody_signs_in_over_another_sign_in_then_that_one_ends(routes: TestClient, person: Account) -> None:
    first = post(routes).cookies[cookie_name()]
    post(routes)

    with pytest.raises(NotSignedIn):
        caller_of_cookie(first)


def test_when_the_password_is_changed_then_this_sign_in_stays_and_others_end(
    open_page: Opener, person: Account, cookies: Cookies
) -> None:
    here, elsewhere = open_browser_session(person), open_browser_session(person)
    cookies[cookie_name()] = here.cookie
    app = open_page("account")
    for box, typed in zip(app.text_input[-3:], (PASSWORD, "another long one", "another long one"), strict=True):
        box.set_value(typed)
    next(one for one in app.button if "Change" in one.label).click().run()

    assert not app.exception
    assert sign_in("minji", "another long one").id == person.id
    assert caller_of_cookie(here.cookie).principal.id == person.id
    with pytest.raises(NotSignedIn):
        caller_of_cookie(elsewhere.cookie)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ((PASSWORD, "another long one", "another longer one"), "differ"),
        (("wrong", "another long one", "another long one"), "current password"),
        ((PASSWORD, "short", "short"), "8 to"),
    ],
    ids=["repeat", "current", "short"],
)
def test_when_a_new_password_cannot_be_taken_then_nothing_changes(
    open_page: Opener, person: Account, cookies: Cookies, typed: tuple[str, ...], words: str
) -> None:
    cookies[cookie_name()] = open_browser_session(person).cookie
    app = open_page("account")
    for box, text in zip(app.text_input[-3:], typed, strict=True):
        box.set_value(text)
    next(one for one in app.button if "Change" in one.label).click().run()

    assert words in app.error[0].value
    assert get_account(person.id, principal=person.principal).password_changed_at == person.password_changed_at


def test_when_somebody_signs_out_everywhere_then_this_page_closes_too(
    open_page: Opener, person: Account, cookies: Cookies
) -> None:
    cookies[cookie_name()] = open_browser_session(person).cookie
    app = open_page("account")
    app.button(key="account-everywhere").click().run()

    assert "has ended" in visible_text(app)
