"""Adding pictures to a domain: some to a class, old or new, or a whole ZIP of class folders."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from app.ui import notices, state, uploading
from app.ui.image_domains import ingestion_views
from app.ui.texts import say
from core.errors import BadInput
from core.images.ingestion import ClassCount, IngestionTable, Refusal
from core.images.names import class_name
from core.images.pictures import Group, add_picture
from core.security.policy import Principal

UPLOAD = "pictures-upload"
TYPES = ("jpg", "jpeg", "png", "webp", "gif", "bmp", "zip")


def draw(domain: str, group: Group, classes: Sequence[str], principal: Principal, *, chosen: str | None) -> None:
    """The class and the files; a ZIP brings the names of its folders along."""
    upload = state.generation(f"{UPLOAD}:{group}")
    files = st.file_uploader(
        say("pictures.files"),
        type=list(TYPES),
        accept_multiple_files=True,
        max_upload_size=uploading.limit_mb(),
        help=say("pictures.files_help"),
        key=upload,
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        named = _draw_class(group, list(classes), chosen)
        pressed = st.button(
            say("pictures.add"), type="primary", icon=":material/add:", disabled=not files, key=f"pictures-add-{group}"
        )
    if pressed and files:
        with notices.errors_shown():
            add(domain, named, files, group, principal)
            state.reset(f"{UPLOAD}:{group}")
            st.rerun()


def _draw_class(group: Group, classes: list[str], chosen: str | None) -> str:
    """Which class the pictures are of: one of those there are, or a new name."""
    label = say("pictures.into_unknown" if group == "unknown" else "pictures.into")
    if not classes:
        key = f"pictures-into:{group}"
        return st.text_input(label, max_chars=80, help=say("pictures.into_help"), key=key, width=360) or ""
    named = st.selectbox(
        label,
        classes,
        index=classes.index(chosen) if chosen in classes else None,
        accept_new_options=True,
        placeholder=say("pictures.into_placeholder"),
        help=say("pictures.into_help"),
        key=f"pictures-into:{group}:{chosen}",
        width=360,
    )
    return named or ""


def add(domain: str, named: str, files: Sequence[UploadedFile], group: Group, principal: Principal) -> None:
    """Store every file that is a picture and every ZIP, and keep the table of what came of it.

    Raises BadInput for a class that may not be called so, and for a ZIP that cannot be used as a whole.
    """
    zips = [file for file in files if file.name.lower().endswith(".zip")]
    single = [file for file in files if file not in zips]
    tables = [ingestion_views.take(domain, file, principal, group=group) for file in zips]
    if single:
        name = class_name(named)
        refusals = [refusal for file in single if (refusal := _add_one(domain, name, file, group, principal))]
        count = ClassCount(name, len(single) - len(refusals), len(refusals))
        tables.append(IngestionTable((count,), tuple(refusals), len(refusals), 0))
    ingestion_views.keep(domain, tables)


def _add_one(domain: str, name: str, file: UploadedFile, group: Group, principal: Principal) -> Refusal | None:
    try:
        add_picture(domain, name, file.getvalue(), file_name=file.name, group=group, principal=principal)
    except BadInput as error:
        return Refusal(name, file.name, error)
    return None
