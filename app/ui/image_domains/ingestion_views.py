"""Bringing a ZIP of class folders into a domain: progress while it is read, and what was taken and refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from app.ui import downloads, resources, state, uploading
from app.ui.texts import say
from core.images.ingestion import ClassCount, IngestionTable
from core.images.pictures import Group, add_archive
from core.security.policy import Principal
from core.storage.exports import IMAGE_REFUSALS

STEPS = 100  # a message to the browser for each file would take longer than the file


def take(domain: str, file: UploadedFile, principal: Principal, *, group: Group = "pictures") -> IngestionTable:
    """Store the pictures of a ZIP. Raises as add_archive does."""
    bar = st.progress(0.0, text=say("ingestion.reading", name=file.name))
    shown = 0

    def tell(done: int, total: int) -> None:
        nonlocal shown
        if (step := STEPS * done // max(total, 1)) > shown:
            shown = step
            bar.progress(step / STEPS, text=say("ingestion.progress", done=f"{done:,}", total=f"{total:,}"))

    with uploading.on_disk(file) as path:
        table = add_archive(domain, path, name=file.name, group=group, principal=principal, progress=tell)
    bar.empty()
    return table


def keep(domain: str, tables: Sequence[IngestionTable]) -> None:
    """Several tables as the one that `draw` shows."""
    counts: dict[str, list[int]] = {}
    for one in (one for table in tables for one in table.classes):
        taken, refused = counts.get(one.class_name, (0, 0))
        counts[one.class_name] = [taken + one.taken, refused + one.refused]
    classes = tuple(ClassCount(name, *both) for name, both in sorted(counts.items()))
    refusals = tuple(refusal for table in tables for refusal in table.refusals)
    refused, passed = sum(table.refused for table in tables), sum(table.system_files for table in tables)
    state.keep(_kept(domain), IngestionTable(classes, refusals, refused, passed))


def draw(domain: str) -> None:
    """What came of the last ZIP of this visit, until it is put away."""
    table: IngestionTable | None = state.kept(_kept(domain))
    if table is None:
        return
    taken = sum(one.taken for one in table.classes)
    with st.container(border=True, key="ingestion"):
        with st.container(horizontal=True, vertical_alignment="center"):
            words = say("ingestion.done", taken=f"{taken:,}", refused=f"{table.refused:,}", classes=len(table.classes))
            st.markdown(f"**{words}**", width="stretch")
            if st.button(say("ingestion.close"), icon=":material/close:", type="tertiary", key="ingestion-close"):
                state.forget(_kept(domain))
                st.rerun()
        if table.empty_classes:
            st.warning(say("ingestion.empty_classes", names=", ".join(table.empty_classes)), icon=":material/warning:")
        if table.system_files:
            st.caption(say("ingestion.system_files", count=f"{table.system_files:,}"))
        _draw_rows("classes", words, domain, class_rows(table))
        refusals = refusal_rows(table)
        if refusals:
            st.markdown(f"**{say('ingestion.refused_files')}**")
            if len(refusals) < table.refused:
                st.caption(say("ingestion.first_refusals", count=f"{len(refusals):,}"))
            _draw_rows("refused", say("ingestion.refused_files"), domain, refusals)


def class_rows(table: IngestionTable) -> list[dict[str, Any]]:
    """One row per class."""
    name, taken, refused = say("ingestion.class"), say("ingestion.taken"), say("ingestion.refused")
    return [{name: one.class_name, taken: one.taken, refused: one.refused} for one in table.classes]


def refusal_rows(table: IngestionTable) -> list[dict[str, Any]]:
    """One row per refused file, with the reason in the visitor's language."""
    name, file, reason = say("ingestion.class"), say("ingestion.file"), say("ingestion.reason")
    language = state.language()
    return [
        {name: one.class_name or "–", file: one.file_name, reason: one.error.text(language)} for one in table.refusals
    ]


def _draw_rows(kind: str, title: str, domain: str, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    st.dataframe(rows, hide_index=True, height="auto", key=f"ingestion-{kind}", alt=title)
    downloads.offer(
        IMAGE_REFUSALS, say("ingestion.download"), lambda: resources.rows_as_csv(rows), f"{domain}_{kind}.csv",
        "text/csv", target=domain, looks="tertiary", key=f"ingestion-{kind}-csv",
    )  # fmt: skip


def _kept(domain: str) -> str:
    return f"ingestion:{domain}"
