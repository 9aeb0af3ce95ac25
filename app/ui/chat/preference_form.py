"""How somebody wants to be answered, kept for the next visit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

import streamlit as st

from app.ui import notices, state
from app.ui.chat.asked_collections import labels_of
from app.ui.texts import say, say_value
from core.chat.preferences import AnswerLanguage, AnswerLength, ChatPreferences, save_preferences
from core.knowledge.collections import Collection
from core.security.policy import Principal


def draw(preferences: ChatPreferences, collections: Sequence[Collection], principal: Principal) -> None:
    """Language and length of answers, what is asked by default, the retrieval panel, and whether a model may write."""
    known = labels_of(collections)
    with (
        st.popover(say("chat.preferences"), icon=":material/tune:", key=state.generation("chat-preferences")),
        st.form("chat-preference-form", border=False),
    ):
        language = st.segmented_control(
            say("chat.answer_language"),
            get_args(AnswerLanguage),
            format_func=lambda one: say_value("chat_language", one),
            default=preferences.language,
            required=True,
            key="chat-answer-language",
        )
        length = st.segmented_control(
            say("chat.answer_length"),
            get_args(AnswerLength),
            format_func=lambda one: say_value("chat_length", one),
            default=preferences.answer_length,
            required=True,
            key="chat-answer-length",
        )
        chosen = st.multiselect(
            say("chat.default_collections"),
            list(known),
            default=[one for one in preferences.collection_ids if one in known],
            format_func=lambda one: known.get(one, one),
            placeholder=say("chat.asked_all"),
            key="chat-default-collections",
        )
        panel = st.toggle(say("chat.shows_retrieval"), preferences.shows_retrieval, key="chat-shows-retrieval")
        model = st.toggle(
            say("chat.uses_model"), preferences.uses_model, help=say("chat.uses_model_help"), key="chat-uses-model"
        )
        if st.form_submit_button(say("chat.keep"), type="primary", key="chat-keep"):
            with notices.errors_shown():
                wanted = ChatPreferences(language, length, tuple(chosen), panel, model)
                save_preferences(wanted, principal=principal)
                state.reset("chat-preferences")
                notices.flash(say("chat.kept"))
                st.rerun()
