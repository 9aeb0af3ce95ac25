"""What was removed last in this visit, and the way back."""

from __future__ import annotations

import streamlit as st

from app.ui import formats, notices, state
from app.ui.navigation import KNOWLEDGE, go_to
from app.ui.texts import say
from core.knowledge.collections import Collection, remove_collection, restore_collection
from core.knowledge.documents import RemovedDocuments, remove_documents, restore_documents
from core.security.policy import Principal

COLLECTION = "removed-collection"


def take_collection(one: Collection, principal: Principal) -> None:
    """Remove a collection and go to the list. Raises NotFound, NotAllowed."""
    remove_collection(one.id, principal=principal)
    state.keep(COLLECTION, (one.id, one.name))
    go_to(KNOWLEDGE)


def draw_collection(principal: Principal) -> None:
    """The way back for a collection."""
    removed: tuple[str, str] | None = state.kept(COLLECTION)
    if removed is None:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="collection-undo"):
        st.markdown(say("collections.removed", name=formats.plain(removed[1])), width="stretch")
        if st.button(say("documents.undo"), icon=":material/undo:", key="undo-collection"):
            with notices.errors_shown():
                state.forget(COLLECTION)
                restore_collection(removed[0], principal=principal)
                go_to(KNOWLEDGE, **{state.COLLECTION: removed[0]})


def take_documents(ids: list[str], collection_id: str, principal: Principal) -> None:
    """Remove documents and remember them. Raises NotFound, NotAllowed."""
    state.keep(_documents(collection_id), remove_documents(ids, principal=principal))


def draw_documents(collection_id: str, principal: Principal) -> None:
    """The way back for documents of a collection."""
    removed: RemovedDocuments | None = state.kept(_documents(collection_id))
    if removed is None:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="documents-undo"):
        st.markdown(say("documents.removed", count=len(removed.ids)), width="stretch")
        if st.button(say("documents.undo"), icon=":material/undo:", key="undo-documents"):
            with notices.errors_shown():
                state.forget(_documents(collection_id))
                restore_documents(removed, principal=principal)
                st.rerun()


def _documents(collection_id: str) -> str:
    return f"removed-documents:{collection_id}"
