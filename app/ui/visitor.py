"""Who looks at the pages: the account of the cookie, else in local open mode the local analyst, else nobody.

The cookie is set by `sign_in_routes`; script code in the browser cannot see it. The database is asked once per run.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from app.ui import sign_in_cookies
from core.errors import NotSignedIn
from core.security.policy import LOCAL_ANALYST, Principal
from core.settings.current import get_settings

if TYPE_CHECKING:
    from core.accounts.sessions import Caller


@dataclass(frozen=True)
class Visitor:
    """principal: None where somebody has to sign in. caller: None without a session.

    has_ended: a cookie came whose session stands no more; its owner is asked to sign in, also in local open mode,
    where work would otherwise go on under another name without a word.
    """

    principal: Principal | None
    caller: Caller | None = None
    has_ended: bool = False


# Settled once per run, in the thread that Streamlit runs this visit's script on; parts that run by themselves ask anew.
_seen: ContextVar[Visitor | None] = ContextVar("visitor", default=None)


def look() -> Visitor:
    """Ask the database who this visit is; later questions of this run get the same answer."""
    visitor = _find()
    _seen.set(visitor)
    return visitor


def current() -> Visitor:
    return _seen.get() or _find()


def followed_link() -> sign_in_cookies.Link | None:
    """The invitation, or the way to a new password, that this visit followed."""
    return sign_in_cookies.link_of(st.context.cookies)


def note() -> sign_in_cookies.Note | None:
    """What became of the form that this visit posted last."""
    return sign_in_cookies.note_of(st.context.cookies)


def _find() -> Visitor:
    cookie = sign_in_cookies.read(st.context.cookies, sign_in_cookies.SESSION)
    if not cookie:
        return Visitor(LOCAL_ANALYST if get_settings().disable_auth else None)
    from core.accounts.sessions import caller_of_cookie

    try:
        caller = caller_of_cookie(cookie)
    except NotSignedIn:
        return Visitor(None, has_ended=True)
    return Visitor(caller.principal, caller)
