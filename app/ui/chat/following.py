"""An answer in the making: which part of the work it is at, what is written so far, and a way to stop it."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from html import escape

import streamlit as st

from app.ui import notices, state
from app.ui.texts import say, say_value
from core.chat.answering import Update, follow, stop
from core.chat.messages import Message
from core.errors import WorkbenchError
from core.security.policy import Principal
from core.telemetry.logs import get_logger

LOOK_AGAIN_S = 0.2
log = get_logger("ui")


@dataclass
class Heard:
    """What a visit has heard of an answer so far; written by a thread beside the page, which so never waits."""

    update: Update
    is_over: bool = False


def draw(message: Message, principal: Principal) -> None:
    """Follow the answer until it stands, then draw the page anew; a reload goes on where the answer is then."""

    def watch() -> None:
        heard = _listening(message.id, principal)
        if heard.is_over:
            state.forget(_name(message.id))
            st.rerun()
        with st.container(horizontal=True, vertical_alignment="center", key=f"chat-live-{message.id}"):
            st.markdown(f":material/progress_activity: {say_value('chat_stage', heard.update.stage)}")
            if st.button(say("chat.stop"), icon=":material/stop_circle:", key=f"chat-stop-{message.id}"):
                with notices.errors_shown():
                    stop(message.id, principal=principal)
        if heard.update.text:
            st.html(
                f'<div class="chat-draft"><div class="chat-draft-head">{escape(say("chat.draft"))}</div>'
                f"{escape(heard.update.text)}</div>"
            )

    st.fragment(watch, run_every=LOOK_AGAIN_S)()


def _listening(answer_id: str, principal: Principal) -> Heard:
    """What was heard, and somebody who listens on."""
    heard: Heard | None = state.kept(_name(answer_id))
    if heard is None:
        heard = Heard(Update("searching"))
        state.keep(_name(answer_id), heard)
        threading.Thread(target=_listen, args=(heard, answer_id, principal), name="chat-follow", daemon=True).start()
    return heard


def _listen(heard: Heard, answer_id: str, principal: Principal) -> None:
    try:
        for update in follow(answer_id, principal=principal):
            heard.update = update
    except WorkbenchError as error:  # the page is drawn anew and meets it there, where it still holds
        log.info("following_failed", message_id=answer_id, error=error.key)
    finally:
        heard.is_over = True


def _name(answer_id: str) -> str:
    return f"chat-follow-{answer_id}"
