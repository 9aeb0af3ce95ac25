"""The two addresses beside the pages that set and clear the cookie of a sign-in: a page itself cannot.

Plain forms are posted there (see `sign_in_forms`), so signing in needs no script and password managers understand
it. Whatever happened is told by sending the browser back to the page it came from.
"""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from app.ui import sign_in_cookies, sign_in_outside
from app.ui import sign_in_requests as requests
from app.ui.sign_in_cookies import LINK, NOTE, SESSION
from app.ui.state import SIGN_IN_PROBLEM, SIGN_IN_WAIT
from core.accounts.sessions import BrowserSession, open_browser_session
from core.accounts.sign_in import sign_in as check_password
from core.errors import WorkbenchError


async def sign_in(request: Request) -> Response:
    """Name, password and session code of a form: a new session in the cookie, or back with the problem."""
    if not requests.is_from_our_pages(request):
        return requests.refused()
    form = await requests.form_of(request)
    if form is None:
        return requests.too_long()
    try:
        session = await run_in_threadpool(_open, form, requests.address(request), requests.user_agent(request))
    except WorkbenchError as error:
        wait = {SIGN_IN_WAIT: str(error.details["retry_after"])} if "retry_after" in error.details else {}
        return requests.back(request, {SIGN_IN_PROBLEM: error.key, **wait})
    await run_in_threadpool(requests.end_session_of, request)
    answer = requests.back(request)
    requests.put_session(answer, session, is_secure=requests.is_secure(request))
    sign_in_cookies.take_back(answer, request.cookies, LINK, NOTE)
    return answer


async def sign_out(request: Request) -> Response:
    """End the session of the cookie and take the cookie back; a sign-in at an identity provider ends as well."""
    if not requests.is_from_our_pages(request):
        return requests.refused()
    await run_in_threadpool(requests.end_session_of, request)
    path = sign_in_outside.SIGN_OUT if sign_in_outside.came_from_provider(request.cookies) else "/"
    answer = requests.back(request, path=path)
    sign_in_cookies.take_back(answer, request.cookies, SESSION)
    return answer


def _open(form: dict[str, str], address: str, user_agent: str) -> BrowserSession:
    code = form.get("code", "").strip()
    account = check_password(
        form.get("login", ""),
        form.get("secret", ""),
        login_type="organization" if code else "personal",
        session_code=code,
        address=address,
    )
    return open_browser_session(account, address=address, user_agent=user_agent)
