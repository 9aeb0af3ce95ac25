"""Puts a document together block by block, so that every block knows its place in the text.

Text is kept in NFC; signs that control a terminal and halves of letters are left out.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from core.errors import BadInput, TooLarge
from core.knowledge.parsing.documents import BLOCK_GAP, CELL_GAP, Block, Format, Kind, Note, ParsedDocument
from core.knowledge.parsing.languages import language_of
from core.knowledge.parsing.limits import ParsingLimits
from core.knowledge.parsing.suspicions import suspicious_places

LONGEST_TITLE, LONGEST_EXCERPT, MOST_NOTES = 200, 80, 100
# Also the halves of letters (surrogates) and signs of private use, which mean something only in their own font.
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufff0-\uffff\ue000-\uf8ff\U000f0000-\U0010ffff]")
_LINE_ENDS = re.compile("\r\n?|\x0b|\x0c|\u2028|\u2029|\x85")
_ITEM = re.compile(r"\s*(?:[-*•·○●▪◦]|\d{1,3}[.)]|[가-하][.)])\s+\S")
_SPACES = re.compile(r"[ \t\u00a0\u3000]+")


class Composer:
    """Collects the blocks of one document. Raises TooLarge once its text passes the limit."""

    def __init__(self, name: str, limits: ParsingLimits) -> None:
        self.name = name
        self.limits = limits
        self.blocks: list[Block] = []
        self.notes: list[Note] = []
        self._length = 0

    def add(
        self, kind: Kind, text: str, *, level: int = 0, page: int | None = None, sheet: str | None = None
    ) -> Block | None:
        """Append a block; None when nothing but blanks would be in it."""
        cleaned = cleaned_text(text).strip()
        if not cleaned:
            return None
        return self._append(Block(kind, cleaned, 0, 0, level, page, sheet))

    def add_table(
        self, rows: Sequence[Sequence[str]], *, header_rows: int = 1, page: int | None = None, sheet: str | None = None
    ) -> Block | None:
        """Append a table without its empty rows; None when every cell is empty."""
        cells = [tuple(_cell(one) for one in row) for row in rows]
        filled = tuple(row for row in cells if any(row))
        if not filled:
            return None
        header_rows = min(header_rows, len(filled) - 1)
        text = "\n".join(map(row_text, filled))
        return self._append(Block("table", text, 0, 0, 0, page, sheet, filled, max(header_rows, 0)))

    def put_on_page(self, first: int, page: int) -> None:
        """Say of the blocks from number `first` on that they stand on `page`."""
        self.blocks[first:] = [replace(block, page=page) for block in self.blocks[first:]]

    def note(
        self, key: str, *, page: int | None = None, sheet: str | None = None, start: int | None = None,
        end: int | None = None, **details: object,
    ) -> None:  # fmt: skip
        """Remember what a person should know; `name` is filled in."""
        if len(self.notes) < MOST_NOTES:
            found = tuple({"name": self.name, **details}.items())
            self.notes.append(Note(key, found, page, sheet, start, end))

    def note_hidden(self, block: Block | None, words: str) -> None:
        """Flag `words`, which stand in `block` though a reader of the file does not see them."""
        wanted = cleaned_text(words).strip()
        if block is None or not wanted or len(self.notes) >= MOST_NOTES:
            return
        found = block.text.find(wanted)
        start, end = (block.start, block.end) if found < 0 else (block.start + found, block.start + found + len(wanted))
        self.note(
            "knowledge.hidden_text", page=block.page, sheet=block.sheet, start=start, end=end, excerpt=excerpt(wanted)
        )

    def finish(
        self, format: Format, *, title: str = "", pages: int | None = None, empty: str = "knowledge.no_text"
    ) -> ParsedDocument:
        """The document. Raises BadInput with the key `empty` when nothing was added."""
        if not self.blocks:
            raise BadInput(empty, name=self.name)
        text = BLOCK_GAP.join(block.text for block in self.blocks)
        for key, start, end in suspicious_places(text):
            at = next(block for block in self.blocks if block.end > start)
            said = {"excerpt": excerpt(text[max(0, start - 10) : end + 30])} if key != INVISIBLE else {}
            self.note(key, page=at.page, sheet=at.sheet, start=start, end=end, **said)
        named = cleaned_text(title).strip() or self._first_words()
        return ParsedDocument(
            self.name, named[:LONGEST_TITLE], format, language_of(text), text, tuple(self.blocks), pages,
            tuple(self.notes),
        )  # fmt: skip

    def _append(self, block: Block) -> Block:
        start = self._length + (len(BLOCK_GAP) if self.blocks else 0)
        self._length = start + len(block.text)
        if self._length > self.limits.max_chars:
            raise TooLarge("knowledge.too_much_text", name=self.name, limit=f"{self.limits.max_chars:,}")
        placed = Block(
            block.kind, block.text, start, self._length, block.level, block.page, block.sheet, block.rows,
            block.header_rows,
        )  # fmt: skip
        self.blocks.append(placed)
        return placed

    def _first_words(self) -> str:
        heading = next((block for block in self.blocks[:5] if block.kind == "heading"), None)
        return heading.text.splitlines()[0] if heading is not None else self.name.rpartition(".")[0] or self.name


INVISIBLE: Literal["knowledge.invisible_signs"] = "knowledge.invisible_signs"


def cleaned_text(text: str) -> str:
    """NFC, with line ends as \\n and without signs that are no text."""
    return _UNWANTED.sub("", _LINE_ENDS.sub("\n", unicodedata.normalize("NFC", text)))


def is_item(text: str) -> bool:
    """Whether the text begins with the mark or number of a list."""
    return bool(_ITEM.match(text))


def one_line(text: str) -> str:
    """The same words with single blanks between them."""
    return " ".join(text.split())


def row_text(cells: Sequence[str]) -> str:
    """A table's row as it stands in the text."""
    return CELL_GAP.join(cells).rstrip()


def excerpt(text: str) -> str:
    """The first words of `text`, for a message."""
    flat = _SPACES.sub(" ", one_line(text))
    return flat if len(flat) <= LONGEST_EXCERPT else flat[: LONGEST_EXCERPT - 1] + "…"


def _cell(text: str) -> str:
    return one_line(cleaned_text(text))
