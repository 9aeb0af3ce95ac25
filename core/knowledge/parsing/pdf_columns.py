"""The order in which a person reads a page: from the top down, column by column where there are columns.

Decided by where words stand, not by the order in which the file writes them, which programs are free to choose.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.knowledge.parsing.pdf_letters import Fragment

WIDE_SHARE = 0.6  # of the region's width: a fragment this wide spans all columns
LEAST_LINES = 4  # of a column; fewer lines side by side are cells or captions
LEAST_GUTTER = 6.0  # points without words between two columns
MOST_CROSSING = 0.1  # of the fragments may reach across the gutter
TOUCHING, LETTER_GAP = 0.3, 0.12  # heights between fragments of one cell, and between letters of one word
MOST_COLUMNS = 4
# A column is full of long lines; the cells of a table are short. Hangul and the like count twice.
LEAST_LENGTH, LEAST_FILLED = 16, 0.6
Row = list[Fragment]


def reading_order(fragments: Sequence[Fragment]) -> list[list[Row]]:
    """Regions in the order of reading; a region is a list of rows from the top, a row goes from left to right."""
    if not fragments:
        return []
    left, right = min(one.x0 for one in fragments), max(one.x1 for one in fragments)
    regions: list[list[Row]] = []
    plain: list[Row] = []
    for band in _bands(rows_of(fragments), WIDE_SHARE * (right - left)):
        columns = _columns([one for row in band for one in row]) if len(band) >= LEAST_LINES else []
        if not columns:
            plain.extend(band)
            continue
        regions.append(plain)
        plain = []
        regions.extend(rows_of(column) for column in columns)
    regions.append(plain)
    return [region for region in regions if region]


def rows_of(fragments: Sequence[Fragment]) -> list[Row]:
    """Fragments that stand on one line together, lines from the top; those that touch are one."""
    return [_touching_joined(row) for row in plain_rows(fragments)]


def plain_rows(fragments: Sequence[Fragment]) -> list[Row]:
    """Fragments that stand on one line together, each as it is, lines from the top."""
    rows: list[Row] = []
    for one in sorted(fragments, key=lambda found: (-found.middle, found.x0)):
        if rows and abs(rows[-1][0].middle - one.middle) < 0.5 * min(rows[-1][0].height, one.height):
            rows[-1].append(one)
        else:
            rows.append([one])
    return [sorted(row, key=lambda found: found.x0) for row in rows]


def _touching_joined(row: Row) -> Row:
    """A raised figure or a letter in another font is no cell of its own."""
    joined = [row[0]]
    for one in row[1:]:
        before = joined[-1]
        gap = (one.x0 - before.x1) / max(before.height, one.height, 1.0)
        if gap >= TOUCHING or before.rows or one.rows or before.is_bold != one.is_bold:
            joined.append(one)
            continue
        tallest = max(before, one, key=lambda found: len(found.text))
        text = before.text + ("" if gap < LETTER_GAP else " ") + one.text
        joined[-1] = replace(
            tallest, text=text, x0=before.x0, x1=max(before.x1, one.x1), y0=min(before.y0, one.y0),
            y1=max(before.y1, one.y1),
        )  # fmt: skip
    return joined


def _bands(rows: list[Row], wide: float) -> list[list[Row]]:
    """Runs of rows that do or do not have a fragment across the whole region.

    A few narrow rows between wide ones (the last line of a paragraph) belong to these.
    """
    runs: list[tuple[bool, list[Row]]] = []
    for row in rows:
        is_wide = any(one.x1 - one.x0 >= wide for one in row)
        if runs and runs[-1][0] == is_wide:
            runs[-1][1].append(row)
        else:
            runs.append((is_wide, [row]))
    bands: list[list[Row]] = []
    for is_wide, run in runs:
        is_plain = is_wide or len(run) < LEAST_LINES
        if is_plain and bands and getattr(bands[-1], "is_plain", False):
            bands[-1].extend(run)
        else:
            bands.append(_Band(run, is_plain))
    return bands


class _Band(list[Row]):
    def __init__(self, rows: list[Row], is_plain: bool) -> None:
        super().__init__(rows)
        self.is_plain = is_plain


def _columns(fragments: list[Fragment]) -> list[list[Fragment]]:
    """The columns from left to right, [] where there are none. What reaches across goes to the column it starts in."""
    gutters = _gutters(fragments)
    if not 0 < len(gutters) < MOST_COLUMNS:
        return []
    columns: list[list[Fragment]] = [[] for _ in range(len(gutters) + 1)]
    for one in fragments:
        columns[sum(one.x0 >= gutter for gutter in gutters)].append(one)
    return columns if all(_is_prose(column, gutters) for column in columns) else []


def _gutters(fragments: list[Fragment]) -> list[float]:
    """The middles of upright strips in which hardly any words stand."""
    start, stop = min(one.x0 for one in fragments), max(one.x1 for one in fragments)
    width = int(stop - start) + 2
    changes = [0] * (width + 1)
    for one in fragments:
        changes[int(one.x0 - start)] += 1
        changes[int(one.x1 - start) + 1] -= 1
    allowed = int(MOST_CROSSING * len(fragments))
    found: list[float] = []
    covered, open_at = 0, None
    for place in range(width):
        covered += changes[place]
        if covered <= allowed and open_at is None:
            open_at = place
        elif covered > allowed and open_at is not None:
            if open_at > 0 and place - open_at >= LEAST_GUTTER:
                found.append(start + (open_at + place) / 2)
            open_at = None
    return found


def _is_prose(column: list[Fragment], gutters: list[float]) -> bool:
    if len(rows_of(column)) < LEAST_LINES:
        return False
    left = min(one.x0 for one in column)
    right = max(one.x1 for one in column if not any(one.x0 < gutter < one.x1 for gutter in gutters) or one is column[0])
    lengths = [(_length(one.text), one.x1 - one.x0 >= 0.5 * (right - left)) for one in column if not one.rows]
    total = sum(length for length, _ in lengths)
    if not total:
        return bool(column)
    mean = sum(length * length for length, _ in lengths) / total
    return mean >= LEAST_LENGTH and sum(length for length, fills in lengths if fills) >= LEAST_FILLED * total


def _length(text: str) -> int:
    return sum(2 if sign >= "\u1100" else 1 for sign in text)
