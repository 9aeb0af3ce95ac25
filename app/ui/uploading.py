"""From an upload field to a parsed table and a name to store it under.

The bytes lie in a file of their own only while they are read.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from app.ui import notices, resources, state
from app.ui.texts import say
from core.datasets.mapping import chosen_columns, suggest_mapping
from core.datasets.schemas import Schema
from core.datasets.uploads import UploadedTable, read_upload
from core.errors import UploadRejected
from core.settings.current import get_settings

if TYPE_CHECKING:
    import polars
    from streamlit.runtime.uploaded_file_manager import UploadedFile

TYPES = ("csv", "tsv", "txt", "xlsx", "parquet")


def limit_mb() -> int:
    return get_settings().upload_limit_mb


def draw_field(label: str, upload: str, *, help_text: str) -> UploadedFile | None:
    """The field for one table. upload: names the upload to `state`, which empties the field with `reset`."""
    return st.file_uploader(
        label, type=list(TYPES), max_upload_size=limit_mb(), help=help_text, key=state.generation(upload)
    )


def draw_save(label: str, suggestion: str, upload: str, *, key: str) -> str | None:
    """Under which name to store, once the button `label` (`key`-save) was pressed; another one puts the file away."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input(
            say("datasets.name"), suggestion, max_chars=120, key=f"name:{state.generation(upload)}", width=360
        )
        is_pressed = st.button(label, type="primary", icon=":material/save:", key=f"{key}-save")
        if st.button(say("datasets.discard"), icon=":material/close:", key=f"{key}-discard"):
            state.reset(upload)
            st.rerun()
    return (name or suggestion) if is_pressed else None


def done(name: str, upload: str) -> None:
    """What follows when the dataset `name` was stored: the field is empty again, and lists know of it."""
    resources.has_datasets.clear()
    state.reset(upload)
    notices.flash(say("datasets.saved", name=name))


@contextmanager
def on_disk(file: UploadedFile) -> Iterator[Path]:
    """The upload as a file, while the block lasts."""
    with tempfile.NamedTemporaryFile(suffix=Path(file.name).suffix) as parked:
        parked.write(file.getbuffer())
        parked.flush()
        yield Path(parked.name)


def read(file: UploadedFile, sheet: str | None = None) -> UploadedTable:
    """The parsed table, kept for this visit while the upload stays the same. Raises UploadRejected."""
    kept: tuple[tuple[str, str | None], UploadedTable] | None = state.kept("upload-table")
    if kept is not None and kept[0] == (file.file_id, sheet):
        return kept[1]
    with on_disk(file) as path:
        table = read_upload(path, file.name, limit_bytes=get_settings().upload_limit_bytes, sheet=sheet)
    state.keep("upload-table", ((file.file_id, sheet), table))
    return table


def choose_sheet(file: UploadedFile, key: str) -> str | None:
    """Which sheet of a workbook to read; no question where there is only one."""
    try:
        sheets = read(file, state.kept(f"sheet:{file.file_id}")).sheets
    except UploadRejected as error:
        if error.key != "uploads.several_sheets":
            raise
        sheets = error.details["titles"]  # type: ignore[assignment]
    if len(sheets) < 2:
        return None
    chosen = st.selectbox(say("upload.sheet", count=len(sheets)), sheets, key=f"{key}-sheet")
    state.keep(f"sheet:{file.file_id}", chosen)
    return str(chosen)


def suggested(frame: polars.DataFrame, schema: Schema) -> dict[str, str]:
    """The columns of `frame` as the expected ones, as far as their names tell."""
    return chosen_columns(suggest_mapping(frame.columns, schema))
