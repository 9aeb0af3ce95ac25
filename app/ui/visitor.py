"""Who looks at the pages: the account of the cookie, else in local open mode the local analyst, else nobody.

The cookie is set by `sign_in_routes`; script code in the browser cannot see it. The database is asked once per run.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

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


def cookie_name() -> str:
    """Browsers send a cookie to every port of a host, so each workbench of one machine has its own."""
    return f"workbench_{get_settings().ui_port}"


def look() -> Visitor:
    """Ask the database who this visit is; later questions of this run get the same answer."""
    visitor = _find()
    _seen.set(visitor)
    return visitor


def current() -> Visitor:
    return _seen.get() or _find()


def _find() -> Visitor:
    cookie = st.context.cookies.get(cookie_name())
    if not isinstance(cookie, str) or not cookie:  # pages that are driven without a browser have none
        return Visitor(LOCAL_ANALYST if get_settings().disable_auth else None)
    from core.accounts.sessions import caller_of_cookie

    try:
        caller = caller_of_cookie(cookie)
    except NotSignedIn:
        return Visitor(None, has_ended=True)
    return Visitor(caller.principal, caller)
