"""How the compounding sheet looks: margins, type sizes, tables with repeated headings; not its words."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Literal
from xml.sax.saxutils import escape

from core.pdf_fonts import Fonts

PAGE_WIDTH, PAGE_HEIGHT = 595.2756, 841.8898  # A4 [points]
SIDE, TOP, BOTTOM = 40.0, 52.0, 46.0
WIDTH = PAGE_WIDTH - 2 * SIDE
INK, QUIET, RULE, SHADE, WARNING = "#1f2937", "#4b5563", "#d1d5db", "#eef2f7", "#fef3c7"
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u2028-\u202e\ufeff]")
LONGEST_CELL, ONE_LINE = 600, 90  # letters of one cell; longer ones are cut, those over a line wrap
CELL, PADDING, GAP = 8.0, 3.0, 9.0  # points: type of tables, sides of a cell, left of words that follow a figure
IN_TABLES = frozenset({"cell", "figure", "head", "head_right"})
Style = Literal["title", "heading", "body", "note", "warning", "cell", "figure", "head", "head_right"]


class Sheet:
    """Collects the parts of the document in order."""

    def __init__(self, fonts: Fonts) -> None:
        self.fonts = fonts
        self.parts: list[Any] = []
        self._styles = _styles(fonts)

    def text(self, text: str, style: Style = "body") -> None:
        self.parts.append(self.paragraph(text, style))

    def paragraph(self, text: str, style: Style) -> Any:
        from reportlab.platypus import Paragraph

        if style in IN_TABLES and len(text) > LONGEST_CELL:
            text = text[: LONGEST_CELL - 1] + "…"
        return Paragraph(printable(text), self._styles[style])

    def pairs(self, rows: Sequence[tuple[str, str]]) -> None:
        """Names and values in two columns of pairs."""
        from reportlab.platypus import Table

        cells = [[self.paragraph(name, "note"), self.paragraph(value, "cell")] for name, value in rows]
        cells += [["", ""]] * (len(cells) % 2)
        lines = [[*cells[place], *cells[place + 1]] for place in range(0, len(cells), 2)]
        widths = [0.15 * WIDTH, 0.35 * WIDTH] * 2
        self.parts.append(Table(lines, colWidths=widths, style=_grid(0), spaceAfter=8))

    def table(
        self, head: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[float], *,
        figures: Sequence[int] = (), total: Sequence[str] | None = None, boxes: bool = False,
    ) -> None:  # fmt: skip
        """widths: points. figures: columns that stand right. boxes: the first column is a box to tick."""
        from reportlab.lib.colors import HexColor
        from reportlab.platypus import Table

        beside = [at for at in range(1, len(widths)) if at - 1 in figures and at not in figures]
        rooms = [width - PADDING - (GAP if at in beside else PADDING) for at, width in enumerate(widths)]
        top = [self._cell(text, rooms[at], "head_right" if at in figures else "head") for at, text in enumerate(head)]
        body = [
            [
                _box() if boxes and at == 0 else self._cell(text, rooms[at], "figure" if at in figures else "cell")
                for at, text in enumerate(row)
            ]
            for row in [*rows, *([total] if total is not None else [])]
        ]
        if total is not None and boxes:
            body[-1][0] = ""
        style = [
            *_grid(1),
            ("FONT", (0, 0), (-1, 0), self.fonts.bold, CELL),
            ("FONT", (0, 1), (-1, -1), self.fonts.regular, CELL),
            ("TEXTCOLOR", (0, 0), (-1, -1), HexColor(INK)),
            *(("ALIGN", (at, 0), (at, -1), "RIGHT") for at in figures),
            *(("LEFTPADDING", (at, 0), (at, -1), GAP) for at in beside),
            *([("BACKGROUND", (0, -1), (-1, -1), HexColor(SHADE))] if total is not None else []),
        ]
        self.parts.append(
            Table([top, *body], colWidths=list(widths), repeatRows=1, style=style, spaceBefore=2, spaceAfter=6)
        )

    def kept_together(self, build: Callable[[Sheet], None]) -> None:
        """What `build` adds stands on one page."""
        from reportlab.platypus import KeepTogether

        apart = Sheet(self.fonts)
        build(apart)
        self.parts.append(KeepTogether(apart.parts))

    def _cell(self, text: str, room: float, style: Style) -> Any:
        """The bare text where it fits on one line, which is much faster to set, else a paragraph that wraps."""
        from reportlab.pdfbase.pdfmetrics import stringWidth

        font = self.fonts.bold if style.startswith("head") else self.fonts.regular
        plain = UNPRINTABLE.sub(" ", text)
        fits = len(plain) < ONE_LINE and stringWidth(plain, font, CELL) <= room
        return plain if fits else self.paragraph(text, style)

    def signatures(self, names: Sequence[str]) -> None:
        """Lines to sign on, side by side."""
        from reportlab.lib.colors import HexColor
        from reportlab.platypus import Table

        width = WIDTH / len(names)
        style = [
            ("LINEABOVE", (at, 0), (at, 0), 0.7, HexColor(INK)) for at in range(0, 2 * len(names), 2)
        ]  # fmt: skip
        cells: list[Any] = []
        for name in names:
            cells += [self.paragraph(name, "note"), ""]
        self.parts.append(
            Table([cells], colWidths=[width - 14, 14] * len(names), style=style, spaceBefore=32)
        )  # fmt: skip


def printable(text: str) -> str:
    """Text as ReportLab's markup, without what no font draws; a figure is not parted from its sign."""
    text = UNPRINTABLE.sub(" ", text)
    return escape(re.sub(r"(?<=\d) (?=%|g\b|ml\b)", "\u00a0", text))


