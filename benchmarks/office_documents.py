"""Documents of several pages as an office has them, in four formats, made of the paragraphs of the question sets."""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Callable, Iterator, Sequence

from benchmarks.knowledge_questions import QuestionSet, question_set
from tests.knowledge.files import WORD_XML, docx, paragraph

PARAGRAPHS = {"korean": 7, "english": 5}  # of one document: three to five printed pages
Paragraphs = Sequence[tuple[str, str]]  # title of the article, text
STYLES = f'<w:styles xmlns:w="{WORD_XML}"><w:style w:styleId="1"><w:name w:val="heading 1"/></w:style></w:styles>'


def office_documents(part: int = 0) -> dict[str, bytes]:
    """A Korean and an English document of each format, by file name. part: 0 to 5, each of other paragraphs."""
    made: dict[str, bytes] = {}
    for language, count in PARAGRAPHS.items():
        taken = _paragraphs(question_set(language), part * count * len(FORMATS))
        for suffix, write in FORMATS.items():
            chosen = [next(taken) for _ in range(count)]
            made[f"{language}-{part}.{suffix}"] = write(chosen)
    return made


def word_document(paragraphs: Paragraphs) -> bytes:
    """A DOCX with a heading above each paragraph and a table at the end."""
    blocks = [one for title, text in paragraphs for one in (paragraph(title, style="1"), paragraph(html.escape(text)))]
    rows = "".join(f"<w:tr>{_cell(title)}{_cell(str(len(text)))}</w:tr>" for title, text in paragraphs)
    return docx(*blocks, f"<w:tbl>{rows}</w:tbl>", parts={"word/styles.xml": STYLES})


def pdf_document(paragraphs: Paragraphs) -> bytes:
    """A4 pages with an embedded font, headings, and a table with lines around its cells."""
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table

    from core.pdf_fonts import one_at_a_time, pdf_fonts

    with one_at_a_time:
        fonts = pdf_fonts()
        body = ParagraphStyle("body", fontName=fonts.regular, fontSize=11, leading=17, wordWrap="CJK")
        head = ParagraphStyle("head", fontName=fonts.bold, fontSize=15, leading=22, spaceBefore=12)
        story = []
        for title, text in paragraphs:
            story += [Paragraph(html.escape(title), head), Paragraph(html.escape(text), body), Spacer(1, 10)]
        table = Table([["title", "letters"], *((title[:30], str(len(text))) for title, text in paragraphs)])
        table.setStyle([("GRID", (0, 0), (-1, -1), 0.5, "black"), ("FONTNAME", (0, 0), (-1, -1), fonts.regular)])
        target = io.BytesIO()
        SimpleDocTemplate(target).build([*story, table])
    return target.getvalue()


def web_page(paragraphs: Paragraphs) -> bytes:
    """HTML with a menu, headings and paragraphs."""
    menu = "".join(f"<li><a href='#{number}'>{html.escape(one)}</a>" for number, (one, _) in enumerate(paragraphs))
    body = "".join(f"<h2>{html.escape(title)}</h2><p>{html.escape(text)}</p>" for title, text in paragraphs)
    return f"<html><body><nav><ul>{menu}</ul></nav><main><h1>Report</h1>{body}</main></body></html>".encode()


def table_of_rows(paragraphs: Paragraphs) -> bytes:
    """A CSV with a row for each paragraph and a few short columns beside it."""
    target = io.StringIO()
    rows = csv.writer(target)
    rows.writerow(["number", "title", "text", "letters", "source"])
    rows.writerows([number, title, text, len(text), "archive"] for number, (title, text) in enumerate(paragraphs))
    return target.getvalue().encode()


def _paragraphs(asked: QuestionSet, start: int) -> Iterator[tuple[str, str]]:
    while True:
        yield asked.titles[start % len(asked.texts)], asked.texts[start % len(asked.texts)]
        start += 1


def _cell(text: str) -> str:
    return f"<w:tc>{paragraph(html.escape(text))}</w:tc>"


FORMATS: dict[str, Callable[[Paragraphs], bytes]] = {
    "docx": word_document, "pdf": pdf_document, "html": web_page, "csv": table_of_rows,
}  # fmt: skip
