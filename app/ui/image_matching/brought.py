"""The pictures a visitor brought in this visit, newest first, and what was answered about each.

They stay while the tab is open. An answer is asked for anew when the domain or what it was built from changes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from app.ui import state
from app.ui.texts import say
from core.errors import BadInput, WorkbenchError
from core.images.decoding import check_readable, shown_name
from core.images.matching import EverywhereAnswer, Recognition, recognise, recognise_everywhere
from core.resilience.resident_models import resident_models
from core.security.policy import Principal

PICTURES, ANSWERS = "image-pictures", "image-answers"
MOST = 24  # kept at a time, of at most 10 MB each; more are a matter for the batch tab
TOP_K = 5

Answer = Recognition | EverywhereAnswer


@dataclass(frozen=True)
class Picture:
    """One picture. id: the start of its checksum. problem: why it cannot be read; its content is then not kept."""

    id: str
    name: str
    content: bytes
    problem: WorkbenchError | None = None


def pictures() -> tuple[Picture, ...]:
    """What is on the page now."""
    return state.kept(PICTURES) or ()


def add(brought: Sequence[tuple[str, bytes]]) -> None:
    """Put pictures in front, in their order; the same content again only moves. name and content of each."""
    new = [_checked(name, content) for name, content in brought]
    _put(new)


def add_problem(name: str, problem: WorkbenchError) -> None:
    """Remember in the same list why something could not be brought at all."""
    _put([Picture(_short(name.encode()), name, b"", problem)])


def remove(picture: Picture) -> None:
    """Take one off the page; nothing stored changes."""
    state.keep(PICTURES, tuple(one for one in pictures() if one.id != picture.id))


def clear() -> None:
    """Take all of them off the page."""
    state.forget(PICTURES)
    state.forget(ANSWERS)


def answers(domain: str | None, version: object, principal: Principal) -> dict[str, Answer]:
    """Picture id -> what `domain`, or every domain where it is None, says to it.

    version: changes whenever the answers might. What is answered stays when this is interrupted half way.
    Raises whatever keeps the domain from being asked at all.
    """
    asked_of = (domain, version)
    kept: tuple[object, dict[str, Answer]] | None = state.kept(ANSWERS)
    found = kept[1] if kept is not None and kept[0] == asked_of else {}
    state.keep(ANSWERS, (asked_of, found))
    waiting = [one for one in pictures() if one.problem is None and one.id not in found]
    if waiting:
        progress = st.progress(0.0, _doing(0, len(waiting)))
        for place, picture in enumerate(waiting):
            progress.progress(place / len(waiting), _doing(place, len(waiting)))
            found[picture.id] = _ask(picture, domain, principal)
        progress.empty()
    return found


def _ask(picture: Picture, domain: str | None, principal: Principal) -> Answer:
    if domain is None:
        return recognise_everywhere(picture.content, name=picture.name, top_k=TOP_K, principal=principal)
    return recognise(picture.content, name=picture.name, domain=domain, top_k=TOP_K, principal=principal)


def _doing(done: int, total: int) -> str:
    loaded = any(key.startswith("image_encoder:") for key in resident_models().loaded())
    if not loaded:
        return say("images.loading_model")
    return say("images.looking", number=done + 1, total=total)


def _checked(name: str, content: bytes) -> Picture:
    """The picture, or why it is none. Raises nothing: the others must not be lost."""
    name = shown_name(name)
    try:
        check_readable(content, name=name)
    except BadInput as problem:
        return Picture(_short(content + name.encode()), name, b"", problem)
    return Picture(_short(content), name, content)


def _put(new: Sequence[Picture]) -> None:
    fresh = {one.id: one for one in new}
    state.keep(PICTURES, (*fresh.values(), *(one for one in pictures() if one.id not in fresh))[:MOST])


def _short(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
