"""One collection: its head, what is being brought in, its documents, earlier ingestions, search and sharing."""

from __future__ import annotations

import streamlit as st

from app.ui import formats, notices, state
from app.ui.knowledge import (
    bring_in,
    collection_list,
    document_table,
    ingestion_list,
    search_views,
    sharing,
    undo,
)
from app.ui.navigation import KNOWLEDGE, go_to
from app.ui.texts import say, say_value
from core.knowledge.collections import Collection, get_collection
from core.security.policy import Permission, Principal, is_allowed, may_see

READING = ("documents", "search", "ingestions")
CHANGING = ("documents", "bring_in", "search", "ingestions")
OWNING = (*CHANGING, "sharing")


def draw(collection_id: str, principal: Principal) -> None:
    """All of the collection. Raises NotFound."""
    one = get_collection(collection_id, principal=principal)
    _draw_head(one, principal)
    ingestion_list.draw_unfinished(one.id, principal)
    may_write = one.is_editable and is_allowed(principal, Permission.KNOWLEDGE_WRITE)
    is_owner = may_write and may_see(principal, one.owner)
    names = OWNING if is_owner else CHANGING if may_write else READING
    labels = [say_value("collection_tab", name) for name in names]
    for name, tab in zip(names, st.tabs(labels, on_change="rerun", key="collection-tabs"), strict=True):
        if not tab.open:
            continue
        with tab, notices.errors_shown():
            if name == "documents":
                undo.draw_documents(one.id, principal)
                document_table.draw(one, principal)
            elif name == "bring_in":
                bring_in.draw(one, principal)
            elif name == "search":
                search_views.draw((one,), principal)
            elif name == "ingestions":
                ingestion_list.draw(one.id, principal)
            else:
                sharing.draw(one, principal)


def _draw_head(one: Collection, principal: Principal) -> None:
    if st.button(say("collections.back"), icon=":material/arrow_back:", type="tertiary", key="collections-back"):
        go_to(KNOWLEDGE)
    with st.container(border=True, key="hero-collection"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"### {formats.plain(one.name)}", width="stretch")
            collection_list.draw_sharing(one, principal)
        if one.description:
            st.caption(formats.plain(one.description))
        st.caption(say("collections.documents", count=f"{one.documents:,}"))


def to_collection(collection_id: str) -> None:
    """The way back from a document, a passage or an ingestion."""
    if st.button(say("collections.to_collection"), icon=":material/arrow_back:", type="tertiary", key="to-collection"):
        go_to(KNOWLEDGE, **{state.COLLECTION: collection_id})
