"""Text of documents, models and visitors as text: nothing in it is read as markup, and nothing it names is loaded."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import pairwise

import streamlit as st

Span = tuple[int, int]
SIGNS = str.maketrans({sign: f"\\{sign}" for sign in "\\`*_{}[]()<>#$~:!|"})
LONGEST_LABEL = 60  # characters


def in_label(text: str, most: int = LONGEST_LABEL) -> str:
    """One line for a label that Streamlit reads as Markdown: signs are escaped, the rest of a long one is left out."""
    return escaped(shortened(text, most))


def escaped(text: str) -> str:
    """Text for a place that reads Markdown."""
    return text.translate(SIGNS)


def shortened(text: str, most: int) -> str:
    """One line of at most `most` characters."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def draw(text: str, look: str = "chat-text", **layout: object) -> None:
    """Text with its line breaks. look: class of the style sheet."""
    st.html(f'<div class="{look}">{escape(text)}</div>', **layout)  # type: ignore[arg-type]


def marked(text: str, stretches: Sequence[Span], marks: Sequence[Span] = ()) -> str:
    """HTML of the text with the cited stretches shaded and the words in them marked; all else is escaped."""
    cuts = {0, len(text)} | {min(max(at, 0), len(text)) for span in (*stretches, *marks) for at in span}
    ordered = sorted(cuts)
    pieces = []
    for start, end in pairwise(ordered):
        piece = escape(text[start:end])
        if _covers(marks, start, end):
            piece = f"<mark>{piece}</mark>"
        if _covers(stretches, start, end):
            piece = f'<span class="chat-cited">{piece}</span>'
        pieces.append(piece)
    return "".join(pieces)


def window(text: str, stretches: Sequence[Span], most: int) -> Span:
    """The part of a text to show: from shortly before the first stretch on, else from its head.

    stretches: the one that matters most first.
    """
    first = stretches[0][0] if stretches and len(text) > most else 0
    start = 0 if first < most // 6 else first - most // 8
    while start > 0 and start < first and not text[start - 1].isspace():
        start += 1
    return start, min(len(text), start + most)


def moved(spans: Sequence[Span], part: Span) -> tuple[Span, ...]:
    """The spans as they lie in that part of the text; those outside are left out."""
    start, end = part
    inside = ((max(first, start) - start, min(last, end) - start) for first, last in spans)
    return tuple((first, last) for first, last in inside if first < last)


def _covers(spans: Sequence[Span], start: int, end: int) -> bool:
    return any(first <= start and end <= last for first, last in spans)
