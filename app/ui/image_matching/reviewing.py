"""A reviewer's word on one verdict: right, another class, or one more picture for a class; kept for the next build."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from app.ui import choosing, notices
from app.ui.image_matching.brought import Picture
from app.ui.image_matching.verdict_words import class_called, class_label
from app.ui.texts import say, say_value
from core.images.domains import open_domain
from core.images.feedback import Kind, Remark, stage, withdraw
from core.images.matching import Recognition
from core.images.names import UNKNOWN
from core.security.policy import Permission, Principal, is_allowed, may_see


def draw(picture: Picture, answer: Recognition, remark: Remark | None, principal: Principal) -> None:
    """What was said about this picture, with a way back; else the three things that can be said."""
    if remark is not None:
        _draw_said(answer, remark, principal)
    elif is_allowed(principal, Permission.DATASETS_WRITE):
        _draw_right(picture, answer, principal)
        _draw_other(picture, answer, principal)
        _draw_add(picture, answer, principal)


def class_from(text: str, classes: Sequence[str], names: Mapping[str, str]) -> str:
    """The class somebody chose or typed: one that exists under either of its names, else a new one.

    names: Korean -> English.
    """
    if text.strip().casefold() in (UNKNOWN, say("images.no_class").casefold()):
        return UNKNOWN
    return class_called(text, classes, names) or text


def _draw_said(answer: Recognition, remark: Remark, principal: Principal) -> None:
    name = say("images.no_class") if remark.class_name == UNKNOWN else class_label(answer, remark.class_name)
    said = say_value("images_remark", remark.kind).format(name=name)
    st.markdown(f":green[:material/schedule:] **{said}** {say('images.waits')}", width="stretch")
    may_undo = may_see(principal, remark.owner)
    label = say("images.undo")
    if may_undo and st.button(label, icon=":material/undo:", key=f"undo-{remark.picture_sha256[:16]}"):
        with notices.errors_shown():
            withdraw(remark.id, principal=principal)
            notices.flash(say("images.undone"))
            st.rerun()


def _draw_right(picture: Picture, answer: Recognition, principal: Principal) -> None:
    label = say("images.right_unknown") if answer.match.is_unknown else say("images.right")
    if st.button(label, icon=":material/check:", key=f"right-{picture.id}"):
        _stage(picture, answer, "accept", answer.match.verdict, principal)


def _draw_other(picture: Picture, answer: Recognition, principal: Principal) -> None:
    with st.popover(say("images.other_class"), icon=":material/edit:", key=f"other-open-{picture.id}"):
        chosen = _choose(answer, f"other-class-{picture.id}", principal, without=answer.match.verdict)
        st.caption(say("images.other_class_help"))
        if st.button(say("images.keep"), type="primary", disabled=not chosen, key=f"other-{picture.id}"):
            _stage(picture, answer, "correct", str(chosen), principal)


def _draw_add(picture: Picture, answer: Recognition, principal: Principal) -> None:
    with st.popover(say("images.add"), icon=":material/add_photo_alternate:", key=f"add-open-{picture.id}"):
        verdict = None if answer.match.is_unknown else answer.match.verdict
        chosen = _choose(answer, f"add-class-{picture.id}", principal, first=verdict)
        st.caption(say("images.add_help"))
        if st.button(say("images.keep"), type="primary", disabled=not chosen, key=f"add-{picture.id}"):
            _stage(picture, answer, "add", str(chosen), principal)


def _choose(
    answer: Recognition, key: str, principal: Principal, *, first: str | None = None, without: str | None = None
) -> str | None:
    """A class of the domain, the most alike ones first, a new name, or none of them."""
    classes = open_domain(answer.domain, principal=principal).classes
    labels = {name: class_label(answer, name) for name in classes}
    best = [name for name, _ in answer.match.top]
    rest = sorted(labels.keys() - best, key=lambda name: labels[name].casefold())
    options = [name for name in (*best, *rest, UNKNOWN) if name != without]
    labels[UNKNOWN] = say("images.no_class")
    chosen = choosing.one_of(
        st,
        say("images.which_class"),
        options,
        index=options.index(first) if first in options else None,
        format_func=lambda name: labels.get(name, name),
        placeholder=say("images.choose_or_type"),
        accept_new_options=True,
        key=key,
    )
    return class_from(chosen, classes, answer.names) if chosen else None


def _stage(picture: Picture, answer: Recognition, kind: Kind, name: str, principal: Principal) -> None:
    with notices.errors_shown():
        stage(
            picture.content,
            file_name=picture.name,
            domain=answer.domain,
            kind=kind,
            belongs_to=name,
            match=answer.match,
            principal=principal,
        )
        notices.flash(say("images.noted"))
        st.rerun()
