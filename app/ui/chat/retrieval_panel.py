"""What the search found for a question: every passage with the scores of both legs, and how long each part took."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.ui import formats
from app.ui.chat import answer_words, plain_text, source_views
from app.ui.chat.asked_collections import labels_of
from app.ui.texts import say
from core.knowledge.collections import list_collections

if TYPE_CHECKING:
    from core.chat.shown_answers import ShownAnswer, ShownSource
    from core.security.policy import Principal


def draw(message_id: str, answer: ShownAnswer, principal: Principal) -> None:
    """A table of the passages, for one collection where more were asked."""
    with st.expander(say("chat.retrieval", count=len(answer.sources)), icon=":material/manage_search:"):
        sources = _filtered(message_id, answer, principal)
        if not sources:
            return
        _draw_table(sources)
        st.caption(say("chat.retrieval_help"))
        _draw_open(message_id, answer, sources)
        parts = [f"{name} {_brief(value)}" for name, value in answer_words.seconds_by_part(answer)]
        if parts:
            st.caption(f":material/timer: {' · '.join(parts)}")


def _filtered(message_id: str, answer: ShownAnswer, principal: Principal) -> list[ShownSource]:
    names = labels_of(list_collections(principal=principal))
    found = list(dict.fromkeys(source.collection_id for source in answer.sources))
    if len(found) < 2:
        return list(answer.sources)
    chosen = st.pills(
        say("chat.collection"),
        found,
        format_func=lambda one: plain_text.in_label(names.get(one, "–")),
        selection_mode="multi",
        default=found,
        key=f"chat-found-in-{message_id}",
    )
    return [source for source in answer.sources if source.collection_id in chosen]


def _draw_table(sources: list[ShownSource]) -> None:
    column = st.column_config
    st.dataframe(
        [
            {
                "rank": source.rank,
                "title": source.title,
                "place": answer_words.place(source),
                "lexical": source.lexical,
                "dense": source.dense,
                "relevance": source.relevance,
                "cited": source.is_cited,
                "preview": source.preview,
            }
            for source in sources
        ],
        column_config={
            "rank": column.NumberColumn(say("chat.rank"), width="small"),
            "title": column.TextColumn(say("chat.document"), width="medium"),
            "place": column.TextColumn(say("chat.place")),
            "lexical": column.NumberColumn(say("chat.words"), format="%.2f", help=say("chat.words_help")),
            "dense": column.NumberColumn(say("chat.meaning"), format="%.3f", help=say("chat.meaning_help")),
            "relevance": column.ProgressColumn(
                say("chat.relevance"), format="%.2f", min_value=0, max_value=1, help=say("chat.relevance_help")
            ),
            "cited": column.CheckboxColumn(say("chat.cited")),
            "preview": column.TextColumn(say("chat.preview"), width="large"),
        },
        hide_index=True,
        alt=say("chat.retrieval", count=len(sources)),
        placeholder="–",
    )


def _draw_open(message_id: str, answer: ShownAnswer, sources: list[ShownSource]) -> None:
    """One button for each passage: what is not cited can be read as well."""
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.caption(say("chat.read_passage"), width="content")
        for source in sources:
            about = plain_text.in_label(source.title, 120)
            if st.button(str(source.rank), help=about, type="tertiary", key=f"chat-found-{message_id}-{source.rank}"):
                source_views.show(answer, source)


def _brief(seconds: float) -> str:
    """Most parts take milliseconds."""
    return f"{seconds * 1000:,.0f} ms" if seconds < 1 else formats.duration(seconds)
