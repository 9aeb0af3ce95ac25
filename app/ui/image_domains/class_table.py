"""The classes of a domain as a table: a picture, the count, and the English name, which can be changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from app.ui import notices, state, thumbnails
from app.ui.texts import say
from core.images.pictures import StoredPicture, names_of, save_names
from core.security.policy import Permission, Principal, is_allowed

MOST_PICTURED = 200  # classes; beyond that the table comes without pictures
ROW_HEIGHT, HEIGHT = 52, 320  # [px]


def draw(domain: str, classes: Mapping[str, Sequence[StoredPicture]], principal: Principal) -> None:
    """The table, and the button that keeps changed names."""
    names = names_of(domain, principal=principal)
    may_write = is_allowed(principal, Permission.DATASETS_WRITE)
    rows = [_row(name, pictures, names, pictured=len(classes) <= MOST_PICTURED) for name, pictures in classes.items()]
    column = st.column_config
    widget = f"class-names:{domain}"
    edited: list[dict[str, Any]] = st.data_editor(
        rows,
        column_config={
            "picture": column.ImageColumn(say("pictures.example"), width="small"),
            "class": column.TextColumn(say("pictures.class")),
            "english": column.TextColumn(say("pictures.english"), max_chars=80),
            "count": column.NumberColumn(say("pictures.count"), format="localized"),
        },
        disabled=True if not may_write else ["picture", "class", "count"],
        hide_index=True,
        alt=say("domains.classes_now"),
        row_height=ROW_HEIGHT,
        height=min(HEIGHT, ROW_HEIGHT * (len(rows) + 1)),
        key=state.generation(widget),
    )
    changed = {row["class"]: row["english"] or "" for row, old in zip(edited, rows, strict=True) if row != old}
    if changed and st.button(say("pictures.save_names"), type="primary", icon=":material/save:", key="names-save"):
        with notices.errors_shown():
            save_names(domain, {**names, **changed}, principal=principal)
            state.reset(widget)
            notices.flash(say("pictures.names_saved"))
            st.rerun()


def _row(name: str, pictures: Sequence[StoredPicture], names: Mapping[str, str], *, pictured: bool) -> dict[str, Any]:
    picture = pictures[0] if pictures and pictured else None
    return {
        "picture": thumbnails.as_address(picture),
        "class": name,
        "english": names.get(name, ""),
        "count": len(pictures),
    }
