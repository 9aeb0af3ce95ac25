"""Asking the documents from the overview."""

from __future__ import annotations

import streamlit as st

from app.ui import notices
from app.ui.chat import asking
from app.ui.navigation import CHAT, KNOWLEDGE, go_to, link_to
from app.ui.texts import say
from core.knowledge.collections import list_collections
from core.knowledge.limits import LONGEST_QUESTION
from core.security.policy import Permission, Principal, is_allowed


def draw(principal: Principal) -> None:
    """A field that asks in a new conversation; where nothing can be asked yet, the way to documents."""
    if not is_allowed(principal, Permission.CHAT_USE):
        return
    with st.container(border=True, key="hero-ask"), notices.errors_shown():
        held = sum(one.documents for one in list_collections(principal=principal))
        st.markdown(f"### {say('chat.ask_documents')}")
        if not held:
            st.caption(say("chat.no_documents_hint"))
            link_to(KNOWLEDGE, say("chat.to_knowledge"))
            return
        st.caption(say("chat.can_ask", count=f"{held:,}"))
        with st.form("ask-form", border=False, clear_on_submit=True):
            question = st.text_input(
                say("chat.question"),
                max_chars=LONGEST_QUESTION,
                placeholder=say("chat.placeholder", limit=f"{LONGEST_QUESTION:,}"),
                label_visibility="collapsed",
                key="ask-question",
            )
            sent = st.form_submit_button(say("chat.ask"), type="primary", icon=":material/send:", key="ask-now")
    if sent and question.strip():
        asking.bring(question)
        go_to(CHAT)
