"""How the pages of the PDF look: margins, type sizes, tables, header and footer; what they say is in `pdf_pages`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape

from core.ctr.reporting.pdf_chart_frame import BLUE, DARK, GREY, LIGHT, VIOLET
from core.ctr.reporting.pdf_charts import Paint
from core.pdf_fonts import Fonts

PAGE_WIDTH, PAGE_HEIGHT = 595.2756, 841.8898  # A4 [points]
SIDE, TOP, BOTTOM = 54.0, 66.0, 56.0
WIDTH = PAGE_WIDTH - 2 * SIDE
HIGHEST = PAGE_HEIGHT - TOP - BOTTOM - 60  # of what is kept together
KEPT_WHOLE, SPLIT_ROOM = 330.0, 170.0  # higher tables may be split, but not right under their heading
PALE = "#eef2ff"
CELL, ROW, TALL_ROW, INDENT = 8.0, 17.0, 30.0, 5.0  # of tables: type size, row of one and of two lines, padding
ONE_LINE = 90  # letters; longer texts wrap for certain
PADDING = [
    ("TOPPADDING", (0, 0), (-1, -1), 3.2), ("BOTTOMPADDING", (0, 0), (-1, -1), 4.2),
    ("LEFTPADDING", (0, 0), (-1, -1), INDENT), ("RIGHTPADDING", (0, 0), (-1, -1), INDENT),
]  # fmt: skip
LONGEST_TEXT = 400  # letters of one cell; names come from a visitor's header and may be endless
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u2028-\u202e\ufeff]")
INTERVAL = re.compile(r"\(95[^()]*\)")  # never broken over two lines
Cell = str | tuple[str, str]  # a text, or a text and a style of its own


@dataclass
class Sheet:
    """Collects the flowables of the document in order."""

    fonts: Fonts
    with_charts: bool
    story: list[Any] = field(default_factory=list)
    sections: list[tuple[str, str]] = field(default_factory=list)  # key and title of each in the contents
    pages: dict[str, int] = field(default_factory=dict)
    styles: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.styles = _styles(self.fonts)

    def section(self, key: str, title: str, *, new_page: bool = True) -> None:
        """A numbered section; on the same page only where there is room for more than its heading."""
        from reportlab.platypus import CondPageBreak, PageBreak

        from core.ctr.reporting.flowables import Heading

        self.sections.append((key, title))
        self.story.append(PageBreak() if new_page else CondPageBreak(180))
        numbered = f"{len(self.sections)}. {title}"
        self.story.append(
            Heading(printable(numbered), self.styles["h1"], key=key, title=numbered, level=0, pages=self.pages)
        )

    def heading(self, text: str, *, room: float = 60.0) -> None:
        """A heading within a section; it starts a new page where less than `room` points are left."""
        from reportlab.platypus import CondPageBreak

        from core.ctr.reporting.flowables import Heading

        key = f"part.{len(self.story)}"
        self.story.append(CondPageBreak(min(room, HIGHEST)))
        self.story.append(Heading(printable(text), self.styles["h2"], key=key, title=text, level=1, pages=self.pages))

    def text(self, text: str, style: str = "body") -> None:
        from reportlab.platypus import Paragraph

        self.story.append(Paragraph(printable(text), self.styles[style]))

    def chart(self, paint: Paint, height: float, *beside: Paint) -> None:
        """One chart over the whole width, or several beside each other."""
        if not self.with_charts:
            return
        from reportlab.platypus import Table

        from core.ctr.reporting.flowables import Chart

        if not beside:
            self.story.append(Chart(WIDTH, height, paint, self.fonts))
            return
        every = (paint, *beside)
        width = WIDTH / len(every)
        cells = [[Chart(width - 8, height, one, self.fonts) for one in every]]
        self.story.append(Table(cells, colWidths=[width] * len(every), style=[("LEFTPADDING", (0, 0), (-1, -1), 0)]))

    def table(
        self, head: Sequence[str], rows: Sequence[Sequence[Cell]], widths: Sequence[float], *, words: int = 1,
        title: str = "", chart: tuple[Paint, float] | None = None,
    ) -> None:  # fmt: skip
        """widths: shares of the page width. words: columns that stand left; the others are figures and stand right.

        title: a heading kept with the table; chart: one drawn between the two.
        """
        from reportlab.lib.colors import HexColor
        from reportlab.platypus import Table

        points = [share * WIDTH for share in widths]
        top = [
            self._cell(text, points[place], "head" if place < words else "head_right")
            for place, text in enumerate(head)
        ]
        body = [
            [self._cell(cell, points[place], "cell" if place < words else "figure") for place, cell in enumerate(row)]
            for row in rows
        ]
        style = [
            ("FONT", (0, 0), (-1, 0), self.fonts.bold, CELL),
            ("FONT", (0, 1), (-1, -1), self.fonts.regular, CELL),
            ("TEXTCOLOR", (0, 0), (-1, -1), HexColor(DARK)),
            ("ALIGN", (words, 0), (-1, -1), "RIGHT"),
            ("BACKGROUND", (0, 0), (-1, 0), HexColor(PALE)),
            ("LINEBELOW", (0, 0), (-1, 0), 0.8, HexColor(BLUE)),
            ("LINEBELOW", (0, 1), (-1, -1), 0.3, HexColor(LIGHT)),
            ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
            *PADDING,
        ]
        if title:
            height = chart[1] if chart is not None and self.with_charts else 0.0
            height += sum(ROW if all(isinstance(cell, str) for cell in row) else TALL_ROW for row in (top, *body))
            self.heading(title, room=height + 44 if height <= KEPT_WHOLE else SPLIT_ROOM)
        if chart is not None:
            self.chart(*chart)
        self.story.append(
            Table([top, *body], colWidths=points, repeatRows=1, style=style, spaceBefore=4, spaceAfter=10)
        )

    def pairs(self, rows: Sequence[tuple[str, str]]) -> None:
        """Names and values, both left."""
        from reportlab.lib.colors import HexColor
        from reportlab.platypus import Table

        points = (0.3 * WIDTH, 0.7 * WIDTH)
        body = [[self._cell(name, points[0], "name"), self._cell(value, points[1], "cell")] for name, value in rows]
        style = [
            ("FONT", (0, 0), (-1, -1), self.fonts.regular, CELL),
            ("TEXTCOLOR", (0, 0), (0, -1), HexColor(GREY)),
            ("TEXTCOLOR", (1, 0), (1, -1), HexColor(DARK)),
            ("LINEBELOW", (0, 0), (-1, -1), 0.3, HexColor(LIGHT)),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            *PADDING,
        ]
        self.story.append(Table(body, colWidths=points, style=style, spaceAfter=14))

    def space(self, height: float) -> None:
        from reportlab.platypus import Spacer

        self.story.append(Spacer(0, height))

    def _cell(self, cell: Cell, width: float, style: str) -> Any:
        """The bare text where it fits on one line, which is much faster to set, else a paragraph that wraps."""
        from reportlab.pdfbase.pdfmetrics import stringWidth
        from reportlab.platypus import Paragraph

        text, own = cell if isinstance(cell, tuple) else (cell, None)
        font = self.fonts.bold if style.startswith("head") else self.fonts.regular
        if own is None and len(text) < ONE_LINE and stringWidth(text, font, CELL) <= width - 2 * INDENT:
            return UNPRINTABLE.sub(" ", text)
        return Paragraph(printable(text), self.styles[own or style])


def printable(text: str) -> str:
    """Text as ReportLab's markup, without what no font draws; figures are never parted from their signs."""
    text = UNPRINTABLE.sub(" ", text)
    text = text if len(text) <= LONGEST_TEXT or " " in text[:LONGEST_TEXT] else text[: LONGEST_TEXT - 1] + "…"
    text = INTERVAL.sub(lambda found: found[0].replace(" ", "\u00a0"), text)
    return escape(text.replace(" %", "\u00a0%"))


