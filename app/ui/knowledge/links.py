"""Addresses of what the knowledge page shows: a collection, a document, a passage with words marked in it."""

from __future__ import annotations

from collections.abc import Sequence

from app.ui import state
from app.ui.navigation import KNOWLEDGE, link_to

MOST_MARKS = 20  # an address has an end
Marks = Sequence[tuple[int, int]]


def passage_parameters(passage_id: int, marks: Marks = ()) -> dict[str, str]:
    """Query parameters for `link_to(KNOWLEDGE, ...)`. marks: start and end of what to mark, in places of its text."""
    marked = {state.MARKS: _written(marks)} if marks else {}
    return {state.PASSAGE: str(passage_id), **marked}


def link_to_passage(label: str, passage_id: int, marks: Marks = (), *, icon: str | None = None) -> None:
    """Draw a link to a passage."""
    link_to(KNOWLEDGE, label, icon=icon or ":material/format_quote:", **passage_parameters(passage_id, marks))


def link_to_document(label: str, document_id: str) -> None:
    """Draw a link to a document."""
    link_to(KNOWLEDGE, label, icon=":material/description:", **{state.DOCUMENT: document_id})


def marks_of(text: str | None, *, length: int) -> tuple[tuple[int, int], ...]:
    """The marks that an address names, in order and within a text of that length; what cannot be read is left out."""
    found = []
    for part in (text or "").split(",")[:MOST_MARKS]:
        start, dash, end = part.partition("-")
        if dash and start.isdecimal() and end.isdecimal() and int(start) < min(int(end), length):
            found.append((int(start), min(int(end), length)))
    return tuple(sorted(found))


def _written(marks: Marks) -> str:
    return ",".join(f"{start}-{end}" for start, end in marks[:MOST_MARKS])
