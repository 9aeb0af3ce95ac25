"""Chat: questions to the documents, answered with passages one can open, or with the word that they do not say."""

import streamlit as st

from app.ui import notices, state, theme
from app.ui.chat import (
    asked_collections,
    asking,
    conversation_list,
    conversation_view,
    exports,
    page_style,
    preference_form,
)
from core.chat.conversations import get_conversation
from core.chat.messages import list_messages
from core.chat.preferences import load_preferences
from core.knowledge.collections import list_collections

principal = state.principal()
theme.draw_heading("chat.title", "chat.lead")
page_style.apply()

preferences = load_preferences(principal=principal)
collections = list_collections(principal=principal)
opened, conversation, messages = state.opened(state.CONVERSATION), None, ()
with notices.errors_shown():
    if opened:
        conversation = get_conversation(opened, principal=principal)
        messages = list_messages(opened, principal=principal)
with st.container(horizontal=True, vertical_alignment="center", key="chat-bar"):
    conversation_list.draw_new()
    conversation_list.draw_history(opened, principal)
    chosen = asked_collections.choose(collections, conversation, preferences)
    if conversation is not None:
        exports.draw(conversation, principal)
    preference_form.draw(preferences, collections, principal)
conversation_list.draw_removed(principal)
if conversation is not None:
    conversation_list.draw_title(conversation, principal)
asking.take(conversation.id if conversation else None, chosen, principal)
if messages:
    conversation_view.draw(messages, preferences, principal)
else:
    asking.draw_beginning(collections, principal)
