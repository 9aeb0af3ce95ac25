"""Filters that lists and searches of documents share: language and type."""

from __future__ import annotations

from collections.abc import Collection

import streamlit as st

from app.ui.knowledge import words
from app.ui.texts import say
from core.knowledge.document_facts import types_in
from core.messages import LANGUAGES
from core.security.policy import Principal


def draw_language(key: str) -> str | None:
    """One language, or any."""
    return st.pills(say("documents.language"), LANGUAGES, format_func=words.language, key=key)


def draw_types(key: str, collections: Collection[str], principal: Principal) -> tuple[str, ...]:
    """Some of the types that these collections hold, or any; no question where nothing in them has a type."""
    known = types_in(collections, principal=principal)
    if not known:
        return ()
    return tuple(
        st.pills(
            say("documents.types"), known, format_func=lambda one: words.kind(one, ""), selection_mode="multi", key=key
        )
    )
