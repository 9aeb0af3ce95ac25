"""What a file is once it was read: one text, the blocks it consists of, and what a person should know about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from core.errors import BadInput
from core.messages import say

Format = Literal["pdf", "docx", "xlsx", "xls", "csv", "html", "markdown", "eml", "txt"]
Kind = Literal["heading", "paragraph", "list", "table", "code", "footnote"]
CELL_GAP = " | "  # between the cells of a row as it stands in the text
BLOCK_GAP = "\n\n"


@dataclass(frozen=True)
class Note:
    """Something a person should know of a file that was read all the same.

    start, end: the place in the document's text, where there is one.
    """

    key: str
    details: tuple[tuple[str, object], ...] = ()
    page: int | None = None
    sheet: str | None = None
    start: int | None = None
    end: int | None = None

    def text(self, language: str = "en") -> str:
        """The sentence in `language`."""
        return say(self.key, language, **dict(self.details))


@dataclass(frozen=True)
class Block:
    """One heading, paragraph, item, table, piece of code or footnote.

    `text` is the document's text from start to end. level: 1 is the highest heading; of an item, how deep it stands.
    page counts from 1. rows: a table's cells; each row is one line of `text`, its cells joined by CELL_GAP.
    header_rows: how many rows at the top name the columns.
    """

    kind: Kind
    text: str
    start: int
    end: int
    level: int = 0
    page: int | None = None
    sheet: str | None = None
    rows: tuple[tuple[str, ...], ...] = ()
    header_rows: int = 0


@dataclass(frozen=True)
class ParsedDocument:
    """One file as text. pages: of a PDF. language: "ko", "en", "ja", or None when it is none of them for certain.

    sha256: of the content as it came, hexadecimal. attachments: of a mail, each a document of its own.
    """

    name: str
    title: str
    format: Format
    language: str | None
    text: str
    blocks: tuple[Block, ...]
    pages: int | None = None
    notes: tuple[Note, ...] = ()
    sha256: str = ""
    attachments: tuple[Attachment, ...] = field(default=())


@dataclass(frozen=True)
class Attachment:
    """A file inside a mail: the document it holds, or the reason why it was not read."""

    name: str
    document: ParsedDocument | None
    problem: BadInput | None = None
