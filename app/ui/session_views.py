"""Where an account is signed in: each session with its device, address and times, and the way to end it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.ui import formats, notices
from app.ui.devices import device_of
from app.ui.texts import say
from core.accounts.sessions import SessionSeen, end_session
from core.security.policy import Principal

MOST_SHOWN = 50


def draw(sessions: Sequence[SessionSeen], principal: Principal, *, this_one: str = "") -> None:
    """this_one: the session of the page itself, which is marked and ended by signing out."""
    for place, one in enumerate(sessions[:MOST_SHOWN]):
        with st.container(
            border=True, horizontal=True, vertical_alignment="center", key=f"session-{place}", gap="small"
        ):
            with st.container(gap=None, width="stretch"):
                mark = f" :blue-badge[{say('account.this_one')}]" if one.id == this_one else ""
                st.markdown(f"**{formats.plain(name_of(one))}**{mark}")
                st.caption(formats.plain(" · ".join(_facts(one))))
            if one.id != this_one:
                _draw_end(one, place, principal)
    if len(sessions) > MOST_SHOWN:
        st.caption(say("account.more_sessions", count=len(sessions) - MOST_SHOWN))


def name_of(one: SessionSeen) -> str:
    """The device, or that it is a program with a token."""
    device = device_of(one.user_agent) or say("account.unknown_device")
    return device if one.kind == "browser" else f"{say('account.client')}: {device}"


def _facts(one: SessionSeen) -> list[str]:
    where = one.address or say("account.this_machine")
    return [
        say("account.seen_where", address=where),
        say("account.opened", when=formats.moment(one.created_at)),
        say("account.last_seen", when=formats.ago(one.last_seen_at)),
    ]


def _draw_end(one: SessionSeen, place: int, principal: Principal) -> None:
    pressed = st.button(
        say("account.end"), key=f"session-end-{place}", help=say("account.end_named", device=name_of(one))
    )
    if pressed:
        with notices.errors_shown():
            end_session(one.id, principal=principal)
            notices.flash(say("account.ended_one"))
            st.rerun()
