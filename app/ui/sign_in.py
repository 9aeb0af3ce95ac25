"""The sign-in form, who is signed in, and what visitors see who have to sign in first."""

from __future__ import annotations

from html import escape

import streamlit as st

from app.ui import navigation, notices, state, visitor
from app.ui.texts import say
from core.messages import say as say_sentence
from core.settings.current import get_settings


def draw_gate() -> None:
    """In place of every page: the form, or why somebody who is signed in sees nothing."""
    seen = visitor.current()
    if seen.principal is not None:
        notices.empty("gate.no_pages", "gate.no_pages_hint", icon=":material/lock:")
        return
    hint = "gate.ended" if seen.has_ended else "gate.hint"
    with notices.empty("gate.title", hint, icon=":material/lock:"):
        draw_form()
    if seen.has_ended and get_settings().disable_auth:
        st.html(_sign_out(say("sign_in.go_on")))


def draw_form() -> None:
    """Name, password and, for people of an organisation, its session code. Enter sends it."""
    problem = state.sign_in_problem()
    with st.container(key="sign-in", width=420):
        if problem is not None:
            key, wait_s = problem
            st.error(say_sentence(key, state.language(), retry_after=wait_s), icon=":material/error:")
        st.html(
            '<form method="post" action="/sign-in">'
            f"{_field(say('sign_in.name'), 'login', 'text', 'username')}"
            f"{_field(say('sign_in.password'), 'secret', 'password', 'current-password')}"
            f"<details><summary>{escape(say('sign_in.organisation'))}</summary>"
            f"{_field(say('sign_in.code'), 'code', 'text', 'off', is_needed=False)}</details>"
            f'<button type="submit" class="is-first">{escape(say("sign_in.send"))}</button></form>'
        )


def draw_who() -> None:
    """For the sidebar: who is signed in and the way out, in local open mode the way in."""
    seen = visitor.current()
    if seen.principal is None:
        return
    if seen.caller is None:
        st.caption(say("sign_in.open"))
        navigation.link_to(navigation.ACCOUNT, say("sign_in.send"), icon=":material/login:")
        return
    st.html(f'<div class="who"><b>{escape(seen.principal.name)}</b>{_sign_out(say("sign_in.out"))}</div>')


def _sign_out(label: str) -> str:
    return f'<form method="post" action="/sign-out"><button type="submit">{escape(label)}</button></form>'


def _field(label: str, name: str, kind: str, fill: str, *, is_needed: bool = True) -> str:
    needed = " required" if is_needed else ""
    box = f'<input name="{name}" type="{kind}" autocomplete="{fill}" maxlength="1024"{needed}>'
    return f"<label>{escape(label)}{box}</label>"
