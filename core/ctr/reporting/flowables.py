"""The few parts of a page that ReportLab does not have; imported only while a PDF is built.

Page numbers are known at the end: the contents and the footers show them through forms that are drawn last, so one
pass over the pages is enough.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from reportlab import rl_config  # noqa: TID253
from reportlab.pdfbase.pdfmetrics import stringWidth  # noqa: TID253
from reportlab.platypus import Flowable, Paragraph  # noqa: TID253

from core.ctr.reporting.pdf_chart_frame import Pen
from core.pdf_fonts import Fonts

rl_config.useA85 = 0  # streams as bytes instead of letters: a fifth smaller and faster
TOTAL = "pages.total"
LINE, NUMBER_WIDTH, NUMBER_HEIGHT = 24.0, 40.0, 16.0


class Heading(Paragraph):
    """A heading that stands in the outline; one of level 0 also in the contents. pages: filled while drawing."""

    def __init__(self, text: str, style: Any, *, key: str, title: str, level: int, pages: dict[str, int]) -> None:
        super().__init__(text, style)
        self.place, self.level, self.pages, self.plain = key, level, pages, title

    def draw(self) -> None:
        canvas: Any = self.canv
        canvas.bookmarkHorizontal(self.place, 0, self.height + 12)
        canvas.addOutlineEntry(self.plain, self.place, self.level, closed=False)
        self.pages[self.place] = canvas.getPageNumber()
        super().draw()


class Chart(Flowable):
    """A vector drawing of fixed size, painted straight onto the page."""

    def __init__(self, width: float, height: float, paint: Callable[[Pen], None], fonts: Fonts) -> None:
        super().__init__()
        self.width, self.height, self.paint, self.fonts = width, height, paint, fonts
        self.spaceBefore, self.spaceAfter = 4, 8

    def draw(self) -> None:
        self.paint(Pen(self.canv, self.fonts, self.width, self.height))


class Contents(Flowable):
    """One line per section with a link; the number is a form named after the section."""

    def __init__(self, rows: Sequence[tuple[str, str]], width: float, fonts: Fonts, colour: Any) -> None:
        super().__init__()
        self.rows, self.width, self.height = rows, width, LINE * len(rows)
        self.fonts, self.colour = fonts, colour

    def draw(self) -> None:
        canvas: Any = self.canv
        for place, (key, title) in enumerate(self.rows):
            bottom = self.height - LINE * (place + 1) + 8
            canvas.setFont(self.fonts.regular, 11)
            canvas.setFillColor(self.colour)
            canvas.drawString(0, bottom, title)
            canvas.setStrokeColorRGB(0.8, 0.82, 0.86)
            canvas.setDash(1, 3)
            start = stringWidth(title, self.fonts.regular, 11) + 8
            canvas.line(start, bottom + 2, self.width - 26, bottom + 2)
            canvas.setDash()
            canvas.saveState()
            canvas.translate(self.width - NUMBER_WIDTH, bottom)
            canvas.doForm(f"page.{key}")
            canvas.restoreState()
            canvas.linkAbsolute(title, key, (0, bottom - 6, self.width, bottom + LINE - 8))


class PageNumbers(Flowable):
    """Stands last and draws every number that could not be known before."""

    def __init__(self, keys: Sequence[str], pages: dict[str, int], fonts: Fonts) -> None:
        super().__init__()
        self.width = self.height = 0
        self.keys, self.pages, self.fonts = keys, pages, fonts

    def draw(self) -> None:
        canvas: Any = self.canv
        for key in self.keys:
            self._form(f"page.{key}", str(self.pages[key]), 11, right=True)
        self._form(TOTAL, str(canvas.getPageNumber()), 8, right=False)

    def _form(self, name: str, text: str, size: float, *, right: bool) -> None:
        canvas: Any = self.canv
        canvas.beginForm(name, 0, -4, NUMBER_WIDTH, NUMBER_HEIGHT)
        canvas.setFont(self.fonts.regular, size)
        canvas.setFillColorRGB(0.29, 0.33, 0.39)
        if right:
            canvas.drawRightString(NUMBER_WIDTH, 0, text)
        else:
            canvas.drawString(0, 0, text)
        canvas.endForm()
