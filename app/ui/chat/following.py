"""An answer in the making: which part of the work it is at, what is written so far, and a way to stop it."""

from __future__ import annotations

from html import escape

import streamlit as st

from app.ui import notices
from app.ui.texts import say, say_value
from core.chat.answering import look, stop
from core.chat.messages import Message
from core.errors import WorkbenchError
from core.security.policy import Principal

LOOK_AGAIN_S = 0.2


def draw(message: Message, principal: Principal) -> None:
    """Look at the answer until it stands, then draw the page anew; a reload goes on where the answer is then."""

    def watch() -> None:
        try:
            now = look(message.id, principal=principal)
        except WorkbenchError:  # the page is drawn anew and meets it there, where it still holds
            st.rerun()
        if now.message is not None:
            st.rerun()
        with st.container(horizontal=True, vertical_alignment="center", key=f"chat-live-{message.id}"):
            st.markdown(f":material/progress_activity: {say_value('chat_stage', now.stage)}")
            if st.button(say("chat.stop"), icon=":material/stop_circle:", key=f"chat-stop-{message.id}"):
                with notices.errors_shown():
                    stop(message.id, principal=principal)
        if now.text:
            st.html(
                f'<div class="chat-draft"><div class="chat-draft-head">{escape(say("chat.draft"))}</div>'
                f"{escape(now.text)}</div>"
            )

    st.fragment(watch, run_every=LOOK_AGAIN_S)()
