"""One document: what it is, its passages with their places, its earlier versions, and the file it came from."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.ui import choosing, downloads, formats, notices, state
from app.ui.knowledge import collection_views, links, marked_text, undo, words
from app.ui.navigation import KNOWLEDGE, go_to
from app.ui.texts import say, say_value
from core.knowledge.collections import get_collection
from core.knowledge.documents import Document, DocumentVersion, get_document, list_versions, original_of
from core.knowledge.passages.stored import StoredPassage, passages_of
from core.security.policy import Permission, Principal, is_allowed
from core.storage.exports import DOCUMENT

PAGE = 20  # passages at a time
MOST_NOTES = 50


def draw(document_id: str, principal: Principal) -> None:
    """All of the document. Raises NotFound."""
    one = get_document(document_id, principal=principal)
    versions = list_versions(one.id, principal=principal)
    collection_views.to_collection(one.collection_id)
    version = _draw_head(one, versions, principal)
    _draw_notes(version)
    passages = passages_of(one.id, version=version.number, principal=principal)
    _draw_passages(passages, one)
    _draw_versions(versions, one)


def _draw_head(one: Document, versions: Sequence[DocumentVersion], principal: Principal) -> DocumentVersion:
    with st.container(border=True, key="hero-document"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"### {formats.plain(one.title)}", width="stretch")
            st.badge(words.kind(one.doc_type, one.format), color="gray")
            if one.state != "serving":
                st.badge(say_value("document_state", one.state), color="orange", icon=":material/warning:")
        numbers = [version.number for version in versions]
        chosen = one.version
        if len(numbers) > 1:
            chosen = st.selectbox(
                say("documents.version"), numbers, index=numbers.index(one.version),
                format_func=lambda number: say("documents.version_number", number=number),
                key=f"document-version:{one.id}", width=220,
            )  # fmt: skip
        version = next(found for found in versions if found.number == chosen)
        facts = st.columns(4)
        facts[0].metric(say("documents.passages"), f"{version.passages:,}")
        facts[1].metric(say("documents.pages"), formats.number(version.pages))
        facts[2].metric(say("documents.language"), words.language(version.language))
        facts[3].metric(say("plans.size"), formats.size(version.bytes))
        st.caption(
            " · ".join(
                [formats.plain(version.name), formats.moment(version.created_at), formats.plain(version.encoder_id)]
            )
        )
        if one.state != "serving":
            st.warning(say("documents.outdated_help"), icon=":material/warning:")
        if version.number != one.version:
            st.info(say("documents.earlier_version", number=one.version), icon=":material/history:")
        with st.container(horizontal=True, vertical_alignment="center"):
            downloads.offer(
                DOCUMENT, say("documents.download"),
                lambda: original_of(one.id, version=version.number, principal=principal).content,
                version.name, target=one.id, key="document-original",
            )  # fmt: skip
            _draw_remove(one, principal)
    return version


def _draw_remove(one: Document, principal: Principal) -> None:
    collection = get_collection(one.collection_id, principal=principal)
    if not collection.is_editable or not is_allowed(principal, Permission.KNOWLEDGE_WRITE):
        return
    if st.button(say("documents.remove"), icon=":material/delete:", key="document-remove"):
        with notices.errors_shown():
            undo.take_documents([one.id], one.collection_id, principal)
            go_to(KNOWLEDGE, **{state.COLLECTION: one.collection_id})


def _draw_notes(version: DocumentVersion) -> None:
    if not version.notes:
        return
    title = say("documents.notes", count=len(version.notes))
    with st.expander(title, icon=":material/policy_alert:", expanded=False, key="document-notes"):
        for note in version.notes[:MOST_NOTES]:
            where = say("passages.page", page=note["page"]) if note.get("page") else note.get("sheet") or ""
            st.markdown(f"- {formats.plain(words.sentence(note))}" + (f" ({formats.plain(where)})" if where else ""))


def _draw_passages(passages: Sequence[StoredPassage], one: Document) -> None:
    st.markdown(f"#### {say('documents.passages')}")
    _, shown = choosing.one_page(passages, PAGE, key=f"passages-page:{one.id}")
    for passage in shown:
        with st.container(border=True, key=f"passage-{passage.id}"):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.caption(f"{passage.number + 1} · {words.place(passage)}", width="stretch")
                for flag in passage.flags:
                    st.badge(words.flags((flag,)), color="orange", icon=":material/policy_alert:")
                links.link_to_passage(say("passages.open"), passage.id, icon=":material/format_quote:")
            marked_text.draw(passage.text)


def _draw_versions(versions: Sequence[DocumentVersion], one: Document) -> None:
    if len(versions) < 2:
        return
    st.markdown(f"#### {say('documents.versions')}")
    st.dataframe(
        [
            {
                say("documents.version"): version.number,
                say("documents.updated"): formats.moment(version.created_at),
                say("documents.passages"): version.passages,
                say("plans.size"): formats.size(version.bytes),
                "SHA-256": version.sha256[:12],
                say("documents.state"): say("documents.answers") if version.number == one.version else "",
            }
            for version in versions
        ],
        hide_index=True,
        alt=say("documents.versions"),
        key="document-versions",
    )
