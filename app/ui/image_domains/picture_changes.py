"""Removing and moving pictures of a domain, and taking the last change of this visit back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from app.ui import choosing, notices, state
from app.ui.texts import say
from core.images.pictures import (
    Group,
    Removed,
    StoredPicture,
    move_picture,
    remove_class,
    remove_picture,
    restore,
)
from core.security.policy import Principal


@dataclass(frozen=True)
class Place:
    """A class of a domain, or a kind of unknown picture."""

    group: Group
    class_name: str


@dataclass(frozen=True)
class Change:
    """What was done last: `removed` can be put back, each of `moved` goes back to the place beside it."""

    removed: tuple[Removed, ...] = ()
    class_name: str | None = None  # of a class that was removed whole
    moved: tuple[tuple[StoredPicture, Place], ...] = ()


def remove(pictures: Sequence[StoredPicture], principal: Principal) -> None:
    """Set pictures aside and run the page again. Raises NotFound."""
    tokens = tuple(remove_picture(picture, principal=principal) for picture in pictures)
    _keep(pictures[0].domain, Change(removed=tokens))


def remove_whole(domain: str, place: Place, principal: Principal) -> None:
    """Set a class aside with all its pictures. Raises NotFound."""
    token = remove_class(domain, place.class_name, group=place.group, principal=principal)
    _keep(domain, Change(removed=(token,), class_name=place.class_name))


def move(pictures: Sequence[StoredPicture], target: Place, principal: Principal) -> None:
    """Put pictures into another class, or among the unknown ones. Raises NotFound or BadInput."""
    moved = tuple(
        (
            move_picture(picture, target.class_name, group=target.group, principal=principal),
            Place(picture.group, picture.class_name),
        )
        for picture in pictures
    )
    _keep(pictures[0].domain, Change(moved=moved))


def draw_undo(domain: str, principal: Principal) -> None:
    """What was done last, and the way back."""
    change: Change | None = state.kept(_kept(domain))
    if change is None:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="picture-undo"):
        st.markdown(f":material/history: {_words(change)}", width="stretch")
        if st.button(say("pictures.undo"), icon=":material/undo:", key="picture-undo-now"):
            with notices.errors_shown():
                take_back(domain, change, principal)
                notices.flash(say("pictures.undone"))
                st.rerun()


def take_back(domain: str, change: Change, principal: Principal) -> None:
    """Put back what a change removed or moved. Raises NotFound or Conflict."""
    state.forget(_kept(domain))
    for token in change.removed:
        restore(token, principal=principal)
    for picture, home in change.moved:
        move_picture(picture, home.class_name, group=home.group, principal=principal)


def draw_move(
    pictures: Sequence[StoredPicture], targets: Sequence[Place], principal: Principal, *, key: str,
    suggested: str | None = None,
) -> None:  # fmt: skip
    """Where to, and the button that moves; the suggested class comes first."""
    others = [place for place in targets if any(place != Place(one.group, one.class_name) for one in pictures)]
    others.sort(key=lambda place: place.class_name != suggested or place.group != "pictures")
    if not others:
        return
    with st.popover(say("pictures.move"), icon=":material/drive_file_move:", key=f"{key}-move"):
        home = f"{pictures[0].group}:{pictures[0].class_name}"
        target = choosing.one_of(st, say("pictures.move_to"), others, format_func=name_of, key=f"{key}-target:{home}")
        if st.button(say("pictures.move_now"), type="primary", key=f"{key}-move-now") and target in others:
            with notices.errors_shown():
                move(pictures, target, principal)
                st.rerun()


def name_of(place: Place) -> str:
    """A class by name; among the unknown ones it says so."""
    if place.group == "unknown":
        return say("pictures.unknown_place", name=place.class_name)
    return place.class_name


def _words(change: Change) -> str:
    if change.class_name is not None:
        return say("pictures.removed_class", name=change.class_name)
    if change.removed:
        return say("pictures.removed", count=len(change.removed))
    return say("pictures.moved", count=len(change.moved))


def _keep(domain: str, change: Change) -> None:
    state.keep(_kept(domain), change)


def _kept(domain: str) -> str:
    return f"picture-change:{domain}"
