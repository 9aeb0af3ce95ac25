"""The data dictionary of a dataset's columns: labels in both languages, editable, importable, exportable."""

from __future__ import annotations

from typing import Any

import streamlit as st

from app.ui import downloads, notices, resources, state, uploading
from app.ui.texts import say
from core.datasets.dictionary import DictionaryEntry, entries, import_mapping_csv, set_entries
from core.datasets.rows import Dataset
from core.security.policy import Permission, Principal, is_allowed
from core.storage.exports import DICTIONARY

IMPORT, EDITOR = "dictionary-import", "dictionary-editor"


def draw(dataset: Dataset, principal: Principal) -> None:
    """An editable table with one row a column; what is changed there reaches every page after saving."""
    known = entries(dataset.room)
    rows = [_row(known.get(name, DictionaryEntry(name))) for name in dataset.columns]
    may_write = is_allowed(principal, Permission.DATASETS_WRITE)
    column = st.column_config
    edited: list[dict[str, Any]] = st.data_editor(
        rows,
        column_config={
            "column": column.TextColumn(say("words.column"), disabled=True, pinned=True),
            "label_ko": column.TextColumn(say("words.label_ko"), max_chars=200),
            "label_en": column.TextColumn(say("words.label_en"), max_chars=200),
            "description": column.TextColumn(say("words.description"), width="large", max_chars=2000),
            "unit": column.TextColumn(say("words.unit"), width="small", max_chars=60),
        },
        hide_index=True,
        alt=say("datasets.tab_words"),
        height="content",
        disabled=not may_write,
        key=state.generation(EDITOR),
    )
    changed = [DictionaryEntry(**_texts(new)) for new, old in zip(edited, rows, strict=True) if new != old]
    with st.container(horizontal=True, vertical_alignment="center"):
        if may_write and st.button(
            say("words.save", count=len(changed)),
            type="primary",
            icon=":material/save:",
            disabled=not changed,
            key="words-save",
        ):
            with notices.errors_shown():
                set_entries(changed, room=dataset.room, principal=principal)
                _done(say("words.saved", count=len(changed)))
        downloads.offer(
            DICTIONARY, say("words.export"), lambda: resources.rows_as_csv(edited), f"dictionary_{dataset.room}.csv",
            "text/csv",
        )  # fmt: skip
    if may_write:
        _draw_import(dataset, principal)


def _row(entry: DictionaryEntry) -> dict[str, str]:
    return {
        "column": entry.column,
        "label_ko": entry.label_ko,
        "label_en": entry.label_en,
        "description": entry.description,
        "unit": entry.unit,
    }


def _texts(row: dict[str, Any]) -> dict[str, str]:
    return {name: (value or "").strip() for name, value in row.items()}


def _draw_import(dataset: Dataset, principal: Principal) -> None:
    with st.expander(say("words.import"), icon=":material/upload_file:"):
        file = st.file_uploader(say("words.import_file"), type=["csv"], key=state.generation(IMPORT))
        st.caption(say("words.import_hint"))
        if file is not None and st.button(say("words.import_now"), icon=":material/check:", key="words-import"):
            with notices.errors_shown(), uploading.on_disk(file) as path:
                imported = import_mapping_csv(path, file.name, room=dataset.room, principal=principal)
                state.reset(IMPORT)
                _done(say("words.imported", count=len(imported)))


def _done(message: str) -> None:
    state.reset(EDITOR)
    notices.flash(message)
    st.rerun()
