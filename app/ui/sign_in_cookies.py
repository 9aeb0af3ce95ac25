"""The cookies of signing in: the session, a link that was followed, and what became of a form.

Script code in the browser sees none of them. Where visitors come by HTTPS they travel encrypted only, under names
with the prefix `__Host-`, which other hosts of the domain and plain HTTP cannot set.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from starlette.responses import Response

from core.settings.current import get_settings

Kind = Literal["", "_link", "_note"]
SESSION: Kind = ""
LINK: Kind = "_link"
NOTE: Kind = "_note"
PREFIX = "__Host-"
LINK_S, NOTE_S = 3600, 300
LONGEST_TYPED = 200
LINKS = ("invitation", "reset")  # what `?NAME=TOKEN` in an address may be called


@dataclass(frozen=True)
class Link:
    """What a visitor followed: an invitation or the way to a new password, with its token."""

    name: str
    token: str


@dataclass(frozen=True)
class Note:
    """What became of a posted form. problem: key of a sentence of the core, "" where it went well.

    typed: what was in its fields, never a password.
    """

    form: str
    problem: str = ""
    details: dict[str, Any] = field(default_factory=dict)
    typed: dict[str, str] = field(default_factory=dict)


def always_secure() -> bool:
    """Whether the settings alone say that visitors come by HTTPS."""
    settings = get_settings()
    return settings.app_env != "local" or settings.public_url.startswith("https://")


def name_of(kind: Kind, *, is_secure: bool) -> str:
    """Browsers send a cookie to every port of a host, so each workbench of one machine has its own."""
    return f"{PREFIX if is_secure else ''}workbench_{get_settings().ui_port}{kind}"


def read(cookies: Mapping[str, Any], kind: Kind) -> str:
    """The value that came; "" without one. A plain name counts only where plain HTTP is spoken at all."""
    for is_secure in (True,) if always_secure() else (True, False):
        value = cookies.get(name_of(kind, is_secure=is_secure))
        if isinstance(value, str) and value:  # pages that are driven without a browser have none
            return value
    return ""


def put(answer: Response, kind: Kind, value: str, *, seconds: int, is_secure: bool) -> None:
    answer.set_cookie(
        name_of(kind, is_secure=is_secure), value, max_age=seconds, path="/", httponly=True, samesite="lax",
        secure=is_secure,
    )  # fmt: skip


def take_back(answer: Response, cookies: Mapping[str, str], *kinds: Kind) -> None:
    """Have the browser forget what it sent of those kinds, under whichever name."""
    for kind in kinds:
        for is_secure in (True, False):
            name = name_of(kind, is_secure=is_secure)
            if name in cookies:
                answer.delete_cookie(name, path="/", httponly=True, samesite="lax", secure=is_secure)


def link_of(cookies: Mapping[str, Any]) -> Link | None:
    """The link that was followed and not used yet."""
    name, _, token = read(cookies, LINK).partition(".")
    return Link(name, token) if name in LINKS and token else None


def packed(note: Note) -> str:
    """A note as a cookie's value."""
    typed = {name: value[:LONGEST_TYPED] for name, value in note.typed.items()}
    text = json.dumps({**asdict(note), "typed": typed}, ensure_ascii=False, default=str)
    return base64.urlsafe_b64encode(text.encode("utf-8", "replace")).decode("ascii").rstrip("=")


def note_of(cookies: Mapping[str, Any]) -> Note | None:
    """What became of the form that was posted last; None for anything that we did not write."""
    try:
        told = json.loads(base64.urlsafe_b64decode(f"{read(cookies, NOTE)}=="))  # more padding than needed is ignored
        note = Note(**told)
    except (binascii.Error, ValueError, TypeError):
        return None
    is_sound = isinstance(note.form, str) and isinstance(note.problem, str)
    maps = (note.details, note.typed)
    return note if is_sound and all(isinstance(one, dict) for one in maps) else None
