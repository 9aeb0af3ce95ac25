"""One answer: its sentences with their numbered passages beside them, how sure it is, and what was left out."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from app.ui import formats, state
from app.ui.chat import answer_words, plain_text, source_views
from app.ui.navigation import KNOWLEDGE, RUNS, link_to
from app.ui.texts import say
from core.messages import say as say_sentence

if TYPE_CHECKING:
    from core.chat.shown_answers import ShownAnswer, ShownSentence


NEAREST = 3  # passages shown under a refusal


def draw(message_id: str, answer: ShownAnswer) -> None:
    """Text at the left, the cited passages at the right where there is room."""
    cited = [source for source in answer.sources if source.is_cited]
    if not cited:
        _draw_text(message_id, answer)
        _draw_nearest(message_id, answer)
        return
    text, beside = st.columns([3, 2], gap="medium")
    with text:
        _draw_text(message_id, answer)
    with beside:
        source_views.draw(message_id, answer, cited)


def _draw_text(message_id: str, answer: ShownAnswer) -> None:
    with st.container(horizontal=True, gap="xsmall", key=f"chat-badges-{message_id}"):
        answer_words.draw_badges(answer)
    if answer.understood_as:
        plain_text.draw(say("chat.understood_as", question=answer.understood_as), "chat-aside")
    if answer.note:
        st.markdown(say_sentence(answer.note, state.language()))
    for number, sentence in enumerate(answer.sentences):
        _draw_sentence(f"{message_id}-{number}", answer, sentence)
    _draw_ways_on(answer)
    _draw_confidence(answer)
    _draw_remarks(answer)


def _draw_nearest(message_id: str, answer: ShownAnswer) -> None:
    """Of a refusal, what came nearest: a person may see more in it."""
    if answer.state == "not_in_documents" and answer.sources:
        with st.expander(say("chat.nearest"), icon=":material/manage_search:"):
            source_views.draw_cards(message_id, answer, answer.sources[:NEAREST])


def _draw_sentence(key: str, answer: ShownAnswer, sentence: ShownSentence) -> None:
    """The sentence, and a button for each passage it rests on."""
    sources = {source.passage_id: source for source in answer.sources}
    with st.container(horizontal=True, vertical_alignment="top", gap="xxsmall", wrap=False, key=f"chat-sentence-{key}"):
        plain_text.draw(sentence.text, f"chat-sentence chat-{sentence.state}", width="stretch")
        for citation in sentence.citations:
            source = sources.get(citation.passage_id)
            if source is None:
                continue
            about = plain_text.in_label(" · ".join([source.title, *filter(None, [answer_words.place(source)])]), 200)
            label = f"{source.number}"
            if st.button(label, type="tertiary", help=about, key=f"chat-cite-{key}-{citation.number}-{citation.start}"):
                source_views.show(answer, source)
    if sentence.state == "partly":
        st.caption(f":orange[:material/contrast: {say('chat.borne_out_partly')}]")


def _draw_ways_on(answer: ShownAnswer) -> None:
    """The runs that figures come from; where documents lack the answer, the way to them."""
    for run_id in answer.run_ids:
        link_to(RUNS, say("chat.open_run", run=formats.short(run_id)), run=run_id)
    if answer.state == "not_in_documents":
        link_to(KNOWLEDGE, say("chat.to_knowledge"))


def _draw_confidence(answer: ShownAnswer) -> None:
    told = answer_words.confidence(answer)
    if told is None:
        return
    assert answer.bar is not None
    met = "met" if answer.confidence >= answer.bar else "missed"
    fill, mark = (f"{100 * min(1.0, max(0.0, one)):.1f}%" for one in (answer.confidence, answer.bar))
    st.html(
        f'<div class="chat-sure chat-sure-{met}"><div class="chat-sure-words">{escape(told)}</div>'
        f'<div class="chat-sure-track"><div class="chat-sure-fill" style="width:{fill}"></div>'
        f'<div class="chat-sure-bar" style="left:{mark}"></div></div>'
        f'<div class="chat-sure-set">{escape(answer_words.evaluation_set(answer))}</div></div>'
    )


def _draw_remarks(answer: ShownAnswer) -> None:
    """What was left out, and what did not work, in one line each."""
    if answer.dropped:
        st.caption(f":material/content_cut: {say('chat.dropped', count=answer.dropped)}")
    if answer.withheld:
        st.caption(f":material/visibility_off: {say('chat.withheld', count=answer.withheld)}")
    for warning in answer.warnings:
        plain_text.draw(f"⚠ {warning.text(state.language())}", "chat-warning")
