"""What visitors see who have to sign in first, the ways in, and who is signed in."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from app.ui import formats, navigation, notices, sign_in_forms, state, visitor
from app.ui.sign_in_cookies import Link, Note
from app.ui.texts import say, say_value
from core.errors import WorkbenchError
from core.messages import say as say_sentence
from core.settings.current import get_settings

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from core.accounts.invitations import Invitation

SIGN_UP, FORGOT, RESET = "sign_up", "forgot", "reset"
WIDTH = 420  # [px]


def draw_gate() -> None:
    """In place of every page: a form, or why somebody who is signed in sees nothing."""
    seen, link = visitor.current(), visitor.followed_link()
    if link is not None:
        _draw_followed(link)
        return
    if seen.principal is not None:
        notices.empty("gate.no_pages", "gate.no_pages_hint", icon=":material/lock:")
        return
    hint = "gate.ended" if seen.has_ended else "gate.hint"
    with notices.empty("gate.title", hint, icon=":material/lock:"):
        draw_form()
    if seen.has_ended and get_settings().disable_auth:
        st.html(sign_in_forms.sign_out(say("sign_in.go_on")))


def draw_form() -> None:
    """Name and password, and behind their names the ways in for those who have none."""
    settings, note = get_settings(), visitor.note()
    with st.container(key="sign-in", width=WIDTH):
        _draw_told(note)
        st.html(sign_in_forms.sign_in())
        if settings.oidc_metadata_url:
            label = say("sign_in.provider", name=formats.plain(settings.oidc_name))
            st.button(label, on_click=st.login, icon=":material/key:", width="stretch", key="sign-in-provider")
        others = [
            sign_in_forms.folded(
                say("forgot.title"), f"<p>{escape(say('forgot.hint'))}</p>{sign_in_forms.forgot()}",
                is_open=_is_about(note, FORGOT),
            )
        ]  # fmt: skip
        if settings.sign_up != "off":
            is_open = settings.sign_up == "open"
            title = say("sign_up.open") if is_open else say("sign_up.have_invitation")
            typed = note.typed if note is not None and note.form == SIGN_UP else {}
            form = sign_in_forms.sign_up(typed, asks_invitation=not is_open)
            others.append(sign_in_forms.folded(title, form, is_open=_is_about(note, SIGN_UP)))
        st.html("".join(others))


def draw_who() -> None:
    """For the sidebar: who is signed in and the way out, in local open mode the way in."""
    seen = visitor.current()
    if seen.principal is None:
        return
    if seen.caller is None:
        st.caption(say("sign_in.open"))
        navigation.link_to(navigation.ACCOUNT, say("sign_in.send"), icon=":material/login:")
        return
    out = sign_in_forms.sign_out(say("sign_in.out"))
    st.html(f'<div class="who"><b>{escape(seen.principal.name)}</b>{out}</div>')


def _draw_followed(link: Link) -> None:
    """The one form that a followed link is for."""
    if link.name == RESET:
        with notices.empty("reset.title", "reset.hint", icon=":material/lock_reset:"), _column():
            _draw_told(visitor.note())
            st.html(sign_in_forms.reset() + sign_in_forms.leave(link.name))
        return
    note = visitor.note()
    with notices.empty("sign_up.title", "sign_up.hint", icon=":material/person_add:"), _column():
        _draw_told(note)
        invitation = _invitation(link.token)
        if invitation is not None:
            _draw_invitation(invitation)
            typed = note.typed if note is not None else {"email": invitation.email}
            st.html(sign_in_forms.sign_up(typed, asks_invitation=False))
        st.html(sign_in_forms.leave(link.name))


def _column() -> DeltaGenerator:
    return st.container(key="sign-in", width=WIDTH)


def _invitation(token: str) -> Invitation | None:
    """What a token invites to; None where it holds no more, which is then said."""
    from core.accounts.invitations import open_invitation

    try:
        return open_invitation(token)
    except WorkbenchError as error:
        notices.show_error(error)
        return None


def _draw_invitation(invitation: Invitation) -> None:
    role = say_value("role", str(invitation.role))
    told = [say("sign_up.invited", role=role, until=formats.moment(invitation.expires_at))]
    if invitation.organisation is not None:
        told.append(say("sign_up.organisation", name=formats.plain(invitation.organisation.name)))
    st.caption("  \n".join(told))


def _is_about(note: Note | None, form: str) -> bool:
    return note is not None and note.form == form and bool(note.problem)


def _draw_told(note: Note | None) -> None:
    """What became of the form that was posted last."""
    problem = state.sign_in_problem()
    if problem is not None:
        key, wait_s = problem
        st.error(say_sentence(key, state.language(), retry_after=wait_s), icon=":material/error:")
    if note is None:
        return
    if not note.problem:
        done = say("forgot.done") if note.form == FORGOT else say("reset.done")
        st.success(done, icon=":material/check_circle:")
        return
    details = {name: formats.plain(value) if isinstance(value, str) else value for name, value in note.details.items()}
    try:
        sentence = say_sentence(note.problem, state.language(), **details)
    except (KeyError, IndexError, ValueError, OSError):
        return  # not of our making
    st.error(sentence, icon=":material/error:")
