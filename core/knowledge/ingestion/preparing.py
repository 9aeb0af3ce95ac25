"""From a file that was read to what is stored of it: one text with its attachments, passages, what was flagged."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from core.knowledge.parsing.documents import BLOCK_GAP, Note, ParsedDocument
from core.knowledge.parsing.suspicions import FLAGGED
from core.knowledge.passages.cutting import Passage, cut, normalised


@dataclass(frozen=True)
class PreparedPassage:
    """A passage with its place in the whole text. part: the attachment it stands in. flags: message keys.

    words_sha256: of `passage.words` to the letter; vectors of passages with the same one are the same.
    """

    passage: Passage
    part: str | None
    flags: tuple[str, ...]
    words_sha256: str


@dataclass(frozen=True)
class PreparedDocument:
    """A file ready to be embedded and stored. notes: what a person should know, as plain values."""

    title: str
    format: str
    language: str | None
    pages: int | None
    text: str
    notes: tuple[dict[str, Any], ...]
    passages: tuple[PreparedPassage, ...]


def prepare(document: ParsedDocument, *, title: str = "") -> PreparedDocument:
    """Cut a document and the attachments inside it, as one text in which each has its stretch.

    title: the source's, where it gives one; else the document's own. It stands above the words of every passage.
    """
    title = " ".join((title or document.title or document.name).split())
    texts: list[str] = []
    notes: list[dict[str, Any]] = []
    passages: list[PreparedPassage] = []
    base = 0
    for part, one, problem in _parts(document, None):
        notes.extend(_plain(note, base, part) for note in (one.notes if one is not None else ()))
        if problem is not None:
            notes.append(problem)
        if one is None:
            continue
        for passage in cut(one):
            flags = [note.key for note in one.notes if note.key in FLAGGED and _touches(note, passage)]
            moved = _moved(replace(passage, title=title), len(passages), base, part)
            checksum = hashlib.sha256(moved.words.encode()).hexdigest()
            passages.append(PreparedPassage(moved, part, tuple(dict.fromkeys(flags)), checksum))
        texts.append(one.text)
        base += len(one.text) + len(BLOCK_GAP)
    return PreparedDocument(
        title, document.format, document.language, document.pages,
        BLOCK_GAP.join(texts), tuple(notes), tuple(passages),
    )  # fmt: skip


def _parts(
    document: ParsedDocument, part: str | None
) -> Iterator[tuple[str | None, ParsedDocument | None, dict[str, Any] | None]]:
    """The document, then each attachment: its name, what was read of it, and why it was not."""
    yield part, document, None
    for inner in document.attachments:
        name = f"{part} > {inner.name}" if part else inner.name
        if inner.document is not None:
            yield from _parts(inner.document, name)
        elif inner.problem is not None:
            details = {key: str(value) for key, value in inner.problem.details.items()}
            yield name, None, {"key": inner.problem.key, "details": details, "part": name}


def _moved(passage: Passage, number: int, base: int, part: str | None) -> Passage:
    path = (part, *passage.heading_path) if part else passage.heading_path
    moved = replace(passage, number=number, start=passage.start + base, end=passage.end + base, heading_path=path)
    return replace(moved, sha256=hashlib.sha256(normalised(moved.words).encode()).hexdigest())


def _touches(note: Note, passage: Passage) -> bool:
    if note.start is None or note.end is None:
        return False
    return note.start < passage.end and passage.start < note.end


def _plain(note: Note, base: int, part: str | None) -> dict[str, Any]:
    details = {name: value if isinstance(value, int | float | str) else str(value) for name, value in note.details}
    plain: dict[str, Any] = {"key": note.key, "details": details}
    places = {"page": note.page, "sheet": note.sheet, "part": part}
    plain |= {name: value for name, value in places.items() if value is not None}
    if note.start is not None and note.end is not None:
        plain |= {"start": note.start + base, "end": note.end + base}
    return plain
