"""What the type of a line says: headings are larger or bold, and what repeats at the edge of every page is no text."""

from __future__ import annotations

import re
from collections import Counter

from core.knowledge.parsing.composing import one_line
from core.knowledge.parsing.pdf_columns import plain_rows
from core.knowledge.parsing.pdf_letters import Fragment
from core.knowledge.parsing.pdf_lines import Paragraph

HEADING_SIZE = 1.15  # of the size of most letters
LONGEST_HEADING, LONGEST_BOLD_HEADING = 150, 80  # characters
MOST_LINES = 3  # of a heading
DEEPEST_SIZE = 3  # sizes that make levels of their own
EDGE_ROWS = 2  # at the top and bottom of a page
LEAST_PAGES = 3  # on which a row at the edge repeats before it is taken for a running one
_ENDS = re.compile(r"[.,;!?。]$")
_NUMBER = re.compile(r"\d{1,9}")


class Style:
    """How a document is set: the size of most letters, and the sizes above it from the largest."""

    def __init__(self, paragraphs: list[Paragraph]) -> None:
        letters: Counter[float] = Counter()
        bold = 0
        for one in paragraphs:
            letters[round(one.size, 1)] += len(one.text)
            bold += len(one.text) * one.is_bold
        self._body = max(letters.most_common(1)[0][0] if letters else 1.0, 0.1)
        self._is_bold = 2 * bold > letters.total()
        self._sizes = sorted({self._share(one) for one in paragraphs if self._is_large(one)}, reverse=True)

    def heading_level(self, one: Paragraph) -> int:
        """1 for the largest type, one below the last size for bold lines, 0 for what is no heading."""
        if one.rows or one.lines > MOST_LINES or not any(map(str.isalpha, one.text)):
            return 0
        if self._is_large(one):
            return 1 + min(self._sizes.index(self._share(one)), DEEPEST_SIZE - 1)
        is_short = _width(one.text) <= LONGEST_BOLD_HEADING and not one.is_item and not _ENDS.search(one.text)
        return min(len(self._sizes), DEEPEST_SIZE) + 1 if one.is_bold and is_short and not self._is_bold else 0

    def _is_large(self, one: Paragraph) -> bool:
        is_short = one.lines <= MOST_LINES and _width(one.text) <= LONGEST_HEADING
        return is_short and not one.rows and self._share(one) >= HEADING_SIZE

    def _share(self, one: Paragraph) -> float:
        return round(one.size / self._body, 1)


def drop_running_lines(pages: list[list[Fragment]]) -> list[str]:
    """Take out of `pages` the rows at the edge that stand on at least half of them, page numbers aside; their texts.

    Only pages with text between their edges vote, so that a line on every slide is not taken for one.
    """
    rows = [plain_rows(fragments) for fragments in pages]
    shapes: Counter[str] = Counter()
    voters = 0
    for number, found in enumerate(rows):
        if len(found) > 2 * EDGE_ROWS:
            voters += 1
            shapes.update({shape for row in _edges(found) for shape in _shapes(row, number)})
    least = max(LEAST_PAGES, -(-voters // 2))
    running = {shape for shape, count in shapes.items() if count >= least}
    dropped = []
    for number, (fragments, found) in enumerate(zip(pages, rows, strict=True)):
        for row in _edges(found):
            if not running.isdisjoint(_shapes(row, number)):
                dropped.append(_text(row))
                fragments[:] = [one for one in fragments if not any(one is gone for gone in row)]
    return dropped


def _edges(rows: list[list[Fragment]]) -> list[list[Fragment]]:
    edges = rows if len(rows) <= 2 * EDGE_ROWS else [*rows[:EDGE_ROWS], *rows[-EDGE_ROWS:]]
    return [row for row in edges if not any(one.rows for one in row)]


def _shapes(row: list[Fragment], page: int) -> set[str]:
    """The row as it is, and with its first or last number replaced by how far it is from the number of the page."""
    text = _text(row)
    shapes = {text}
    numbers = list(_NUMBER.finditer(text))
    for one in (numbers[0], numbers[-1]) if numbers else ():
        shapes.add(f"{text[: one.start()]}\0{int(one.group()) - page}{text[one.end() :]}")
    return shapes


def _text(row: list[Fragment]) -> str:
    return one_line(" ".join(one.text for one in row))


def _width(text: str) -> int:
    """Hangul and the like count twice."""
    return sum(2 if sign >= "\u1100" else 1 for sign in text)
