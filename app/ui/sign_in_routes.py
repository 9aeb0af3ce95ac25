"""The two addresses beside the pages that set and clear the cookie of a sign-in: a page itself cannot.

Plain forms are posted there (see `sign_in`), so signing in needs no script and password managers understand it.
Whatever happened is told by sending the browser back to the page it came from.
"""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from app.ui.state import LANGUAGE_PARAMETER, SIGN_IN_PROBLEM, SIGN_IN_WAIT
from app.ui.visitor import cookie_name
from core.accounts.sessions import BrowserSession, caller_of_cookie, end_session, open_browser_session
from core.accounts.sign_in import sign_in as check_password
from core.accounts.throttling import address_of
from core.errors import NotSignedIn, WorkbenchError
from core.messages import LANGUAGES
from core.messages import say as say_sentence
from core.settings.current import get_settings
from core.storage.database import utc_now

LONGEST_FORM = 16_384  # bytes


async def sign_in(request: Request) -> Response:
    """Name, password and session code of a form: a new session in the cookie, or back with the problem."""
    if not _is_from_our_pages(request):
        return _refused()
    form = await _form(request)
    if form is None:
        return PlainTextResponse("", 413)
    try:
        session = await run_in_threadpool(_open, form, _address(request))
    except WorkbenchError as error:
        wait = {SIGN_IN_WAIT: str(error.details["retry_after"])} if "retry_after" in error.details else {}
        return _back(request, {SIGN_IN_PROBLEM: error.key, **wait})
    await run_in_threadpool(_end, request.cookies.get(cookie_name()))
    answer = _back(request, {})
    answer.set_cookie(
        cookie_name(),
        session.cookie,
        max_age=int((session.expires_at - utc_now()).total_seconds()),
        path="/",
        httponly=True,
        samesite="lax",
        secure=get_settings().app_env != "local",
    )
    return answer


async def sign_out(request: Request) -> Response:
    """End the session of the cookie and take the cookie back."""
    if not _is_from_our_pages(request):
        return _refused()
    await run_in_threadpool(_end, request.cookies.get(cookie_name()))
    answer = _back(request, {}, path="/")
    answer.delete_cookie(cookie_name(), path="/", httponly=True, samesite="lax")
    return answer


def _open(form: dict[str, str], address: str) -> BrowserSession:
    code = form.get("code", "").strip()
    account = check_password(
        form.get("login", ""),
        form.get("secret", ""),
        login_type="organization" if code else "personal",
        session_code=code,
        address=address,
    )
    return open_browser_session(account)


def _end(cookie: str | None) -> None:
    if not cookie:
        return
    try:
        caller = caller_of_cookie(cookie)
    except NotSignedIn:
        return
    end_session(caller.session_id, principal=caller.principal)


def _is_from_our_pages(request: Request) -> bool:
    """A page elsewhere must not sign visitors in or out; browsers tell where a form was posted from."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:  # told on https and on this machine, and true behind a proxy as well
        return site == "same-origin"
    return urlsplit(request.headers.get("origin", "")).netloc == request.headers.get("host", "")


def _refused() -> Response:
    both = "\n".join(say_sentence("security.other_origin", language) for language in LANGUAGES)
    return PlainTextResponse(both, 403)


async def _form(request: Request) -> dict[str, str] | None:
    content = b""
    async for piece in request.stream():
        content += piece
        if len(content) > LONGEST_FORM:
            return None
    return dict(parse_qsl(content.decode("utf-8", "replace"), keep_blank_values=True))


def _back(request: Request, told: dict[str, str], *, path: str = "") -> Response:
    """To the page the form stood on, with its parameters and what there is to tell; never to another host."""
    came_from = urlsplit(request.headers.get("referer", ""))
    kept = dict(parse_qsl(came_from.query))
    if path:
        kept = {name: value for name, value in kept.items() if name == LANGUAGE_PARAMETER}
    for name in (SIGN_IN_PROBLEM, SIGN_IN_WAIT):
        kept.pop(name, None)
    query = urlencode({**kept, **told})
    place = path or "/" + came_from.path.lstrip("/\\")
    answer = RedirectResponse(f"{place}?{query}" if query else place, 303)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _address(request: Request) -> str:
    return address_of(request.client.host if request.client is not None else "")
