"""Links to the pages that carry a token: an invitation, or the way to a new password.

The token moves from the address into a cookie before the browser shows anything. A redirect leaves no trace of it
in the history, and pages and their scripts never see it.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.ui import sign_in_cookies
from app.ui import sign_in_requests as requests
from app.ui.sign_in_cookies import LINK, LINK_S, LINKS, NOTE

TOKEN = re.compile(r"[A-Za-z0-9_-]{1,200}")


def token_in(text: str) -> str:
    """The token somebody typed or pasted, alone or as the whole link."""
    written = text.strip()
    named = dict(parse_qsl(urlsplit(written).query)).get("invitation", "") if "?" in written else written
    return named if TOKEN.fullmatch(named) else ""


def follow(request: Request) -> Response:
    """Keep the token of the address in a cookie and go on without it; an empty one forgets what was kept."""
    fields = dict(parse_qsl(request.url.query, keep_blank_values=True))
    named = [(name, fields.pop(name)) for name in LINKS if name in fields]
    name, token = named[0] if named else ("", "")
    query = urlencode(fields)
    answer = RedirectResponse(f"/?{query}" if query else "/", 303)
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    sign_in_cookies.take_back(answer, request.cookies, LINK, NOTE)
    if TOKEN.fullmatch(token):
        is_secure = requests.is_secure(request)
        sign_in_cookies.put(answer, LINK, f"{name}.{token}", seconds=LINK_S, is_secure=is_secure)
    return answer
