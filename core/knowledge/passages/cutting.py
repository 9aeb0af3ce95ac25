"""Cuts a document into passages along its structure: never across a heading, tables by rows, the rest by sentences."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace

from core.knowledge.parsing.documents import CELL_GAP, Block, ParsedDocument
from core.knowledge.parsing.suspicions import seen_text

# About a paragraph. The encoder's time for each character grows by a third from 200 to 1,000 of them, and is nearly
# three times as long for a Korean character as for an English one.
TARGET_CHARS = 600
OVERLAP = 80
LEAST_TARGET = 40
LONGEST_PATH = 200  # characters of the headings that stand before a passage
_SENTENCE = re.compile(r"(?<=[.!?。！？])[\"'”’)\]]*\s+|(?<=[。！？])|\n+")
_WORD = re.compile(r"\s+")
_PATH_GAP = " > "


@dataclass(frozen=True)
class Passage:
    """A piece of a document: `text` is the document's text from start to end.

    number: from 0 in the order of the document. heading_path: from the highest heading down.
    header: the names of a table's columns, where the rows in `text` do not bring them along.
    title: of the document, once it is known.
    page, last_page: of a PDF, from 1. sha256: of `words` as they are compared, hexadecimal.
    """

    number: int
    text: str
    start: int
    end: int
    heading_path: tuple[str, ...] = ()
    header: str = ""
    page: int | None = None
    last_page: int | None = None
    sheet: str | None = None
    sha256: str = ""
    title: str = ""

    @property
    def words(self) -> str:
        """What is embedded and indexed: title, headings, names of columns, text.

        The title stands above even where the text begins with it: each window of the text is embedded below it.
        """
        first_lines = self.text.split("\n", 2 * len(self.heading_path))
        path = [one for one in self.heading_path if one not in first_lines]
        title = "" if self.title in path else self.title
        above = (title[:LONGEST_PATH].strip(), _PATH_GAP.join(path)[:LONGEST_PATH], self.header)
        return "\n".join(part for part in (*above, self.text) if part)


@dataclass(frozen=True)
class _Piece:
    """A stretch of text that is kept together. joins: what may stand in one passage with it."""

    start: int
    end: int
    block: Block
    header: str = ""
    joins: object = None
    is_row: bool = False


def cut(document: ParsedDocument, *, target_chars: int = TARGET_CHARS, overlap: int = OVERLAP) -> tuple[Passage, ...]:
    """The passages of a document, in its order; together they hold every word of it.

    target_chars: no text is longer; with names of columns a passage may have half as many more.
    overlap: characters of whole sentences or words that a passage repeats from the one before it in running text.
    Raises ValueError for a target below 40 or an overlap of half the target and more.
    """
    if target_chars < LEAST_TARGET or not 0 <= overlap < target_chars / 2:
        raise ValueError(f"target_chars {target_chars} must be at least {LEAST_TARGET} and twice the overlap {overlap}")
    passages: list[Passage] = []
    room = target_chars - overlap  # for what a passage of running text does not repeat
    for path, blocks in _sections(document.blocks):
        before: list[_Piece] = []
        pieces = [piece for block in blocks for piece in _pieces(block, document.text, target_chars, room)]
        for group in _groups(pieces, target_chars, room):
            found = _passage(len(passages), group, path, document.text)
            if overlap and before and _is_running(before[-1]) and _is_running(group[0]):
                found = _overlapping(found, before, document.text, max(found.start - overlap, before[0].start + 1))
            passages.append(replace(found, sha256=hashlib.sha256(normalised(found.words).encode()).hexdigest()))
            before = group
    return tuple(passages)


def normalised(text: str) -> str:
    """Words as they are compared: compatible forms and case made equal, single blanks, no unseen signs."""
    return " ".join(seen_text(unicodedata.normalize("NFKC", text)).split()).casefold()


def _sections(blocks: tuple[Block, ...]) -> Iterator[tuple[tuple[str, ...], list[Block]]]:
    """Headings with what follows them. A heading with nothing under it goes along with the next."""
    path: list[tuple[int, str]] = []
    section: list[Block] = []
    for block in blocks:
        if block.kind == "heading":
            is_bare = bool(section) and all(one.kind == "heading" for one in section)
            if section and not (is_bare and block.level >= section[-1].level):
                yield tuple(name for _, name in path), section
                section = []
            while path and path[-1][0] >= block.level:
                path.pop()
            path.append((block.level, " ".join(block.text.split())))
        section.append(block)
    if section:
        yield tuple(name for _, name in path), section


def _pieces(block: Block, text: str, target: int, room: int) -> Iterator[_Piece]:
    whole = _Piece(block.start, block.end, block, joins=block.sheet)
    if block.end - block.start <= (target if block.kind == "table" else room):
        yield whole
    elif block.kind == "table":
        yield from _rows(block, text, target)
    else:
        for start, end in _sentences(text, block.start, block.end, room):
            yield replace(whole, start=start, end=end)


def _rows(block: Block, text: str, target: int) -> Iterator[_Piece]:
    """Row by row; a row that is too long is cut between cells, and takes along the names of its columns only."""
    names = [" ".join(filter(None, column)) for column in _columns(block)]
    at = block.start
    for number, row in enumerate(block.rows):
        end = text.find("\n", at, block.end)
        end = block.end if end < 0 else end
        is_header = number < block.header_rows
        header = "" if is_header else _joined(names, target)
        room = target - len(header) if len(header) < target // 2 else target // 2
        if end - at <= room:
            yield _Piece(at, end, block, header, (block.start, is_header), is_row=True)
        else:
            for first, last, start, stop in _cells(row, at, end, room):
                named = "" if is_header else _joined(names[first:last], target)
                for begin, finish in _sentences(text, start, stop, room):
                    yield _Piece(begin, finish, block, named, (begin,), is_row=True)
        at = end + 1


def _columns(block: Block) -> Iterator[list[str]]:
    headers = block.rows[: block.header_rows]
    for place in range(max((len(row) for row in headers), default=0)):
        yield [row[place] for row in headers if place < len(row)]


def _joined(names: list[str], target: int) -> str:
    """Names of columns in at most half of the target; what does not fit is cut off."""
    return CELL_GAP.join(names)[: target // 2].strip() if any(names) else ""


def _cells(row: tuple[str, ...], at: int, end: int, room: int) -> Iterator[tuple[int, int, int, int]]:
    """(first cell, one after the last, start, end) of runs of cells that fit into `room`."""
    first, start, place = 0, at, at
    for number, cell in enumerate(row):
        after = min(place + len(cell) + len(CELL_GAP), end)
        if after - start > room and number > first:
            yield first, number, start, place
            first, start = number, place
        place = after
    if start < end:
        yield first, len(row), start, end


def _sentences(text: str, start: int, end: int, target: int) -> Iterator[tuple[int, int]]:
    """Stretches of at most `target` characters that end where sentences end, else between words, else anywhere."""
    at = start
    while at < end:
        stop = min(at + target, end)
        if stop < end:
            stop = _last(_SENTENCE, text, at, stop) or _last(_WORD, text, at, stop) or _whole_letter(text, at, stop)
        yield at, stop
        at = stop


def _last(pattern: re.Pattern[str], text: str, at: int, stop: int) -> int | None:
    """The end of the last match that leaves something on both sides; in the second half, so that none is tiny."""
    found = [match.end() for match in pattern.finditer(text, at + (stop - at) // 2, stop)]
    return found[-1] if found and at < found[-1] else None


def _whole_letter(text: str, at: int, stop: int) -> int:
    """A place that does not part a letter from the marks above it."""
    back = stop
    while back > at + 1 and unicodedata.combining(text[back]):
        back -= 1
    return back if back > at + 1 else stop


def _groups(pieces: list[_Piece], target: int, room: int) -> Iterator[list[_Piece]]:
    group: list[_Piece] = []
    for piece in pieces:
        if group and not _fits(group, piece, target, room):
            yield group
            group = []
        group.append(piece)
    if group:
        yield group


def _fits(group: list[_Piece], piece: _Piece, target: int, room: int) -> bool:
    """Rows join rows of their table, and the row that names the columns; other pieces join their neighbours."""
    first, last = group[0], group[-1]
    length = piece.end - first.start
    if not (last.is_row or piece.is_row):
        return last.joins == piece.joins and length <= room
    header = "" if _brings_header(first) else piece.header
    is_one_table = last.block is piece.block and _is_whole(last) and _is_whole(piece)
    return is_one_table and length <= max(target - len(header), target // 2)


def _is_whole(piece: _Piece) -> bool:
    """Whether it is a row or several; a part of a row stands alone."""
    return piece.is_row and isinstance(piece.joins, tuple) and len(piece.joins) == 2


def _brings_header(piece: _Piece) -> bool:
    return piece.is_row and not piece.header


def _is_running(piece: _Piece) -> bool:
    return piece.block.kind not in ("table", "heading")


def _passage(number: int, group: list[_Piece], path: tuple[str, ...], text: str) -> Passage:
    start, end = group[0].start, group[-1].end
    start += len(text[start:end]) - len(text[start:end].lstrip())
    end -= len(text[start:end]) - len(text[start:end].rstrip())
    header = "" if _brings_header(group[0]) else group[-1].header
    pages = [piece.block.page for piece in group if piece.block.page is not None]
    return Passage(
        number, text[start:end], start, end, path, header, pages[0] if pages else None, pages[-1] if pages else None,
        group[0].block.sheet,
    )  # fmt: skip


def _overlapping(passage: Passage, before: list[_Piece], text: str, least: int) -> Passage:
    """The same passage from the first sentence on, else the first word, that begins after `least`."""
    for pattern in (_SENTENCE, _WORD):
        for match in pattern.finditer(text, least, passage.start):
            start = match.end()
            if start < passage.start and not text[start].isspace():
                page = next((piece.block.page for piece in before if start < piece.end), passage.page)
                return replace(passage, text=text[start : passage.end], start=start, page=page)
    return passage
