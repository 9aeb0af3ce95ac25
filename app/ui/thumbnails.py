"""Small pictures for lists, made once per content and kept within bounds."""

from __future__ import annotations

import io
from base64 import b64encode
from collections.abc import Callable, Sequence

import streamlit as st

from app.ui import state
from app.ui.texts import say
from core.errors import WorkbenchError
from core.images.decoding import decode
from core.images.pictures import StoredPicture

EDGE, SMALL_EDGE = 148, 64  # [px] on the page
SHARPER = 2  # drawn at this many times the size, for screens with narrow pixels


@st.cache_data(max_entries=2000, show_spinner=False)
def _reduced(content_name: str, edge: int, _read: Callable[[], bytes]) -> bytes:
    from PIL import Image, ImageOps

    size = edge * SHARPER
    image = decode(_read(), name=content_name, target_edge=size).image.convert("RGBA")
    # Padded, not cut: what lies at the edge of a picture may be why it was shown.
    square = ImageOps.pad(image, (size, size), Image.Resampling.BILINEAR, color=(0, 0, 0, 0))
    small = io.BytesIO()
    square.save(small, "WEBP", quality=80)
    return small.getvalue()


def draw(picture: StoredPicture | None, *, caption: str | None = None, edge: int = EDGE) -> None:
    """A stored picture; where it is gone or cannot be read, a word on that takes its place."""
    if picture is None:
        _draw_missing(say("pictures.gone"), caption)
    else:
        draw_content(picture.file_name, picture.content, caption=caption, edge=edge)


def draw_content(content_name: str, read: Callable[[], bytes], *, caption: str | None = None, edge: int = EDGE) -> None:
    """A picture whose name changes with its content, such as its checksum."""
    try:
        small = _reduced(content_name, edge, read)
    except (WorkbenchError, FileNotFoundError) as problem:
        told = problem.text(state.language()) if isinstance(problem, WorkbenchError) else say("pictures.gone")
        _draw_missing(told, caption)
    else:
        st.image(small, caption=caption, width=edge, alt=caption or content_name)


def as_address(picture: StoredPicture | None, *, edge: int = SMALL_EDGE) -> str | None:
    """A picture as an address that a table can show; None where there is none."""
    try:
        small = _reduced(picture.file_name, edge, picture.content) if picture else None
    except WorkbenchError:
        return None
    return f"data:image/webp;base64,{b64encode(small).decode()}" if small else None


def draw_row(pictures: Sequence[StoredPicture]) -> None:
    """Several pictures side by side, without words."""
    with st.container(horizontal=True, gap="xsmall"):
        for picture in pictures:
            small = None
            try:
                small = _reduced(picture.file_name, SMALL_EDGE, picture.content)
            except WorkbenchError:
                continue  # a decoration: the tab of pictures names what cannot be read
            st.image(small, width=SMALL_EDGE, alt=picture.class_name)


def _draw_missing(told: str, caption: str | None) -> None:
    st.caption(f":material/hide_image: {told}")
    if caption:
        st.caption(caption)
