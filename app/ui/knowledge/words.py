"""Words for what documents are: languages, formats, states, flags and places."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from app.ui import formats, state
from app.ui.texts import say, say_if_known, say_value
from core.knowledge.passages.stored import StoredPassage
from core.messages import say as say_sentence

LOOKS = {
    "planned": ("gray", ":material/checklist:"),
    "waiting": ("gray", ":material/schedule:"),
    "running": ("blue", ":material/progress_activity:"),
    "completed": ("green", ":material/check_circle:"),
    "partial": ("orange", ":material/warning:"),
    "failed": ("red", ":material/error:"),
    "cancelled": ("orange", ":material/block:"),
    "left": ("red", ":material/power_off:"),
}


def language(code: str | None) -> str:
    """The language of a document; a dash where it was not recognised."""
    return say_if_known("document_language", code, code) if code else "–"


def kind(doc_type: str | None, format: str) -> str:
    """What sort of document it is: its type where it has one, else the format of its file."""
    return say_if_known("document_type", doc_type, doc_type) if doc_type else format_name(format)


def format_name(format: str) -> str:
    """The format as people write it."""
    return {"markdown": "Markdown", "text": "TXT"}.get(format, format.upper())


def flags(keys: Iterable[str]) -> str:
    """Short names of what was flagged, for tables."""
    return ", ".join(say_value("document_flag", key.removeprefix("knowledge.")) for key in keys)


def sentence(told: dict[str, object]) -> str:
    """A stored error or remark, key and details, in the visitor's language; `plain` it where Markdown is read."""
    return say_sentence(str(told["key"]), state.language(), **dict(told["details"]))  # type: ignore[call-overload]


def draw_state(name: str) -> None:
    """The state of an ingestion as a badge."""
    color, icon = LOOKS[name]
    st.badge(say_value("ingestion_state", name), color=color, icon=icon)


def place(passage: StoredPassage) -> str:
    """Page or sheet of a passage, and its headings, for a place that reads Markdown."""
    parts = []
    if passage.page is not None:
        last = passage.last_page if passage.last_page != passage.page else None
        parts.append(
            say("passages.pages", first=passage.page, last=last) if last else say("passages.page", page=passage.page)
        )
    if passage.sheet:
        parts.append(formats.plain(passage.sheet))
    return " · ".join([*parts, *([formats.plain(" › ".join(passage.heading_path))] if passage.heading_path else [])])
