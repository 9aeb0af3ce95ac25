"""Tables of a PDF page that lines are drawn around. pdfplumber finds the cells, pdfium reads the words in them.

pdfplumber takes about ten times as long for a page as pdfium, so only pages with enough lines come here.
"""

from __future__ import annotations

import io
import logging
from typing import Any

from core.knowledge.parsing.composing import one_line
from core.knowledge.parsing.pdf_letters import Fragment

LEAST_FILLED = 0.4  # of its cells; frames around ordinary text have hardly any
MOST_EDGES = 3_000  # of a page: drawings have more, and the time grows faster than their number
# Every way in which pdfminer says that a page is broken, while pdfium read it.
BROKEN = (ValueError, TypeError, KeyError, IndexError, AttributeError, AssertionError, RecursionError, OverflowError)


class RuledTables:
    """The tables of one document, page by page; opened when the first page asks."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._document: Any = None

    def find(self, number: int, text_page: Any) -> list[Fragment]:
        """Each table of page `number` (from 0) as one fragment; none for a page that cannot be looked through."""
        import pdfplumber

        logging.getLogger("pdfminer").setLevel(logging.ERROR)  # it warns of fonts that pdfium reads well
        try:
            if self._document is None:
                self._document = pdfplumber.open(io.BytesIO(self._content))
            page = self._document.pages[number]
            tables = page.find_tables() if len(page.edges) <= MOST_EDGES else []
            found = [_fragment(table, page, text_page) for table in tables]
            page.close()
        except (*BROKEN, *_broken()):  # type: ignore[misc]
            return []
        return [one for one in found if one is not None]


def _fragment(table: Any, page: Any, text_page: Any) -> Fragment | None:
    top = float(page.height)  # pdfplumber counts downwards from it, also on pages that do not begin at 0

    def words(cell: tuple[float, float, float, float] | None) -> str:
        if cell is None:
            return ""
        x0, above, x1, below = cell
        inside = (x0 + 0.5, top - below + 0.5, x1 - 0.5, top - above - 0.5)
        return one_line(text_page.get_text_bounded(*inside).replace("\x02\r\n", "").replace("\x02", ""))

    rows = tuple(tuple(words(cell) for cell in row.cells) for row in table.rows)
    rows = tuple(row for row in rows if any(row))
    cells = [cell for row in rows for cell in row]
    if len(rows) < 2 or max(map(len, rows)) < 2 or sum(map(bool, cells)) < LEAST_FILLED * len(cells):
        return None
    if sum(any(row[place] for row in rows) for place in range(len(rows[0]))) < 2:
        return None
    x0, above, x1, below = table.bbox
    return Fragment("", x0, top - below, x1, top - above, (below - above) / len(rows), rows=rows)


def _broken() -> tuple[type[Exception], ...]:
    from pdfminer.pdfexceptions import PDFException
    from pdfminer.psexceptions import PSException
    from pdfplumber.utils.exceptions import MalformedPDFException, PdfminerException

    return PDFException, PSException, MalformedPDFException, PdfminerException