def _styles(fonts: Fonts) -> dict[str, Any]:
    from reportlab.lib.colors import HexColor
    from reportlab.lib.enums import TA_RIGHT
    from reportlab.lib.styles import ParagraphStyle

    def style(name: str, size: float, leading: float, colour: str = DARK, *, bold: bool = False, **more: Any) -> Any:
        font = fonts.bold if bold else fonts.regular
        return ParagraphStyle(
            name, fontName=font, fontSize=size, leading=leading, textColor=HexColor(colour), bulletFontName=font,
            allowWidows=0, allowOrphans=0, splitLongWords=1, **more,
        )  # fmt: skip

    every = (
        style("title", 30, 38, BLUE, bold=True, spaceAfter=8),
        style("subtitle", 13, 20, GREY, spaceAfter=26),
        style("brand", 12, 16, VIOLET, bold=True),
        style("h1", 17, 23, BLUE, bold=True, spaceBefore=18, spaceAfter=8, keepWithNext=1),
        style("h2", 11, 16, VIOLET, bold=True, spaceBefore=8, spaceAfter=4),
        style("body", 9.6, 15.2, spaceAfter=6),
        style("lead", 11.2, 18, spaceAfter=8),
        style("note", 8, 12, GREY, spaceAfter=6),
        style("warning", 10, 15, "#92400e", backColor=HexColor("#fef3c7"), borderPadding=(6, 8, 6, 8), spaceBefore=10,
              spaceAfter=14),
        style("cell", CELL, 11.2),
        style("name", CELL, 11.2, GREY),
        style("figure", CELL, 11.2, alignment=TA_RIGHT),
        style("head", CELL, 11.2, bold=True),
        style("head_right", CELL, 11.2, bold=True, alignment=TA_RIGHT),
        style("chosen", CELL, 11.2, VIOLET, bold=True),
    )  # fmt: skip
    return {one.name: one for one in every}
