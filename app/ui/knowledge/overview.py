"""Documents on the overview: how much can be asked, and what was brought in last."""

from __future__ import annotations

import streamlit as st

from app.ui import formats
from app.ui.knowledge import words
from app.ui.knowledge.ingestion_list import state_of
from app.ui.navigation import KNOWLEDGE, link_to
from app.ui.texts import say
from core.knowledge.document_facts import count_readable
from core.knowledge.ingestion.plans import list_ingestions
from core.security.policy import Permission, Principal, is_allowed


def draw(principal: Principal) -> None:
    """A card of what may be read; nothing where that is nothing, or for a role that may not read documents."""
    if not is_allowed(principal, Permission.KNOWLEDGE_READ):
        return
    documents, passages = count_readable(principal=principal)
    if not documents:
        return
    newest = list_ingestions(principal=principal, limit=1)
    with st.container(border=True, key="hero-knowledge"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"### {say('knowledge.title')}", width="stretch")
            if newest:
                words.draw_state(state_of(newest[0]))
        left, right = st.columns(2)
        left.metric(say("knowledge.documents"), f"{documents:,}")
        right.metric(say("documents.passages"), f"{passages:,}")
        with st.container(horizontal=True, vertical_alignment="center"):
            last = newest[0] if newest else None
            told = (
                say("knowledge.last", source=formats.plain(last.source), when=formats.ago(last.created_at))
                if last
                else ""
            )
            st.caption(told, width="stretch")
            link_to(KNOWLEDGE, say("knowledge.open"))
