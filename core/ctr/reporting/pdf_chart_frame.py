"""Axes, ticks and marks of the PDF's vector charts; what is drawn on them is decided in `pdf_charts`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import Any

from core.pdf_fonts import Fonts

BLUE, VIOLET, GREY, LIGHT, DARK = "#2563eb", "#7c3aed", "#6b7280", "#e5e7eb", "#1f2937"
SOLID, DASHED, DOTTED = (), (5, 3), (1.5, 2.5)
TEXT, SMALL = 8.0, 7.0
Points = Sequence[tuple[float, float]]
Range = tuple[float, float]


class Pen:
    """Draws lines, boxes and text on a ReportLab canvas; points, origin at the chart's lower left corner."""

    def __init__(self, canvas: Any, fonts: Fonts, width: float, height: float) -> None:
        self.canvas, self.fonts, self.width, self.height = canvas, fonts, width, height

    def lines(self, points: Points, colour: str, *, width: float = 1.0, dash: Sequence[float] = SOLID) -> None:
        self.canvas.setStrokeColor(_colour(colour))
        self.canvas.setLineWidth(width)
        self.canvas.setDash(list(dash))
        path = self.canvas.beginPath()
        path.moveTo(*points[0])
        for point in points[1:]:
            path.lineTo(*point)
        self.canvas.drawPath(path)
        self.canvas.setDash([])

    def box(self, left: float, bottom: float, width: float, height: float, colour: str) -> None:
        self.canvas.setFillColor(_colour(colour))
        self.canvas.rect(left, bottom, width, height, stroke=0, fill=1)

    def dot(self, x: float, y: float, colour: str, *, square: bool = False, radius: float = 2.4) -> None:
        self.canvas.setFillColor(_colour(colour))
        if square:
            self.canvas.rect(x - radius, y - radius, 2 * radius, 2 * radius, stroke=0, fill=1)
        else:
            self.canvas.circle(x, y, radius, stroke=0, fill=1)

    def text(self, x: float, y: float, text: str, *, size: float = SMALL, colour: str = GREY, align: str = "left",
             bold: bool = False, upright: bool = False) -> None:  # fmt: skip
        self.canvas.setFont(self.fonts.bold if bold else self.fonts.regular, size)
        self.canvas.setFillColor(_colour(colour))
        draw = {
            "left": self.canvas.drawString, "right": self.canvas.drawRightString,
            "middle": self.canvas.drawCentredString,
        }[align]  # fmt: skip
        if not upright:
            draw(x, y, text)
            return
        self.canvas.saveState()
        self.canvas.translate(x, y)
        self.canvas.rotate(90)
        draw(0, 0, text)
        self.canvas.restoreState()

    def width_of(self, text: str, size: float = SMALL) -> float:
        return float(self.canvas.stringWidth(text, self.fonts.regular, size))

    def cut(self, text: str, width: float, size: float = SMALL) -> str:
        """The text, or as much of it as fits with an ellipsis."""
        if self.width_of(text, size) <= width:
            return text
        while text and self.width_of(text + "…", size) > width:
            text = text[:-1]
        return text + "…"


@dataclass(frozen=True)
class Axes:
    """A plotting area within a pen's chart with linear scales."""

    pen: Pen
    x: Range
    y: Range
    left: float = 54.0
    bottom: float = 34.0
    right: float = 12.0
    top: float = 30.0

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Where a value stands on the page."""
        across = (x - self.x[0]) / (self.x[1] - self.x[0])
        up = (y - self.y[0]) / (self.y[1] - self.y[0])
        width, height = self.pen.width - self.left - self.right, self.pen.height - self.bottom - self.top
        return self.left + across * width, self.bottom + up * height

    def title(self, text: str) -> None:
        self.pen.text(0, self.pen.height - 10, text, size=TEXT + 0.5, colour=DARK, bold=True)

    def x_axis(self, text: Callable[[float], str], title: str, ticks: Sequence[float] | None = None) -> None:
        for tick in ticks if ticks is not None else nice_ticks(*self.x):
            across, base = self.at(tick, self.y[0])
            self.pen.lines([(across, base), (across, base - 3)], GREY, width=0.6)
            self.pen.text(across, base - 11, text(tick), align="middle")
        self.pen.lines([self.at(self.x[0], self.y[0]), self.at(self.x[1], self.y[0])], GREY, width=0.8)
        middle = (self.left + self.pen.width - self.right) / 2
        self.pen.text(middle, self.bottom - 24, title, align="middle", colour=DARK)

    def y_axis(self, text: Callable[[float], str], title: str = "") -> None:
        for tick in nice_ticks(*self.y):
            start, end = self.at(self.x[0], tick), self.at(self.x[1], tick)
            self.pen.lines([start, end], LIGHT, width=0.5)
            self.pen.text(start[0] - 4, start[1] - 2.5, text(tick), align="right")
        if title:
            self.pen.text(9, (self.bottom + self.pen.height - self.top) / 2, title, align="middle", colour=DARK,
                          upright=True)  # fmt: skip

    def line(self, points: Points, colour: str, *, width: float = 1.3, dash: Sequence[float] = SOLID) -> None:
        self.pen.lines([self.at(*point) for point in points], colour, width=width, dash=dash)

    def upright_interval(self, x: float, low: float, high: float, colour: str) -> None:
        self.pen.lines([self.at(x, low), self.at(x, high)], colour, width=0.9)

    def flat_interval(self, y: float, low: float, high: float, colour: str) -> None:
        (start, height), (end, _) = self.at(low, y), self.at(high, y)
        self.pen.lines([(start, height), (end, height)], colour, width=1.0)
        for edge in (start, end):
            self.pen.lines([(edge, height - 2.5), (edge, height + 2.5)], colour, width=1.0)

    def legend(self, entries: Sequence[tuple[str, str, Sequence[float]]]) -> None:
        """Text, colour and dash of each line, in a row above the plot."""
        x, y = self.left, self.pen.height - 23
        for text, colour, dash in entries:
            self.pen.lines([(x, y + 2.5), (x + 16, y + 2.5)], colour, width=1.3, dash=dash)
            self.pen.text(x + 20, y, text)
            x += 34 + self.pen.width_of(text)


def nice_ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Round values between low and high, in steps of 1, 2 or 5 times a power of ten."""
    if high <= low:
        return [low]
    rough = (high - low) / most
    power = 10 ** floor(log10(rough))
    step = next(size * power for size in (1, 2, 5, 10) if size * power >= rough * (1 - 1e-9))
    return [number * step for number in range(ceil(low / step - 1e-9), floor(high / step + 1e-9) + 1)]


def _colour(colour: str) -> Any:
    from reportlab.lib.colors import HexColor

    if colour not in _colours:
        _colours[colour] = HexColor(colour)
    return _colours[colour]


_colours: dict[str, Any] = {}
