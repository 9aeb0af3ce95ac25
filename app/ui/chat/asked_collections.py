"""Which collections a question is asked of: all that may be read, unless some are chosen."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.ui import state
from app.ui.chat import plain_text
from app.ui.texts import say
from core.chat.conversations import Conversation
from core.chat.preferences import ChatPreferences
from core.knowledge.collections import Collection

LONGEST_NAME = 60  # characters


def choose(
    collections: Sequence[Collection], conversation: Conversation | None, preferences: ChatPreferences
) -> tuple[str, ...]:
    """The ids to ask, empty for all."""
    known = labels_of(collections)
    kept = conversation.collection_ids if conversation is not None else preferences.collection_ids
    before = [one for one in kept if one in known]
    key = f"chat-collections-{conversation.id if conversation else 'new'}"
    chosen = state.held(key, before)
    label = say("chat.asked_all") if not chosen else say("chat.asked_some", count=len(chosen), total=len(known))
    with st.popover(label, icon=":material/library_books:", key="chat-asked"):
        picked = st.multiselect(
            say("chat.collections"),
            list(known),
            default=before,
            format_func=lambda one: known.get(one, one),
            placeholder=say("chat.asked_all"),
            help=say("chat.collections_help"),
            key=key,
        )
    if kept and not picked and conversation is not None:
        return tuple(known)  # an empty choice would leave the conversation with the earlier one
    return tuple(picked)


def labels_of(collections: Sequence[Collection]) -> dict[str, str]:
    """A name for each id, told apart where two are called alike: the browser knows a choice by its label only."""
    labels: dict[str, str] = {}
    for one in collections:
        name = plain_text.shortened(one.name, LONGEST_NAME)
        count = sum(label == name or label.startswith(f"{name} (") for label in labels.values())
        labels[one.id] = f"{name} ({count + 1})" if count else name
    return labels
