"""The search behind the chat, laid open: what words and vectors each found, with their scores."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.ui import formats, notices, state
from app.ui.knowledge import filters, links, marked_text, words
from app.ui.texts import say, say_value
from core.knowledge.collections import Collection
from core.knowledge.ingestion.jobs import encode_again
from core.knowledge.retrieval.find import LEGS, WITHOUT_VECTORS, Found, FoundPassage, find
from core.security.policy import Permission, Principal, is_allowed

SHOWN, MOST_CHARS = 10, 600


def draw(collections: Sequence[Collection], principal: Principal) -> None:
    """A question, filters, and the passages that answer it; over all collections or over one."""
    is_one = len(collections) == 1
    with st.form("knowledge-search", border=True):
        field, button = st.columns([5, 1], vertical_alignment="bottom")
        query = field.text_input(say("search.query"), placeholder=say("search.hint"), key="search-query")
        button.form_submit_button(say("search.find"), type="primary", icon=":material/search:", width="stretch")
        with st.expander(say("search.filters"), icon=":material/tune:"):
            names = {one.id: one.name for one in collections}
            chosen = list(names) if is_one else st.multiselect(
                say("search.collections"), list(names), format_func=lambda key: names[key],
                placeholder=say("documents.any"), key="search-collections",
            )  # fmt: skip
            types = filters.draw_types("search-types", names, principal)
            left, right = st.columns(2)
            with left:
                language = filters.draw_language("search-language")
            legs = right.pills(
                say("search.legs"), LEGS, format_func=lambda leg: say_value("search_leg", leg),
                selection_mode="multi", default=LEGS, key="search-legs",
            )  # fmt: skip
    if not query or not query.strip():
        return
    with notices.errors_shown():
        found = find(
            query, principal=principal, k=SHOWN, collections=chosen, doc_types=types, language=language,
            legs=tuple(legs) or LEGS,
        )  # fmt: skip
        _draw_found(found)
        if is_one and collections[0].is_editable and is_allowed(principal, Permission.JOBS_SUBMIT):
            _draw_way_out(found, collections[0], principal)


def _draw_way_out(found: Found, one: Collection, principal: Principal) -> None:
    """Where passages have no vectors of the present text model: the button that computes them."""
    if any(warning.key == WITHOUT_VECTORS for warning in found.warnings) and st.button(
        say("search.encode_again"), icon=":material/refresh:", key="encode-again"
    ):
        encode_again(one.id, principal=principal)
        notices.flash(say("search.encoding"))
        st.rerun()


def _draw_found(found: Found) -> None:
    for warning in found.warnings:
        st.warning(warning.text(state.language()), icon=":material/warning:")
    if not found.searched:
        notices.empty("search.nothing_to_search", "search.nothing_to_search_hint", icon=":material/search_off:")
        return
    if not found.passages:
        st.caption(say("search.nothing"))
    for one in found.passages:
        with st.container(border=True, key=f"found-{one.passage.id}"):
            _draw_one(one)
    took = formats.duration(found.seconds.get("all"))
    st.caption(
        say("search.told", searched=f"{found.searched:,}", took=took, generation=found.generation,
            encoder=found.encoder_id or "–")
    )  # fmt: skip


def _draw_one(one: FoundPassage) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{one.rank}. {formats.plain(one.passage.title)}**", width="stretch")
        for name, score, color in (("words", one.lexical, "blue"), ("vectors", one.dense, "violet")):
            shown = f"{score:.2f}" if score is not None else "–"
            st.badge(f"{say_value('search_leg', name)} {shown}", color=color if score is not None else "gray")
        if one.rerank is not None:
            st.badge(f"{say('search.rerank')} {one.rerank:.2f}", color="green")
    st.caption(words.place(one.passage))
    text = one.passage.text
    marks = (one.window,) if one.window is not None and one.window != (0, len(text)) else ()  # all of it tells nothing
    shown = text if len(text) <= MOST_CHARS else f"{text[:MOST_CHARS]}…"
    marked_text.draw(shown, marks)
    links.link_to_passage(say("passages.open"), one.passage.id, marks)
