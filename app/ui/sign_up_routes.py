"""The addresses beside the pages for those who cannot sign in yet: making an account, and a new password.

The token of a link comes from the cookie that `sign_in_links` put it into, never from an address. What became of a
form is told by a short-lived cookie, so that neither names nor e-mail addresses stand in the browser's history.
"""

from __future__ import annotations

from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from app.ui import sign_in_cookies
from app.ui import sign_in_requests as requests
from app.ui.sign_in_cookies import LINK, NOTE, NOTE_S, Note
from app.ui.sign_in_links import token_in
from core.accounts import resets
from core.accounts.sessions import BrowserSession, open_browser_session
from core.accounts.sign_up import sign_up as make_account
from core.errors import BadInput, WorkbenchError

Form = dict[str, str]
SIGN_UP, FORGOT, RESET = "sign_up", "forgot", "reset"
TYPED = ("login_name", "display_name", "email", "invitation")


async def sign_up(request: Request) -> Response:
    """A new account and a session for it, or back with the problem."""
    link = sign_in_cookies.link_of(request.cookies)
    followed = link.token if link is not None and link.name == "invitation" else ""

    def make(form: Form) -> BrowserSession:
        _require_same(form)
        account = make_account(
            form.get("login_name", ""),
            form.get("new_secret", ""),
            display_name=form.get("display_name", "").strip() or form.get("login_name", ""),
            email=form.get("email", "").strip(),
            invitation=followed or token_in(form.get("invitation", "")),
            address=requests.address(request),
        )
        return open_browser_session(account, address=requests.address(request), user_agent=requests.user_agent(request))

    return await _answer(request, SIGN_UP, make)


async def forgot_password(request: Request) -> Response:
    """Ask for a link to a new password; the answer is the same whether somebody has that name or not."""

    def ask(form: Form) -> None:
        resets.ask_reset(
            form.get("who", "").strip(), language=requests.language_of(form), address=requests.address(request)
        )

    return await _answer(request, FORGOT, ask)


async def reset_password(request: Request) -> Response:
    """Take the new password; whoever set it signs in with it next."""
    link = sign_in_cookies.link_of(request.cookies)

    def change(form: Form) -> None:
        _require_same(form)
        token = link.token if link is not None and link.name == "reset" else ""
        resets.reset_password(token, form.get("new_secret", ""), address=requests.address(request))

    return await _answer(request, RESET, change)


async def _answer(request: Request, name: str, act: Callable[[Form], BrowserSession | None]) -> Response:
    if not requests.is_from_our_pages(request):
        return requests.refused()
    form = await requests.form_of(request)
    if form is None:
        return requests.too_long()
    is_secure = requests.is_secure(request)
    try:
        session = await run_in_threadpool(act, form)
    except WorkbenchError as error:
        typed = {field: form[field] for field in TYPED if form.get(field)}
        return _told(requests.back(request), Note(name, error.key, error.details, typed), is_secure=is_secure)
    if session is None:
        answer = _told(requests.back(request, path="/"), Note(name), is_secure=is_secure)
        if name == RESET:
            sign_in_cookies.take_back(answer, request.cookies, LINK)
        return answer
    await run_in_threadpool(requests.end_session_of, request)
    answer = requests.back(request, path="/")
    requests.put_session(answer, session, is_secure=is_secure)
    sign_in_cookies.take_back(answer, request.cookies, LINK, NOTE)
    return answer


def _told(answer: Response, note: Note, *, is_secure: bool) -> Response:
    sign_in_cookies.put(answer, NOTE, sign_in_cookies.packed(note), seconds=NOTE_S, is_secure=is_secure)
    return answer


def _require_same(form: Form) -> None:
    if form.get("new_secret", "") != form.get("again", ""):
        raise BadInput("sign_in.passwords_differ")
