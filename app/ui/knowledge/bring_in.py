"""Bringing documents into a collection: files, a web page, a folder, a database query; each leads to a plan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import streamlit as st

from app.ui import notices, state, uploading
from app.ui.knowledge import findings
from app.ui.navigation import KNOWLEDGE, go_to
from app.ui.texts import say, say_value
from core.errors import BadInput
from core.knowledge.collections import Collection
from core.knowledge.ingestion.database_source import connection_names, query
from core.knowledge.ingestion.plans import plan
from core.knowledge.ingestion.sources import Listed, archive, files, named_folder, web_page
from core.knowledge.ingestion.typed_documents import table_rows
from core.security.policy import Permission, Principal, is_allowed
from core.settings.current import get_settings

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

UPLOAD = "documents-upload"
TYPES = (
    "pdf", "docx", "xlsx", "xlsm", "xls", "csv", "tsv", "html", "htm", "md", "markdown", "eml", "txt", "zip",
)  # fmt: skip
FIRST_ROWS = 5


def draw(one: Collection, principal: Principal) -> None:
    """The ways that are open here, and the form of the chosen one."""
    ways: dict[str, Callable[[Principal], Listed | None]] = {"files": _files, "web": _web}
    if get_settings().knowledge_folders:
        ways["folder"] = _folder
    if is_allowed(principal, Permission.KNOWLEDGE_QUERY) and connection_names(principal=principal):
        ways["database"] = _database
    ways["workbench"] = findings.draw
    way = st.segmented_control(
        say("bring.way"), list(ways), format_func=lambda name: say_value("bring_way", name), default="files",
        required=True, key="bring-way",
    )  # fmt: skip
    st.caption(say_value("bring_way_help", str(way)))
    with st.container(border=True, key="bring-in"), notices.errors_shown():
        source = ways[str(way)](principal)
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button(
            say("bring.plan"), type="primary", icon=":material/checklist:", disabled=source is None, key="bring-plan"
        )
        force = st.checkbox(say("bring.force"), help=say("bring.force_help"), key="bring-force")
    st.caption(say("bring.nothing_changes"))
    if pressed and source is not None:
        with notices.errors_shown():
            _plan(one, source, force=force, principal=principal)


def _plan(one: Collection, source: Listed, *, force: bool, principal: Principal) -> None:
    with st.spinner(say("bring.planning"), show_time=True):
        made = plan(one.id, source, force=force, principal=principal)
    state.reset(UPLOAD)
    go_to(KNOWLEDGE, **{state.INGESTION: made.id})


def _files(principal: Principal) -> Listed | None:
    brought = st.file_uploader(
        say("bring.files"), type=list(TYPES), accept_multiple_files=True, max_upload_size=uploading.limit_mb(),
        key=state.generation(UPLOAD),
    )  # fmt: skip
    if not brought:
        return None
    if len(brought) == 1 and PurePosixPath(brought[0].name).suffix.lower() == ".zip":
        is_whole = st.checkbox(say("bring.whole"), help=say("bring.whole_help"), key="bring-whole")
        return archive(brought[0].getvalue(), name=brought[0].name, is_whole=is_whole)
    return files(_contents(brought))


def _contents(brought: Sequence[UploadedFile]) -> dict[str, bytes]:
    """By name; a second file of the same name is told and left out."""
    contents: dict[str, bytes] = {}
    for file in brought:
        if file.name in contents:
            notices.show_error(BadInput("knowledge.key_twice", name=file.name))
        else:
            contents[file.name] = file.getvalue()
    return contents


def _web(principal: Principal) -> Listed | None:
    url = st.text_input(say("bring.url"), placeholder="https://", key="bring-url")
    return web_page(url) if url and url.strip() else None


def _folder(principal: Principal) -> Listed | None:
    names = [pair.partition("=")[0] for pair in get_settings().knowledge_folders]
    name = st.selectbox(say("bring.folder"), names, key="bring-folder", width=360)
    return named_folder(name) if name else None


def _database(principal: Principal) -> Listed | None:
    """Rows are fetched once and kept for this visit, so that columns can be chosen without asking again."""
    connection = st.selectbox(
        say("bring.connection"), connection_names(principal=principal), key="bring-connection", width=360
    )
    sql = st.text_area(say("bring.sql"), placeholder="SELECT id, title, body FROM notes", key="bring-sql")
    if st.button(say("bring.fetch"), icon=":material/database:", key="bring-fetch", disabled=not (connection and sql)):
        rows = query(str(connection), sql or "", principal=principal)
        state.keep("query-rows", (connection, sql, rows))
    kept = state.kept("query-rows")
    if kept is None or kept[:2] != (connection, sql):
        return None
    rows = kept[2]
    st.caption(say("bring.rows", count=f"{len(rows):,}"))
    if not rows:
        return None
    st.dataframe(rows[:FIRST_ROWS], hide_index=True, alt=say("bring.rows", count=f"{len(rows):,}"), key="query-rows")
    columns = list(rows[0])
    left, right = st.columns(2)
    key = left.selectbox(say("bring.key"), columns, help=say("bring.key_help"), key="bring-key")
    title = right.selectbox(say("bring.title"), columns, index=min(1, len(columns) - 1), key="bring-title")
    return table_rows(rows, key=str(key), title=str(title), name=str(connection))
