"""What the addresses beside the pages read from a posted form, and how they send the browser back."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from app.ui import sign_in_cookies
from app.ui.sign_in_cookies import SESSION
from app.ui.state import LANGUAGE_FIELD, LANGUAGE_PARAMETER, LANGUAGES, SIGN_IN_PROBLEM, SIGN_IN_WAIT
from core.accounts.sessions import BrowserSession, caller_of_cookie, end_session
from core.accounts.throttling import address_of
from core.errors import NotSignedIn
from core.messages import LANGUAGES as BOTH
from core.messages import Language
from core.messages import say as say_sentence
from core.storage.database import utc_now

LONGEST_FORM = 16_384  # bytes
LONGEST_AGENT = 300  # characters


def is_from_our_pages(request: Request) -> bool:
    """A page elsewhere must not sign visitors in or out; browsers tell where a form was posted from."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:  # told on https and on this machine, and true behind a proxy as well
        return site == "same-origin"
    return urlsplit(request.headers.get("origin", "")).netloc == request.headers.get("host", "")


def refused() -> Response:
    return PlainTextResponse("\n".join(say_sentence("security.other_origin", language) for language in BOTH), 403)


async def form_of(request: Request) -> dict[str, str] | None:
    """The fields; None for a form longer than any of ours."""
    content = b""
    async for piece in request.stream():
        content += piece
        if len(content) > LONGEST_FORM:
            return None
    return dict(parse_qsl(content.decode("utf-8", "replace"), keep_blank_values=True))


def too_long() -> Response:
    return PlainTextResponse("", 413)


def address(request: Request) -> str:
    """Where the visitor is; "" for this machine itself. What proxies say of it is judged before (`network`)."""
    return address_of(request.client.host if request.client is not None else "")


def user_agent(request: Request) -> str:
    return request.headers.get("user-agent", "")[:LONGEST_AGENT]


def is_secure(request: Request) -> bool:
    """Whether cookies of this visitor can be kept to HTTPS."""
    return sign_in_cookies.always_secure() or request.url.scheme == "https"


def language_of(form: dict[str, str]) -> Language:
    """The language that the form was shown in."""
    return next((one for one in LANGUAGES if one == form.get(LANGUAGE_FIELD)), "en")


def back(request: Request, told: dict[str, str] | None = None, *, path: str = "") -> Response:
    """To the page the form stood on, with its parameters and what there is to tell; never to another host.

    path: to that page instead; of the parameters only the language goes along.
    """
    came_from = urlsplit(request.headers.get("referer", ""))
    kept = dict(parse_qsl(came_from.query))
    if path:
        kept = {name: value for name, value in kept.items() if name == LANGUAGE_PARAMETER}
    for name in (SIGN_IN_PROBLEM, SIGN_IN_WAIT):
        kept.pop(name, None)
    query = urlencode({**kept, **(told or {})})
    place = path or "/" + came_from.path.lstrip("/\\")
    answer = RedirectResponse(f"{place}?{query}" if query else place, 303)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def put_session(answer: Response, session: BrowserSession, *, is_secure: bool) -> None:
    seconds = int((session.expires_at - utc_now()).total_seconds())
    sign_in_cookies.put(answer, SESSION, session.cookie, seconds=seconds, is_secure=is_secure)


def end_session_of(request: Request) -> None:
    """End the session of the cookie that came, if it stands."""
    cookie = sign_in_cookies.read(request.cookies, SESSION)
    if not cookie:
        return
    try:
        caller = caller_of_cookie(cookie)
    except NotSignedIn:
        return
    end_session(caller.session_id, principal=caller.principal)