def digits(value: float, most: int = 4) -> str:
    """A figure of so many telling digits, never with an exponent."""
    return f"{Decimal(f'{value:.{most}g}'):f}"


def _box() -> Any:
    from reportlab.graphics.shapes import Drawing, Rect
    from reportlab.lib.colors import HexColor

    drawing = Drawing(9, 9)
    drawing.add(Rect(0.5, 0.5, 8, 8, fillColor=None, strokeColor=HexColor(INK), strokeWidth=0.8))
    return drawing


def _grid(heads: int) -> list[Any]:
    from reportlab.lib.colors import HexColor

    return [
        ("LINEBELOW", (0, 0), (-1, -1), 0.3, HexColor(RULE)),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ("TOPPADDING", (0, 0), (-1, -1), 2.6), ("BOTTOMPADDING", (0, 0), (-1, -1), 3.4),
        ("LEFTPADDING", (0, 0), (-1, -1), PADDING), ("RIGHTPADDING", (0, 0), (-1, -1), PADDING),
        *([("BACKGROUND", (0, 0), (-1, 0), HexColor(SHADE))] if heads else []),
    ]  # fmt: skip


def _styles(fonts: Fonts) -> dict[str, Any]:
    from reportlab.lib.colors import HexColor
    from reportlab.lib.enums import TA_RIGHT
    from reportlab.lib.styles import ParagraphStyle

    def style(name: Style, size: float, leading: float, colour: str = INK, *, bold: bool = False, **more: Any) -> Any:
        font = fonts.bold if bold else fonts.regular
        return ParagraphStyle(
            name, fontName=font, fontSize=size, leading=leading, textColor=HexColor(colour), splitLongWords=1,
            bulletFontName=font, **more,
        )  # fmt: skip

    every = (
        style("title", 17, 23, bold=True, spaceAfter=6),
        style("heading", 10.5, 15, bold=True, spaceBefore=8, spaceAfter=3, keepWithNext=1),
        style("body", 8.6, 12.6, spaceAfter=3),
        style("note", 7.8, 11, QUIET, spaceAfter=3),
        style("warning", 8.6, 12.6, backColor=HexColor(WARNING), borderPadding=(4, 6, 4, 6), spaceBefore=9,
              spaceAfter=12, leftIndent=6, rightIndent=6),
        style("cell", CELL, 10.4),
        style("figure", CELL, 10.4, alignment=TA_RIGHT),
        style("head", CELL, 10.4, bold=True),
        style("head_right", CELL, 10.4, bold=True, alignment=TA_RIGHT),
    )  # fmt: skip
    return {one.name: one for one in every}
