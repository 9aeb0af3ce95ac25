"""Text of a passage with stretches marked, as harmless HTML."""

from __future__ import annotations

import html
from collections.abc import Sequence

import streamlit as st

STYLE = """<style>
.passage-text { white-space: pre-wrap; line-height: 1.65; margin: 0; }
.passage-text mark { background: rgb(250 204 21 / 45%); color: inherit; border-radius: .2rem; padding: 0 .1em; }
</style>"""


def draw(text: str, marks: Sequence[tuple[int, int]] = ()) -> None:
    """The text as it is, line by line; marks: start and end of what stands out."""
    st.html(f'{STYLE}<p class="passage-text">{marked(text, marks)}</p>')


def marked(text: str, marks: Sequence[tuple[int, int]]) -> str:
    """HTML in which nothing of the text is taken for markup; marks that overlap become one."""
    parts: list[str] = []
    at = 0
    for start, end in _merged(marks, len(text)):
        parts += [html.escape(text[at:start]), "<mark>", html.escape(text[start:end]), "</mark>"]
        at = end
    return "".join([*parts, html.escape(text[at:])])


def _merged(marks: Sequence[tuple[int, int]], length: int) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted((max(0, start), min(end, length)) for start, end in marks):
        if start >= end:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
