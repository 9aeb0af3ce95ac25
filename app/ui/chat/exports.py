"""The open conversation as a file, with the sources of every answer."""

from __future__ import annotations

import streamlit as st

from app.ui import notices, state
from app.ui.texts import say, say_value
from core.chat.conversations import Conversation
from core.chat.exporting import export_conversation
from core.security.policy import Principal

FORMS = {"markdown": ("md", "text/markdown"), "pdf": ("pdf", "application/pdf"), "json": ("json", "application/json")}


def draw(conversation: Conversation, principal: Principal) -> None:
    """A download for each form; the file is made when it is asked for, by the rights of that moment."""
    with st.popover(say("chat.export"), icon=":material/download:", key="chat-export"):
        st.caption(say("chat.export_help"))
        for form, (ending, mime) in FORMS.items():
            with notices.errors_shown():
                st.download_button(
                    say_value("chat_form", form),
                    lambda form=form: made(conversation.id, form, principal),
                    file_name=f"conversation-{conversation.id[:8]}.{ending}",
                    mime=mime,
                    icon=":material/download:",
                    on_click="ignore",
                    key=f"chat-export-{form}",
                )


def made(conversation_id: str, form: str, principal: Principal) -> bytes:
    """The content of the file."""
    return export_conversation(conversation_id, form, language=state.language(), principal=principal)  # type: ignore[arg-type]
