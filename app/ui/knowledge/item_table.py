"""The files of an ingestion as a table: what is done with each, how far it is, and why not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from app.ui import downloads, formats, resources, state
from app.ui.knowledge import words
from app.ui.navigation import KNOWLEDGE, go_to
from app.ui.texts import say, say_value
from core.knowledge.document_facts import DocumentFacts, facts_of
from core.knowledge.ingestion.plan_preview import LookedInto
from core.knowledge.ingestion.plans import IngestionItem
from core.security.policy import Principal
from core.storage.exports import INGESTED_FILES


def draw(items: Sequence[IngestionItem], principal: Principal) -> None:
    """What became of each file so far; selecting one opens its document."""
    facts = facts_of([one.document_id for one in items if one.document_id], principal=principal)
    rows = [_row(one, {"state": say_value("file_state", one.state)}, facts.get(one.document_id or "")) for one in items]
    picked = _draw_rows(rows, is_chosen_from=bool(facts))
    document = items[picked].document_id if picked is not None else None
    if document in facts:
        go_to(KNOWLEDGE, **{state.DOCUMENT: str(document)})


def draw_plan(items: Sequence[IngestionItem], looked: Mapping[int, LookedInto]) -> None:
    """What would be done with each file. looked: what was seen in them, by id."""
    _draw_rows([_planned(one, looked.get(one.id)) for one in items])


def _draw_rows(rows: Sequence[dict[str, object]], *, is_chosen_from: bool = False) -> int | None:
    """The place of the row that was selected; is_chosen_from: whether one can be."""
    if not rows:
        st.caption(say("plans.no_files"))
        return None
    column = st.column_config
    chosen = st.dataframe(
        rows,
        column_config={
            "action": column.TextColumn(say("plans.action"), width="small"),
            "state": column.TextColumn(say("ingestions.state"), width="small"),
            "name": column.TextColumn(say("plans.file"), width="medium"),
            "kind": column.TextColumn(say("documents.kind"), width="small"),
            "size": column.TextColumn(say("plans.size"), width="small"),
            "passages": column.NumberColumn(say("documents.passages"), width="small"),
            "flags": column.TextColumn(say("plans.flags")),
            "reason": column.TextColumn(say("plans.reason"), width="large"),
        },
        hide_index=True,
        alt=say("ingestions.files"),
        placeholder="–",
        on_select="rerun" if is_chosen_from else "ignore",
        selection_mode="single-row",
        key="ingestion-files" if is_chosen_from else "plan-files",
    )
    if is_chosen_from:
        st.caption(say("ingestions.open_document"))
    downloads.offer(
        INGESTED_FILES, say("plans.download"), lambda: _as_csv(rows), "files.csv", "text/csv", looks="tertiary",
        key="ingestion-files-csv",
    )  # fmt: skip
    return next(iter(chosen.selection.rows), None) if is_chosen_from else None


def _as_csv(rows: Sequence[dict[str, object]]) -> bytes:
    return resources.rows_as_csv([{**row, "passages": row["passages"] or 0} for row in rows])


def _row(one: IngestionItem, told: dict[str, str], facts: DocumentFacts | None) -> dict[str, object]:
    return {
        "action": say_value("plan_action", one.action), **told, "name": one.name,
        "kind": words.kind(one.doc_type, facts.format if facts else ""),
        "size": formats.size(one.bytes) if one.bytes is not None else "–",
        "passages": one.passages or None, "flags": words.flags(facts.flags) if facts else "",
        "reason": words.sentence(one.error) if one.error else "",
    }  # fmt: skip


def _planned(one: IngestionItem, looked: LookedInto | None) -> dict[str, object]:
    row = _row(one, {}, None)
    if looked is None:
        return row
    if looked.problem is not None:
        reason = words.sentence({"key": looked.problem.key, "details": looked.problem.details})
        return {**row, "action": say_value("plan_action", "unreadable"), "reason": reason}
    kind = words.kind(one.doc_type, looked.format)
    return {**row, "passages": looked.passages, "flags": words.flags(looked.flags), "kind": kind}
