"""The open conversation as a file, with the sources of every answer."""

from __future__ import annotations

import streamlit as st

from app.ui import downloads, notices, state
from app.ui.texts import say, say_value
from core.chat.conversations import Conversation
from core.chat.exporting import export_conversation
from core.security.policy import Principal
from core.storage.exports import CONVERSATION

FORMS = {"markdown": ("md", "text/markdown"), "pdf": ("pdf", "application/pdf"), "json": ("json", "application/json")}


def draw(conversation: Conversation, principal: Principal) -> None:
    """A download for each form; the file is made when it is asked for, by the rights of that moment."""
    with st.popover(say("chat.export"), icon=":material/download:", key="chat-export"):
        st.caption(say("chat.export_help"))
        for form, (ending, mime) in FORMS.items():
            with notices.errors_shown():
                downloads.offer(
                    CONVERSATION, say_value("chat_form", form),
                    lambda form=form: made(conversation.id, form, principal),
                    f"conversation-{conversation.id[:8]}.{ending}", mime, target=conversation.id,
                    key=f"chat-export-{form}",
                )  # fmt: skip


def made(conversation_id: str, form: str, principal: Principal) -> bytes:
    """The content of the file."""
    return export_conversation(conversation_id, form, language=state.language(), principal=principal)  # type: ignore[arg-type]
