"""The pages of a sheet printed to a PDF, with running title, advice and page number on each.

The same content gives the same bytes: no clock, no random id, streams written the same way in every process.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from core.fragrance.formulas.sheet_layout import (
    BOTTOM,
    PAGE_HEIGHT,
    PAGE_WIDTH,
    QUIET,
    RULE,
    SIDE,
    TOP,
    UNPRINTABLE,
    WIDTH,
    Sheet,
)
from core.pdf_fonts import Fonts, one_at_a_time, pdf_fonts


def printed(compose: Callable[[Sheet], None], *, running: str, foot: str, title: str, language: str) -> bytes:
    """The PDF. running, foot: what stands above and below on every page, the number of the page beside.

    Raises Unavailable when no font with Hangul can be embedded.
    """
    from reportlab import rl_config

    fonts = pdf_fonts()
    with one_at_a_time:
        rl_config.useA85 = 0  # as every PDF here: whichever is built first in a process, the bytes are the same
        pages, _ = _built(compose, fonts, running, foot, title, language, 0)
        return _built(compose, fonts, running, foot, title, language, pages)[1]


def _built(
    compose: Callable[[Sheet], None], fonts: Fonts, running: str, foot: str, title: str, language: str, pages: int
) -> tuple[int, bytes]:  # fmt: skip
    """Count and bytes; how many pages there are is known only after the first time."""
    from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate

    sheet = Sheet(fonts)
    compose(sheet)

    def every_page(canvas: Any, _document: Any) -> None:
        _draw_margins(canvas, fonts, running, foot, pages)

    written = io.BytesIO()
    template = BaseDocTemplate(
        written, pagesize=(PAGE_WIDTH, PAGE_HEIGHT), invariant=1, lang=language, title=title
    )  # fmt: skip
    frame = Frame(SIDE, BOTTOM, WIDTH, PAGE_HEIGHT - TOP - BOTTOM, 0, 0, 0, 0)
    template.addPageTemplates([PageTemplate("page", [frame], onPage=every_page)])
    template.build(sheet.parts)
    return template.page, written.getvalue()


def _draw_margins(canvas: Any, fonts: Fonts, running: str, foot: str, pages: int) -> None:
    from reportlab.lib.colors import HexColor

    canvas.saveState()
    canvas.setFillColor(HexColor(QUIET))
    canvas.setStrokeColor(HexColor(RULE))
    canvas.setLineWidth(0.6)
    canvas.setFont(fonts.regular, 8)
    above = PAGE_HEIGHT - 38
    canvas.drawString(SIDE, above, _fitting(canvas, running, fonts.regular, WIDTH - 60))
    canvas.drawRightString(PAGE_WIDTH - SIDE, above, f"{canvas.getPageNumber()} / {pages}")
    canvas.line(SIDE, above - 6, PAGE_WIDTH - SIDE, above - 6)
    canvas.line(SIDE, 40, PAGE_WIDTH - SIDE, 40)
    canvas.drawString(SIDE, 28, _fitting(canvas, foot, fonts.regular, WIDTH))
    canvas.restoreState()


def _fitting(canvas: Any, text: str, font: str, width: float) -> str:
    text = UNPRINTABLE.sub(" ", text)
    if canvas.stringWidth(text, font, 8) <= width:
        return text
    while text and canvas.stringWidth(text + "…", font, 8) > width:
        text = text[:-1]
    return text + "…"
