"""The documents of a collection: filtered, a page at a time, opened or removed."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.ui import formats, notices, state
from app.ui.knowledge import filters, undo, words
from app.ui.navigation import KNOWLEDGE, go_to
from app.ui.texts import say, say_value
from core.knowledge.collections import Collection
from core.knowledge.document_facts import DocumentFacts, facts_of
from core.knowledge.documents import Document, list_documents
from core.security.policy import Permission, Principal, is_allowed

PAGE = 50  # documents at a time


def draw(one: Collection, principal: Principal) -> None:
    """All of the tab."""
    if not one.documents:
        hint = "documents.none_hint" if one.is_editable else "documents.none_reader_hint"
        notices.empty("documents.none", hint, icon=":material/description:")
        return
    title, language, types = _draw_filter(one, principal)
    page_key = f"documents-page:{one.id}:{title}:{language}:{types}"
    place = st.empty()
    page = int(state.kept(page_key) or 1)
    found = list_documents(
        collection_id=one.id, title=title, language=language, doc_types=types, principal=principal, limit=PAGE,
        offset=PAGE * (page - 1),
    )  # fmt: skip
    place.caption(say("documents.found", count=f"{found.total:,}"))
    if not found.documents:
        st.caption(say("documents.nothing_matches"))
        return
    facts = facts_of([document.id for document in found.documents], principal=principal)
    marked = _draw_rows(found.documents, facts)
    if found.total > PAGE:
        chosen = st.pagination(-(-found.total // PAGE), key=page_key)
        if chosen != page:
            state.keep(page_key, chosen)
            st.rerun()
    _draw_actions(marked, one, principal)


def _draw_filter(one: Collection, principal: Principal) -> tuple[str, str | None, tuple[str, ...]]:
    title, language = st.columns([3, 1])
    part = title.text_input(say("documents.filter"), placeholder=say("documents.filter_hint"), key="documents-filter")
    with language:
        chosen = filters.draw_language("documents-language")
    return (part or "").strip(), chosen, filters.draw_types("documents-types", (one.id,), principal)


def _draw_rows(documents: Sequence[Document], facts: dict[str, DocumentFacts]) -> list[Document]:
    column = st.column_config
    chosen = st.dataframe(
        [_row(one, facts.get(one.id)) for one in documents],
        column_config={
            "title": column.TextColumn(say("documents.title"), width=260),
            "kind": column.TextColumn(say("documents.kind"), width="small"),
            "language": column.TextColumn(say("documents.language"), width="small"),
            "pages": column.NumberColumn(say("documents.pages"), width="small"),
            "passages": column.NumberColumn(say("documents.passages"), width="small"),
            "version": column.NumberColumn(say("documents.version"), width="small"),
            "state": column.TextColumn(say("documents.state"), width="small"),
            "flags": column.TextColumn(say("plans.flags"), width="small"),
            "updated": column.TextColumn(say("documents.updated")),
        },
        hide_index=True,
        alt=say("documents.found", count=len(documents)),
        placeholder="–",
        on_select="rerun",
        selection_mode="multi-row",
        key="documents-table",
    )
    return [documents[place] for place in chosen.selection.rows if place < len(documents)]


def _row(one: Document, facts: DocumentFacts | None) -> dict[str, object]:
    return {
        "title": one.title,
        "kind": words.kind(one.doc_type, one.format),
        "language": words.language(one.language),
        "pages": facts.pages if facts else None,
        "passages": facts.passages if facts else None,
        "version": one.version,
        "state": say_value("document_state", one.state),
        "flags": words.flags(facts.flags) if facts else "",
        "updated": formats.moment(one.updated_at),
    }


def _draw_actions(marked: Sequence[Document], one: Collection, principal: Principal) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="document-actions"):
        if not marked:
            st.caption(say("documents.choose"))
            return
        if len(marked) == 1:
            if st.button(say("documents.open"), type="primary", icon=":material/open_in_new:", key="document-open"):
                go_to(KNOWLEDGE, **{state.DOCUMENT: marked[0].id})
        else:
            st.markdown(say("documents.marked", count=len(marked)))
        may_write = one.is_editable and is_allowed(principal, Permission.KNOWLEDGE_WRITE)
        if may_write and st.button(say("documents.remove"), icon=":material/delete:", key="documents-remove"):
            with notices.errors_shown():
                undo.take_documents([document.id for document in marked], one.id, principal)
                st.rerun()
