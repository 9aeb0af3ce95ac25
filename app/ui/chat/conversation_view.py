"""The messages of a conversation in their order, each answer with what can be done about it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.ui import notices, state
from app.ui.chat import answer_view, following, plain_text, remarks, retrieval_panel
from app.ui.texts import say, say_value
from core.chat.answering import ask_again
from core.chat.feedback import Feedback, feedback_on
from core.chat.messages import Message
from core.chat.preferences import ChatPreferences
from core.security.policy import Principal

TURNS = 10  # drawn without being asked for
UNFINISHED = ("stopped", "failed", "interrupted")


def draw(messages: Sequence[Message], preferences: ChatPreferences, principal: Principal) -> None:
    """The last turns, earlier ones on demand."""
    shown = _chosen(messages)
    said = feedback_on(messages[0].conversation_id, principal=principal) if messages else {}
    questions = {message.number: message for message in messages if message.role == "user"}
    for message in shown:
        if message.role == "user":
            with st.chat_message("user", avatar=":material/person:"):
                plain_text.draw(message.text, "chat-question")
            continue
        with st.chat_message("assistant", avatar=":material/menu_book:"):
            if message.state == "generating":
                following.draw(message, principal)
            else:
                _draw_answer(message, questions.get(message.number - 1), said, preferences, principal)


def _chosen(messages: Sequence[Message]) -> Sequence[Message]:
    if not messages:
        return messages
    kept = f"chat-turns-{messages[0].conversation_id}"
    most = state.kept(kept) or 2 * TURNS
    earlier = len(messages) - most
    if earlier > 0 and st.button(say("chat.earlier", count=earlier), icon=":material/expand_less:", key="chat-earlier"):
        state.keep(kept, most + 4 * TURNS)
        st.rerun()
    return messages[max(0, earlier) :]


def _draw_answer(
    message: Message, question: Message | None, said: dict[str, Feedback], preferences: ChatPreferences,
    principal: Principal,
) -> None:  # fmt: skip
    """In a fragment of its own: reading a passage or saying what one thinks leaves the other answers alone."""

    def answer() -> None:
        with notices.errors_shown():
            if message.state in UNFINISHED:
                _draw_unfinished(message, question, principal)
            if message.answer is not None:
                answer_view.draw(message.id, message.answer)
                remarks.draw(message, said, principal)
                if preferences.shows_retrieval and message.answer.sources:
                    retrieval_panel.draw(message.id, message.answer, principal)

    st.fragment(answer)()


def _draw_unfinished(message: Message, question: Message | None, principal: Principal) -> None:
    """Why there is no whole answer, and another try."""
    with st.container(key=f"chat-unfinished-{message.id}", gap="xsmall"):
        if message.error is not None:
            st.warning(plain_text.escaped(message.error.text(state.language())), icon=":material/warning:")
        elif message.state == "stopped":
            st.info(say_value("chat_ended", message.state), icon=":material/info:")
        else:
            st.warning(say_value("chat_ended", message.state), icon=":material/warning:")
        if question is None:
            return
        if st.button(say("chat.ask_again"), icon=":material/replay:", key=f"chat-again-{message.id}"):
            ask_again(question.id, language=state.language(), principal=principal)
            st.rerun()
