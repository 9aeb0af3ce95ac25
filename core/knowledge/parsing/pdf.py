"""A PDF as headings, paragraphs and tables with their pages, in the order in which a person reads them.

pdfium gives the letters (about 10 ms a page); pdfplumber is asked only for pages on which table lines are drawn.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

from core.errors import BadInput, TooLarge
from core.knowledge.parsing import ocr
from core.knowledge.parsing.composing import Composer, excerpt, one_line
from core.knowledge.parsing.documents import ParsedDocument
from core.knowledge.parsing.pdf_columns import reading_order
from core.knowledge.parsing.pdf_letters import Fragment, read_fragments
from core.knowledge.parsing.pdf_lines import Paragraph, goes_on, joined, paragraphs
from core.knowledge.parsing.pdf_objects import look_through
from core.knowledge.parsing.pdf_style import Style, drop_running_lines
from core.knowledge.parsing.pdf_tables import RuledTables
from core.knowledge.parsing.plain import add_plain

LEAST_LETTERS = 10  # on a page with a picture across it; with fewer it was scanned
ENCRYPTED, WRONG_SECURITY = 4, 5  # pdfium's words for it
MOST_PAGES_NAMED = 20
_one_at_a_time = threading.Lock()  # pdfium keeps state of its own for all documents


@dataclass
class _Page:
    number: int  # from 1
    fragments: list[Fragment]
    is_upright: bool = True
    hidden: tuple[str, ...] = ()
    outside: str = ""  # words beyond the edge of the page
    scanned_text: str = ""


@dataclass
class _Work:
    """What the pages so far have cost. scans: numbers of pages that are pictures; ruled: pages searched for tables."""

    letters: int = 0
    ruled: int = 0
    scans: list[int] = field(default_factory=list)


def parse_pdf(content: bytes, composer: Composer) -> ParsedDocument:
    """The document in a PDF. Raises BadInput when it is locked, damaged or only pictures; TooLarge."""
    import pypdfium2

    with _one_at_a_time:
        try:
            document = pypdfium2.PdfDocument(content)
        except pypdfium2.PdfiumError as error:
            if getattr(error, "err_code", None) in (ENCRYPTED, WRONG_SECURITY):
                raise BadInput("knowledge.encrypted", name=composer.name) from error
            raise BadInput("knowledge.damaged", name=composer.name, format="PDF") from error
        tables = RuledTables(content)
        try:
            count = len(document)
            title = one_line(document.get_metadata_dict().get("Title", ""))
            pages = _read_pages(document, tables, composer)
        finally:
            document.close()
    _compose(pages, composer)
    has_scans = any(note.key == "knowledge.scanned" for note in composer.notes)
    empty = "knowledge.scanned_only" if has_scans else "knowledge.no_text"
    return composer.finish("pdf", title="" if _is_placeholder(title) else title, pages=count, empty=empty)


def _read_pages(document: Any, tables: RuledTables, composer: Composer) -> list[_Page]:
    import pypdfium2

    limits = composer.limits
    count = len(document)
    if count == 0:
        raise BadInput("knowledge.damaged", name=composer.name, format="PDF")
    if count > limits.max_pages:
        raise TooLarge(
            "knowledge.too_many_pages", name=composer.name, count=f"{count:,}", limit=f"{limits.max_pages:,}"
        )
    found: list[_Page] = []
    broken: list[int] = []
    work = _Work()
    for number in range(count):
        try:
            page = document[number]
            text_page = page.get_textpage()
            found.append(_read_page(number, page, text_page, tables, work, composer))
            text_page.close()
            page.close()
        except pypdfium2.PdfiumError:
            broken.append(number + 1)
    _tell(composer, found, work, broken)
    return found


def _read_page(number: int, page: Any, text_page: Any, tables: RuledTables, work: _Work, composer: Composer) -> _Page:
    limits = composer.limits
    work.letters += text_page.count_chars()
    if work.letters > limits.max_chars:
        raise TooLarge("knowledge.too_much_text", name=composer.name, limit=f"{limits.max_chars:,}")
    drawn = look_through(page, text_page, limits.max_objects_per_page)
    fragments = read_fragments(text_page)
    if drawn.is_covered and sum(len(one.text) for one in fragments) < LEAST_LETTERS:
        work.scans.append(number + 1)
        text = ""
        if len(work.scans) <= limits.max_ocr_pages and ocr.is_installed():
            text = ocr.read_page(page, timeout_s=limits.ocr_timeout_s)
        return _Page(number + 1, [], scanned_text=text)
    is_upright = page.get_rotation() == 0
    fragments, outside = _on_page(fragments, page.get_bbox())
    if drawn.has_rules and is_upright and work.ruled < limits.max_ruled_pages:
        work.ruled += 1
        fragments = _with_tables(fragments, tables.find(number, text_page))
    return _Page(number + 1, fragments, is_upright, drawn.hidden, outside)


def _tell(composer: Composer, pages: list[_Page], work: _Work, broken: list[int]) -> None:
    read = {page.number for page in pages if page.scanned_text}
    unread = [number for number in work.scans if number not in read]
    if unread:
        composer.note("knowledge.scanned", page=unread[0], pages=_numbers(unread), count=len(unread))
    if read:
        composer.note("knowledge.scanned_read", page=min(read), pages=_numbers(sorted(read)), count=len(read))
    if broken:
        composer.note("knowledge.broken_pages", page=broken[0], pages=_numbers(broken), count=len(broken))
    if work.ruled >= composer.limits.max_ruled_pages:
        composer.note("knowledge.tables_as_text", limit=composer.limits.max_ruled_pages)


def _on_page(fragments: list[Fragment], box: tuple[float, float, float, float]) -> tuple[list[Fragment], str]:
    """The words inside the page, and those beyond its edge; numbers for the printer are left out there."""
    left, bottom, right, top = box
    inside: list[Fragment] = []
    beyond: list[Fragment] = []
    for one in fragments:
        is_inside = one.x1 > left and one.x0 < right and one.y1 > bottom and one.y0 < top
        (inside if is_inside else beyond).append(one)
    words = one_line(" ".join(one.text for one in beyond))
    return inside, words if any(map(str.isalpha, words)) else ""


def _with_tables(fragments: list[Fragment], tables: list[Fragment]) -> list[Fragment]:
    """The tables, and the words outside them."""

    def is_inside(one: Fragment) -> bool:
        x = (one.x0 + one.x1) / 2
        return any(table.x0 <= x <= table.x1 and table.y0 <= one.middle <= table.y1 for table in tables)

    return [*(one for one in fragments if not is_inside(one)), *tables]


def _compose(pages: list[_Page], composer: Composer) -> None:
    dropped = drop_running_lines([page.fragments for page in pages])
    if dropped:
        composer.note("knowledge.running_lines", count=len(dropped), excerpt=excerpt(max(dropped, key=len)))
    read = [_paragraphs(page) for page in pages]
    style = Style([one for page in read for one in page])
    for page, found in zip(pages, read, strict=True):
        first = len(composer.blocks)
        if page.scanned_text:
            add_plain(page.scanned_text, composer)
            composer.put_on_page(first, page.number)
        for one in found:
            level = style.heading_level(one)
            if one.rows:
                composer.add_table(one.rows, page=page.number)
            elif level:
                composer.add("heading", one.text, level=level, page=page.number)
            else:
                composer.add("list" if one.is_item else "paragraph", one.text, page=page.number)
        composer.note_hidden(composer.add("paragraph", page.outside, page=page.number), page.outside)
        here = composer.blocks[first:]
        for words in page.hidden:
            holder = next((one for one in here if one_line(words) in one.text), here[0] if here else None)
            composer.note_hidden(holder, one_line(words))


def _paragraphs(page: _Page) -> list[Paragraph]:
    """In the order of reading; a paragraph that goes on in the next column is one."""
    if not page.is_upright:  # words run up or down the page: only the file's own order is left
        return paragraphs([[one] for one in page.fragments]) if page.fragments else []
    found: list[Paragraph] = []
    for region in reading_order(page.fragments):
        following = paragraphs(region)
        if found and following and goes_on(found[-1], following[0]):
            following[0] = joined(found.pop(), following[0])
        found.extend(following)
    return found


def _numbers(pages: list[int]) -> str:
    named = ", ".join(map(str, pages[:MOST_PAGES_NAMED]))
    return f"{named}, …" if len(pages) > MOST_PAGES_NAMED else named


def _is_placeholder(title: str) -> bool:
    return title.lower().strip("()") in ("anonymous", "untitled", "unspecified", "")
