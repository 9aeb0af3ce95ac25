"""What a cell put out, as plain values of bounded size: text, error, table, figure, picture, or HTML to be caged."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, Literal

MOST_OUTPUTS = 60  # of one cell
MOST_TEXT = 20_000  # characters of one output
MOST_HTML = 500_000  # characters
MOST_ROWS, MOST_COLUMNS = 500, 100
MOST_PICTURE, MOST_FIGURE = 8_000_000, 8_000_000  # bytes of the encoded value
PICTURES = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}
FIGURE, SVG = "application/vnd.plotly.v1+json", "image/svg+xml"

OutputKind = Literal["text", "error", "table", "figure", "picture", "svg", "html", "markdown", "left_out"]

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")


@dataclass(frozen=True)
class Output:
    """One output. text: of text, error (the traceback), svg, html and markdown, or the kind of what was left out.

    title: an error in one line. is_cut: there was more than is kept.
    """

    kind: OutputKind
    text: str = ""
    title: str = ""
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    figure: dict[str, Any] = field(default_factory=dict)
    picture: bytes = b""
    is_cut: bool = False


def outputs_of(raw: Iterable[Mapping[str, Any]]) -> tuple[Output, ...]:
    """The outputs of one cell; what was printed in several pieces is one text."""
    found: list[Output] = []
    printed: list[str] = []
    for one in raw:
        if one.get("output_type") == "stream":
            printed.append("".join(one.get("text", "")))
            continue
        _put_text(found, printed)
        found.append(_error(one) if one.get("output_type") == "error" else _displayed(one.get("data", {})))
    _put_text(found, printed)
    if len(found) > MOST_OUTPUTS:
        return (*found[:MOST_OUTPUTS], Output("left_out", text=str(len(found) - MOST_OUTPUTS), is_cut=True))
    return tuple(found)


def without_ansi(text: str) -> str:
    """Text as a terminal would leave it: no colours, and of a line that was written over only its last state."""
    plain = _ANSI.sub("", text).replace("\r\n", "\n")
    return "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in plain.split("\n"))


def _put_text(found: list[Output], printed: list[str]) -> None:
    text = without_ansi("".join(printed)).rstrip("\n")
    printed.clear()
    if text.strip():  # the end of what was printed tells most
        found.append(Output("text", text=text[-MOST_TEXT:], is_cut=len(text) > MOST_TEXT))


def _error(one: Mapping[str, Any]) -> Output:
    trace = without_ansi("\n".join(map(str, one.get("traceback", ()))))
    title = without_ansi(f"{one.get('ename', '')}: {one.get('evalue', '')}")[:2000]
    return Output("error", text=trace[-MOST_TEXT:], title=title, is_cut=len(trace) > MOST_TEXT)


def _displayed(data: Mapping[str, Any]) -> Output:
    """The richest form that can be shown safely."""
    drawn = _drawn(data)
    if drawn is None and "text/html" in data:
        html = "".join(data["text/html"])
        drawn = table_in(html) or (Output("html", text=html) if len(html) <= MOST_HTML else None)
    if drawn is None and "text/markdown" in data:
        drawn = Output("markdown", text="".join(data["text/markdown"])[:MOST_TEXT])
    if drawn is not None:
        return drawn
    text = without_ansi("".join(data.get("text/plain", "")))
    if text:
        return Output("text", text=text[:MOST_TEXT], is_cut=len(text) > MOST_TEXT)
    return Output("left_out", text=", ".join(map(str, data))[:200])


def _drawn(data: Mapping[str, Any]) -> Output | None:
    if FIGURE in data:
        return _figure(data[FIGURE])
    for mime in PICTURES:
        if mime in data:
            return _picture(mime, "".join(data[mime]))
    if SVG in data:
        drawn = "".join(data[SVG])
        return Output("svg", text=drawn) if len(drawn) <= MOST_PICTURE else Output("left_out", SVG, is_cut=True)
    return None


def _figure(value: Any) -> Output:
    if isinstance(value, dict) and len(json.dumps(value)) <= MOST_FIGURE:
        return Output("figure", figure={"data": value.get("data", []), "layout": value.get("layout", {})})
    return Output("left_out", text=FIGURE, is_cut=True)


def _picture(mime: str, encoded: str) -> Output:
    if len(encoded) <= MOST_PICTURE:
        try:
            picture = base64.b64decode(encoded.replace("\n", ""), validate=True)
        except (binascii.Error, ValueError):
            picture = b""
        if picture.startswith(PICTURES[mime]):
            return Output("picture", picture=picture)
    return Output("left_out", text=mime, is_cut=True)


def table_in(html: str) -> Output | None:
    """The one table of a data frame's HTML as values; None for anything else."""
    if html.count("<table") != 1 or "dataframe" not in html or len(html) > 20 * MOST_HTML:
        return None
    reader = _TableReader()
    reader.feed(html)
    rows = [row for row in reader.rows if row]
    if len(rows) < 1 or not reader.head:
        return None
    head = [name or " " * (place + 1) for place, name in enumerate(reader.head)]  # names must differ
    width = min(len(head), MOST_COLUMNS)
    cut = len(rows) > MOST_ROWS or len(head) > MOST_COLUMNS
    shown = tuple(tuple(map(_unquoted, (*row, *[""] * width)[:width])) for row in rows[:MOST_ROWS])
    return Output("table", text=reader.note, columns=tuple(head[:width]), rows=shown, is_cut=cut)


def _unquoted(word: str) -> str:
    """polars puts strings into quotes."""
    return word[1:-1] if len(word) > 1 and word[0] == word[-1] == '"' else word


class _TableReader(HTMLParser):
    """Collects the words of a table; polars puts types of columns into a second head row, which is left out."""

    def __init__(self) -> None:
        super().__init__()
        self.head: list[str] = []
        self.rows: list[list[str]] = []
        self.note = ""
        self._row: list[str] = []
        self._words: list[str] | None = None
        self._in_head = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "thead":
            self._in_head = True
        elif tag == "tr":
            self._row = []
        elif tag in ("td", "th", "small"):
            self._words = []

    def handle_endtag(self, tag: str) -> None:
        if tag == "thead":
            self._in_head = False
        elif tag == "small":
            self.note, self._words = "".join(self._words or ()).strip(), None
        elif tag in ("td", "th") and self._words is not None:
            self._row.append("".join(self._words).strip())
            self._words = None
        elif tag == "tr" and self._in_head:
            self.head = self.head or self._row
        elif tag == "tr":
            self.rows.append(self._row)

    def handle_data(self, data: str) -> None:
        if self._words is not None:
            self._words.append(data)
