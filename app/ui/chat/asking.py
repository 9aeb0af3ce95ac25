"""The field for a question, questions to begin with, and what is said where there is nothing to ask."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.ui import notices, state
from app.ui.chat import warming
from app.ui.navigation import KNOWLEDGE, link_to
from app.ui.texts import say, say_value
from core.chat.answering import ask
from core.knowledge.collections import Collection
from core.knowledge.limits import LONGEST_QUESTION
from core.knowledge.sample_collection import SAMPLE_COLLECTION
from core.security.policy import Principal

ASKED = "chat-question"  # brought along from another page, or from an example
EXAMPLES = ("database", "length", "scanned", "lost")  # of the guide, which is there in both languages


def take(conversation_id: str | None, collections: Sequence[str], principal: Principal) -> None:
    """Ask what was typed, chosen or brought along, and open the conversation it is asked in."""
    typed = st.chat_input(
        say("chat.placeholder", limit=f"{LONGEST_QUESTION:,}"),
        max_chars=LONGEST_QUESTION,
        key="chat-input",
    )
    question = typed or state.kept(ASKED)
    state.forget(ASKED)
    if not question:
        return
    with notices.errors_shown():
        asked = ask(
            str(question),
            conversation_id=conversation_id,
            collections=collections,
            language=state.language(),
            principal=principal,
        )
        state.hold_open(state.CONVERSATION, asked.conversation_id)
        st.rerun()


def bring(question: str) -> None:
    """Have the page ask this the next time it is drawn."""
    state.keep(ASKED, question)


def draw_beginning(collections: Sequence[Collection], principal: Principal) -> None:
    """Questions that the sample collection answers; without documents, where to bring some."""
    held = sum(one.documents for one in collections)
    if not held:
        with notices.empty("chat.no_documents", "chat.no_documents_hint", icon=":material/library_add:"):
            link_to(KNOWLEDGE, say("chat.to_knowledge"))
        return
    notices.empty("chat.begin", "chat.begin_hint", icon=":material/forum:", limit=f"{LONGEST_QUESTION:,}")
    warming.begin(principal)
    if any(one.id == SAMPLE_COLLECTION and one.documents for one in collections):
        st.caption(say("chat.examples"))
        with st.container(horizontal=True, key="chat-examples"):
            for name in EXAMPLES:
                question = say_value("chat_example", name)
                st.button(
                    question,
                    icon=":material/north_east:",
                    on_click=bring,
                    args=(question,),
                    key=f"chat-example-{name}",
                )
