"""The plain HTML forms of signing in, making an account and setting a new password. Enter sends them."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from app.ui import state
from app.ui.state import LANGUAGE_FIELD, LANGUAGE_PARAMETER
from app.ui.texts import say

LONGEST = 1024  # characters of one field
# No field may be named like a property of a form or document (name, lang): Streamlit takes such names off.


def sign_in() -> str:
    """Name, password and, for people of an organisation, its session code."""
    fields = (
        _field(say("sign_in.name"), "login", "text", "username"),
        _field(say("sign_in.password"), "secret", "password", "current-password"),
        folded(say("sign_in.organisation"), _field(say("sign_in.code"), "code", "text", "off", is_needed=False)),
    )
    return _form("/sign-in", say("sign_in.send"), *fields)


def sign_up(typed: Mapping[str, str], *, asks_invitation: bool) -> str:
    """asks_invitation: whether the invitation is still to be typed or pasted."""
    fields = [
        _field(say("sign_up.login"), "login_name", "text", "username", typed),
        _field(say("sign_up.name"), "display_name", "text", "name", typed, is_needed=False),
        _field(say("sign_up.email"), "email", "email", "email", typed, is_needed=False),
        *_new_password(),
    ]
    if asks_invitation:
        fields.insert(0, _field(say("sign_up.invitation"), "invitation", "text", "off", typed))
    return _form("/sign-up", say("sign_up.send"), *fields)


def forgot() -> str:
    who = _field(say("forgot.who"), "who", "text", "username")
    return _form("/forgot-password", say("forgot.send"), who, is_first=False)


def reset() -> str:
    return _form("/reset-password", say("reset.send"), *_new_password())


def sign_out(label: str) -> str:
    return f'<form method="post" action="/sign-out"><button type="submit">{escape(label)}</button></form>'


def folded(summary: str, content: str, *, is_open: bool = False) -> str:
    """What only some need, behind its name."""
    return f"<details{' open' if is_open else ''}><summary>{escape(summary)}</summary>{content}</details>"


def leave(name: str) -> str:
    """Back to the sign-in from a link that was followed."""
    query = f"{name}=&{LANGUAGE_PARAMETER}={state.language()}"
    return f'<a class="leave" href="/?{query}" target="_self">{escape(say("gate.back"))}</a>'


def _new_password() -> tuple[str, str]:
    return (
        _field(say("account.new"), "new_secret", "password", "new-password"),
        _field(say("account.again"), "again", "password", "new-password"),
    )


def _form(action: str, label: str, *fields: str, is_first: bool = True) -> str:
    language = f'<input type="hidden" name="{LANGUAGE_FIELD}" value="{state.language()}">'
    look = ' class="is-first"' if is_first else ""
    button = f'<button type="submit"{look}>{escape(label)}</button>'
    return f'<form method="post" action="{action}">{"".join(fields)}{language}{button}</form>'


def _field(
    label: str, name: str, kind: str, fill: str, typed: Mapping[str, str] | None = None, *, is_needed: bool = True
) -> str:
    needed = " required" if is_needed else ""
    value = f' value="{escape(str((typed or {}).get(name, "")), quote=True)}"' if typed else ""
    box = f'<input name="{name}" type="{kind}" autocomplete="{fill}" maxlength="{LONGEST}"{value}{needed}>'
    return f"<label>{escape(label)}{box}</label>"
