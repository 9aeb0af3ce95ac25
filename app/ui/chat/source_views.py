"""The passages beside an answer, and the dialog in which one is read with its words marked."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from app.ui.chat import answer_words, plain_text
from app.ui.knowledge.links import link_to_passage
from app.ui.texts import say

if TYPE_CHECKING:
    from core.chat.shown_answers import ShownAnswer, ShownSource

PREVIEW = 200  # characters


def draw(message_id: str, answer: ShownAnswer, sources: Sequence[ShownSource]) -> None:
    """A card for each passage that is cited: title, place, and the words it is cited for."""
    st.caption(say("chat.sources", count=len(sources)))
    draw_cards(message_id, answer, sources)


def draw_cards(message_id: str, answer: ShownAnswer, sources: Sequence[ShownSource]) -> None:
    """The cards alone."""
    for source in sources:
        with st.container(border=True, gap="xsmall", key=f"chat-source-{message_id}-{source.number}"):
            with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", wrap=False):
                st.html(f'<span class="chat-number">{source.number}</span>', width="content")
                title = plain_text.shortened(source.title, 120)
                st.html(f'<div class="chat-source-title">{escape(title)}</div>', width="stretch")
                if st.button(
                    say("chat.open"),
                    type="tertiary",
                    icon=":material/open_in_full:",
                    help=say("chat.open_help"),
                    key=f"chat-open-{message_id}-{source.number}",
                ):
                    show(answer, source)
            _draw_preview(answer, source)


def _draw_preview(answer: ShownAnswer, source: ShownSource) -> None:
    stretches, marks = answer_words.stretches_of(answer, source.passage_id)
    part = plain_text.window(source.text, stretches or marks, PREVIEW)
    text = source.text[part[0] : part[1]]
    words = plain_text.marked(text, plain_text.moved(stretches, part), plain_text.moved(marks, part))
    before, after = "…" if part[0] else "", "…" if part[1] < len(source.text) else ""
    where = answer_words.place(source)
    head = f'<div class="chat-place">{escape(where)}</div>' if where else ""
    st.html(f'{head}<div class="chat-preview">{before}{words}{after}</div>')
    if not source.is_current:
        st.caption(f":material/history: {say('chat.outdated')}")


def show(answer: ShownAnswer, source: ShownSource) -> None:
    """Open the passage above the page."""
    stretches, marks = answer_words.stretches_of(answer, source.passage_id)

    def read() -> None:
        where = answer_words.place(source)
        words = plain_text.marked(source.text, stretches, marks)
        st.html(
            f'<div class="chat-source-title">{escape(source.title)}</div>'
            f'<div class="chat-place">{escape(where)}</div>'
            f'<div class="chat-passage">{words}</div>'
        )
        if not source.is_current:
            st.caption(f":material/history: {say('chat.outdated')}")
        link_to_passage(say("chat.in_document"), source.passage_id, marks or stretches, icon=":material/library_books:")

    st.dialog(say("chat.passage", number=source.number), width="medium")(read)()
