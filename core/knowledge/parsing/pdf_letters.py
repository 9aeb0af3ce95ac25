"""The letters of a PDF page as fragments: words that stand side by side on one line in one type."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any

SOFT_HYPHEN = "\u00ad"  # at the end of a fragment: the word goes on in the next line
LINE_BREAKS, BLANKS, HYPHENS = (10, 13), (9, 32, 160, 0x3000), (2, 0xFFFE)
WIDE_GAP = 1.0  # of the type's height: further apart stand cells or columns, not words
BOLD_WEIGHT = 600
FAR = 20_000.0  # points; no page is larger, so nobody sees what stands beyond


@dataclass(frozen=True)
class Fragment:
    """Coordinates in points, y upwards. height: of the box that letters of this type stand in, which differs from
    font to font; size: of the type. rows: set when it stands for a whole table.
    """

    text: str
    x0: float
    y0: float
    x1: float
    y1: float
    height: float
    size: float = 0.0
    is_bold: bool = False
    rows: tuple[tuple[str, ...], ...] = ()

    @property
    def middle(self) -> float:
        return (self.y0 + self.y1) / 2


def read_fragments(text_page: Any) -> list[Fragment]:
    """The fragments of a page in the order in which the file writes them. text_page: of pypdfium2."""
    from pypdfium2 import raw

    box = raw.FS_RECTF()
    at = ctypes.byref(box)
    found: list[Fragment] = []
    letters: list[str] = []
    x0 = y0 = x1 = y1 = size = 0.0
    is_bold = is_apart = False

    def close(end: str = "") -> None:
        if letters:
            text = _whole("".join(letters)) + end
            found.append(Fragment(text, x0, y0, x1, y1, y1 - y0, size, is_bold))
            letters.clear()

    for index in range(text_page.count_chars()):
        code = raw.FPDFText_GetUnicode(text_page, index)
        if code in LINE_BREAKS:
            close()
            continue
        if code in BLANKS:
            is_apart = True
            continue
        if code in HYPHENS:
            close(SOFT_HYPHEN)
            continue
        if not code or not raw.FPDFText_GetLooseCharBox(text_page, index, at):
            continue
        left, right, bottom, top = box.left, box.right, box.bottom, box.top
        if not (-FAR < left <= right < FAR and -FAR < bottom <= top < FAR):
            continue
        height = max(y1 - y0, 1.0)
        if letters and (
            left - x1 > WIDE_GAP * height
            or left < x1 - height
            or abs((bottom + top) - (y0 + y1)) > height
        ):  # fmt: skip
            close()
        if not letters:
            x0, y0, x1, y1 = left, bottom, right, top
            size, is_bold = _size(raw, text_page, index), _is_bold(raw, text_page, index)
        elif is_apart:
            letters.append(" ")
        letters.append(chr(code))
        x1, is_apart = max(x1, right), False
    close()
    return found


def _size(raw: Any, text_page: Any, index: int) -> float:
    """Size of the type in points on the page: programs write size 1 and let the page enlarge it."""
    matrix = raw.FS_MATRIX()
    if not raw.FPDFText_GetMatrix(text_page, index, ctypes.byref(matrix)):
        return float(raw.FPDFText_GetFontSize(text_page, index))
    return float(raw.FPDFText_GetFontSize(text_page, index) * (matrix.b**2 + matrix.d**2) ** 0.5)


def _is_bold(raw: Any, text_page: Any, index: int) -> bool:
    if raw.FPDFText_GetFontWeight(text_page, index) >= BOLD_WEIGHT:
        return True
    name = ctypes.create_string_buffer(128)
    raw.FPDFText_GetFontInfo(text_page, index, name, len(name), ctypes.byref(ctypes.c_int()))
    return b"bold" in name.value.lower() or b"black" in name.value.lower()


def _whole(text: str) -> str:
    """Letters beyond the first plane come in two halves."""
    if text.isascii() or not any("\ud800" <= sign <= "\udfff" for sign in text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
