"""How pictures come in: dropped or chosen, pasted, photographed, or fetched from a web address."""

from __future__ import annotations

import streamlit as st

from app.ui import state, uploading
from app.ui.image_matching import brought
from app.ui.texts import say
from core.errors import BadInput, Unavailable
from core.images.matching import fetch_picture

UPLOAD, CAMERA, PASTE = "image-upload", "image-camera", "image-paste"
# The last ones are not read, but the core's sentence on them says what to do; the browser would only refuse them.
TYPES = ("jpg", "jpeg", "png", "webp", "gif", "bmp", "heic", "heif", "avif", "tif", "tiff", "svg", "pdf")


def draw() -> None:
    """All ways in; what came is on the page at once and the fields are empty again."""
    with st.container(border=True, key="image-intake"):
        files = st.file_uploader(
            say("images.upload"),
            type=list(TYPES),
            accept_multiple_files=True,
            max_upload_size=uploading.limit_mb(),
            help=say("images.upload_help", most=brought.MOST),
            key=state.generation(UPLOAD),
        )
        pasted = st.chat_input(
            say("images.paste"),
            accept_file="multiple",
            file_type=list(TYPES),
            max_upload_size=uploading.limit_mb(),
            key=PASTE,
        )
        st.caption(say("images.paste_help"))
        photo = None
        if st.toggle(say("images.camera"), key="image-camera-open"):
            photo = st.camera_input(
                say("images.camera"), label_visibility="collapsed", key=state.generation(CAMERA), width=420
            )
    taken = [(file.name, file.getvalue()) for file in files]
    taken += [(file.name, file.getvalue()) for file in (pasted.files if pasted else ())]
    taken += [(say("images.camera_name"), photo.getvalue())] if photo else []
    address = (pasted.text or "").strip() if pasted else ""
    if address:
        _fetch(address)
    if taken:
        brought.add(taken)
    if files:
        state.reset(UPLOAD)
    if photo:
        state.reset(CAMERA)
    if taken or address:
        st.rerun()


def _fetch(address: str) -> None:
    """A picture from the web, or in its place the sentence why there is none."""
    with st.spinner(say("images.fetching"), show_time=True):
        try:
            content, name = fetch_picture(address)
        except (BadInput, Unavailable) as problem:
            brought.add_problem(address, problem)
        else:
            brought.add([(name, content)])
