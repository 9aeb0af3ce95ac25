"""An answer in words: what its state means, where a passage stands, and how sure the answer is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from app.ui import formats
from app.ui.texts import say, say_if_known, say_value

if TYPE_CHECKING:
    from app.ui.chat.plain_text import Span
    from core.chat.shown_answers import ShownAnswer, ShownSource

LOOKS = {
    "answered": ("green", ":material/check_circle:"),
    "partly": ("orange", ":material/contrast:"),
    "not_in_documents": ("gray", ":material/search_off:"),
    "blocked": ("red", ":material/block:"),
    "own_data": ("violet", ":material/monitoring:"),
}
PATH_SIGN = " › "
MOST_DIGITS = 3
NEARLY_SURE = 0.99


def draw_badges(answer: ShownAnswer) -> None:
    """Its state, and who worded it."""
    color, icon = LOOKS[answer.state]
    st.badge(say_value("chat_state", answer.state), color=color, icon=icon)  # type: ignore[arg-type]
    if answer.kind == "quotes":
        st.badge(say("chat.quotes"), color="blue", icon=":material/format_quote:", help=say("chat.quotes_help"))
    elif answer.kind == "figures":
        st.badge(say("chat.figures"), color="blue", icon=":material/function:", help=say("chat.figures_help"))
    elif answer.kind == "written" and answer.model:
        label = say("chat.written_by", model=answer.model.replace("[", "(").replace("]", ")"))
        st.badge(label, color="violet", icon=":material/edit_note:", help=say("chat.written_help"))


def place(source: ShownSource) -> str:
    """Where in its document a passage stands: page or sheet, and headings; "" where nothing is known."""
    parts = []
    if source.page is not None:
        parts.append(say("chat.page", page=source.page))
    if source.sheet:
        parts.append(say("chat.sheet", sheet=source.sheet))
    if source.heading_path:
        parts.append(PATH_SIGN.join(source.heading_path))
    return " · ".join(parts)


def stretches_of(answer: ShownAnswer, passage_id: int) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """What the answer cites of a passage, and the words to mark in it, in places of its text."""
    cited = [one for sentence in answer.sentences for one in sentence.citations if one.passage_id == passage_id]
    stretches = tuple(dict.fromkeys((one.start, one.end) for one in cited))
    return stretches, tuple(dict.fromkeys(mark for one in cited for mark in one.marks))


def evaluation_set(answer: ShownAnswer) -> str:
    """On whose questions the confidence was calibrated."""
    key = "chat.own_set" if answer.is_own_set else "chat.sample_set"
    return say(key, name=say_if_known("chat_set", answer.evaluation_set, answer.evaluation_set))


def confidence(answer: ShownAnswer) -> str | None:
    """The probability with the bar it was compared with; None where none was computed."""
    if answer.state in ("own_data", "blocked") or answer.bar is None:
        return None
    share, bar = told_apart(answer.confidence, answer.bar)
    return say("chat.confidence", share=share, bar=bar)


def told_apart(value: float, bar: float) -> tuple[str, str]:
    """Both as percent, with as many digits as it takes to see which is larger."""
    shown = formats.told_apart(value, bar, formats.share, range(MOST_DIGITS + 1))
    if value >= NEARLY_SURE:  # no question makes it certain
        return say("chat.over", share=formats.share(NEARLY_SURE)), shown[1]
    if value <= 1 - NEARLY_SURE:
        return say("chat.under", share=formats.share(1 - NEARLY_SURE)), shown[1]
    return shown


def seconds_by_part(answer: ShownAnswer) -> Sequence[tuple[str, float]]:
    """Part of the work and how long it took [s], in the order it was done."""
    return [(say_if_known("chat_part", name, name), value) for name, value in answer.seconds.items()]
