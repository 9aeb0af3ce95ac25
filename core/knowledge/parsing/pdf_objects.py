"""What is drawn on a PDF page besides its words: lines of tables, pictures, and words that nobody sees."""

from __future__ import annotations

import ctypes
import itertools
from dataclasses import dataclass
from typing import Any

TEXT, PATH, IMAGE = 1, 2, 3
INVISIBLE_MODES = (3, 7)  # neither filled nor stroked
THIN, SHORT = 3.0, 3.0  # points
SMALLEST_TYPE = 2.0  # points
LIGHT = 248  # of 255 in each colour: white paper
COVERING = 0.5  # of the page: a picture this large is the page
GRID_SEGMENTS = 10  # two for each line, five for a rectangle
LEAST_RULES = 3  # in either direction, before a page is looked through for tables
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Drawn:
    """has_rules: enough straight lines for a table. is_covered: one picture fills the page. hidden: unseen words."""

    has_rules: bool
    is_covered: bool
    hidden: tuple[str, ...]


def look_through(page: Any, text_page: Any, most: int) -> Drawn:
    """The first `most` objects of a page of pypdfium2."""
    width, height = page.get_size()
    across = upright = 0
    is_covered = False
    backgrounds: list[Box] = []
    suspects: list[tuple[Any, Box]] = []
    count = 0
    for one in itertools.islice(page.get_objects(max_depth=4), most):
        count += 1
        if one.type not in (TEXT, PATH, IMAGE):
            continue
        left, bottom, right, top = box = one.get_bounds()
        if one.type == PATH:
            rules = LEAST_RULES if _has_many_lines(one) else 1
            across += rules * (right - left > SHORT)
            upright += rules * (top - bottom > SHORT)
            if right - left > THIN and top - bottom > THIN and _colour(one) is not None and not _is_light(one):
                backgrounds.append(box)
        elif one.type == IMAGE:
            backgrounds.append(box)
            is_covered |= (right - left) * (top - bottom) >= COVERING * width * height
        elif _may_be_hidden(one, box):
            suspects.append((one, box))
    hidden = tuple(_text(one, text_page) for one, box in suspects if not (is_covered or _is_on(box, backgrounds)))
    # A page with so many objects is a drawing, and looking for tables in it would take longest.
    has_rules = across >= LEAST_RULES and upright >= LEAST_RULES and count < most
    return Drawn(has_rules, is_covered, _phrases(hidden))


def _has_many_lines(one: Any) -> bool:
    """Programs draw a whole grid as one path."""
    from pypdfium2 import raw

    return bool(raw.FPDFPath_CountSegments(one.raw) >= GRID_SEGMENTS)


def _may_be_hidden(one: Any, box: Box) -> bool:
    from pypdfium2 import raw

    left, bottom, right, top = box
    if right <= left and top <= bottom:
        return False  # a blank
    size = ctypes.c_float()
    raw.FPDFTextObj_GetFontSize(one.raw, ctypes.byref(size))
    is_tiny = 0 < top - bottom < SMALLEST_TYPE and size.value * _scale(one) < SMALLEST_TYPE
    mode = raw.FPDFTextObj_GetTextRenderMode(one.raw)
    return is_tiny or mode in INVISIBLE_MODES or _is_light(one)


def _scale(one: Any) -> float:
    matrix = one.get_matrix()
    return max(float(abs(matrix.d)), float(abs(matrix.b)))


def _colour(one: Any) -> tuple[int, int, int, int] | None:
    from pypdfium2 import raw

    parts = [ctypes.c_uint() for _ in range(4)]
    if not raw.FPDFPageObj_GetFillColor(one.raw, *map(ctypes.byref, parts)):
        return None
    red, green, blue, alpha = (part.value for part in parts)
    return red, green, blue, alpha


def _is_light(one: Any) -> bool:
    colour = _colour(one)
    return colour is not None and (min(colour[:3]) >= LIGHT or colour[3] < 8)


def _is_on(box: Box, backgrounds: list[Box]) -> bool:
    """Whether something darker than paper lies under the words: then white ones can be read."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return any(left <= x <= right and bottom <= y <= top for left, bottom, right, top in backgrounds)


def _text(one: Any, text_page: Any) -> str:
    from pypdfium2 import raw

    size = raw.FPDFTextObj_GetText(one.raw, text_page.raw, None, 0)
    letters = (ctypes.c_ushort * (size // 2))()
    raw.FPDFTextObj_GetText(one.raw, text_page.raw, letters, size)
    return bytes(letters).decode("utf-16-le", "replace").rstrip("\0")


def _phrases(hidden: tuple[str, ...]) -> tuple[str, ...]:
    """Unseen words that are more than a mark; programs write them letter by letter or line by line."""
    return tuple(words for words in (one.strip() for one in hidden) if len(words) > 1)
