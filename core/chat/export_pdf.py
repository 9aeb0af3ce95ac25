"""A conversation as A4 pages: questions as headings, answers with numbered sources, fonts that have Hangul."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from typing import Any
from xml.sax.saxutils import escape

from core.chat.message_lines import lines_of, source_line, state_line
from core.chat.messages import Message
from core.messages import say
from core.pdf_fonts import Fonts, one_at_a_time, pdf_fonts
from core.settings.current import get_settings

SIDE, TOP, BOTTOM = 54.0, 62.0, 56.0  # margins [points]
BLUE, DARK, GREY = "#2563eb", "#1f2937", "#6b7280"
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def conversation_pdf(title: str, messages: Sequence[Message], language: str) -> bytes:
    """The same messages give the same bytes. Raises Unavailable when no font with Hangul can be embedded."""
    from reportlab.lib.pagesizes import A4
    from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate

    fonts, brand = pdf_fonts(), get_settings().brand_name
    styles = _styles(fonts)
    width, height = A4

    def running(canvas: Any, _: Any) -> None:
        canvas.setFont(fonts.regular, 8)
        canvas.drawString(SIDE, height - 40, brand)
        canvas.drawRightString(width - SIDE, 32, str(canvas.getPageNumber()))

    with one_at_a_time:
        written = io.BytesIO()
        document = BaseDocTemplate(written, pagesize=A4, invariant=1, lang=language, title=title, author=brand)
        frame = Frame(SIDE, BOTTOM, width - 2 * SIDE, height - TOP - BOTTOM, 0, 0, 0, 0)
        document.addPageTemplates([PageTemplate("page", [frame], onPage=running)])
        document.build([_paragraph(title, styles["title"]), *_flowables(messages, styles, language)])
        return written.getvalue()


def _flowables(messages: Sequence[Message], styles: dict[str, Any], language: str) -> Iterator[Any]:
    for message in messages:
        if message.role == "user":
            yield _paragraph(message.text, styles["question"])
            yield _paragraph(message.at.isoformat(" ", "seconds"), styles["small"])
            continue
        answer = message.answer
        for line in lines_of(answer, language) if answer is not None else message.text.split("\n"):
            if line.strip():
                yield _paragraph(line, styles["answer"])
        if (state := state_line(message, language)) is not None:
            yield _paragraph(state, styles["small"])
        if answer is not None and answer.sources:
            yield _paragraph(say("chat.sources", language), styles["sources"])
            for source in [one for one in answer.sources if one.is_cited] or answer.sources:
                yield _paragraph(source_line(source, language), styles["small"])


def _paragraph(text: str, style: Any) -> Any:
    from reportlab.platypus import Paragraph

    return Paragraph(escape(UNPRINTABLE.sub(" ", text)), style)


def _styles(fonts: Fonts) -> dict[str, Any]:
    from reportlab.lib.colors import HexColor
    from reportlab.lib.styles import ParagraphStyle

    def style(name: str, size: float, colour: str, *, bold: bool = False, **more: Any) -> Any:
        return ParagraphStyle(
            name, fontName=fonts.bold if bold else fonts.regular, fontSize=size, leading=1.5 * size,
            textColor=HexColor(colour), splitLongWords=1, **more,
        )  # fmt: skip

    every = (
        style("title", 18, BLUE, bold=True, spaceAfter=10),
        style("question", 12, DARK, bold=True, spaceBefore=14, keepWithNext=1),
        style("answer", 10, DARK, spaceBefore=4),
        style("sources", 9, GREY, bold=True, spaceBefore=6, keepWithNext=1),
        style("small", 8, GREY),
    )
    return {one.name: one for one in every}
