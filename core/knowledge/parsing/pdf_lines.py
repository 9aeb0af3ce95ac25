"""Rows of a region as paragraphs and as tables that no lines are drawn around."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from core.knowledge.parsing.pdf_columns import Row
from core.knowledge.parsing.pdf_letters import SOFT_HYPHEN, Fragment

LEAST_ROWS = 3  # of a table without lines
LEAST_FULL = 0.6  # of its rows have at least two cells
MOST_ROW_GAP = 1.5  # heights of the type between two rows of one table
PARAGRAPH_GAP = 0.65  # heights of the type between two lines of one paragraph
HEADING_GAP = 0.3  # between two headings that follow each other
OTHER_SIZE = 0.12  # as a share: from here on another type
INDENT = 0.8  # heights by which the first line of a paragraph goes in
LEAST_UNFINISHED = 20  # characters of a paragraph that goes on in the next column
SHORT_LINE = 0.85  # of the region's width: a line that ends before is the last of its paragraph
_ITEM = re.compile(r"(?:[-–—*•·○●▪◦■□※▶]|\(?\d{1,3}[.)]|[가-하][.)]|[①-⑳])\s*\S")
_MARK = re.compile(r"[-–—*•·○●▪◦■□※▶]|\(?\d{1,3}[.)]?|[①-⑳]")
_ENDS = re.compile(r"[.!?。:]['\"”’)]?$")
_NO_BLANKS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]$")  # Japanese and Chinese lines are joined without one


@dataclass(frozen=True)
class Paragraph:
    """Some lines as one text, or a table. size: of the type in points; lines: how many."""

    text: str
    size: float
    is_bold: bool
    lines: int = 1
    is_item: bool = False
    rows: tuple[tuple[str, ...], ...] = ()


def paragraphs(region: list[Row]) -> list[Paragraph]:
    """The paragraphs and tables of one region in its order."""
    left = min(one.x0 for row in region for one in row)
    right = max(one.x1 for row in region for one in row)
    found: list[Paragraph] = []
    lines: list[Fragment] = []
    at = 0
    while at < len(region):
        row = region[at]
        table, stop = (row[0], at + 1) if len(row) == 1 and row[0].rows else _table(region, at)
        if table is not None:
            found.extend(_joined(lines, left, right))
            lines = []
            found.append(Paragraph("", table.size, False, stop - at, rows=table.rows))
            at = stop
            continue
        for one in row:
            if one.rows:
                found.extend(_joined(lines, left, right))
                lines = []
                found.append(Paragraph("", one.size, False, rows=one.rows))
        words = [one for one in row if not one.rows]
        if words:
            lines.append(_line(words))
        at += 1
    found.extend(_joined(lines, left, right))
    return found


def goes_on(before: Paragraph, after: Paragraph) -> bool:
    """Whether a paragraph at the foot of one column goes on at the head of the next."""
    if before.rows or after.rows or after.is_item or before.is_bold != after.is_bold or before.size != after.size:
        return False
    return (
        len(before.text) >= LEAST_UNFINISHED
        and not _ENDS.search(before.text)
        and (after.text[0].islower() or after.text[0] >= "가")
    )


def joined(before: Paragraph, after: Paragraph) -> Paragraph:
    """Both as one."""
    text = before.text[:-1] + after.text if before.text.endswith("-") else f"{before.text} {after.text}"
    return replace(before, text=text, lines=before.lines + after.lines)


def _line(row: Row) -> Fragment:
    tallest = max(row, key=lambda one: len(one.text))
    text = " ".join(one.text for one in row)
    return Fragment(
        text, row[0].x0, min(one.y0 for one in row), row[-1].x1, max(one.y1 for one in row), tallest.height,
        tallest.size, all(one.is_bold for one in row),
    )  # fmt: skip


def _joined(lines: list[Fragment], left: float, right: float) -> list[Paragraph]:
    """Lines as paragraphs; `left` and `right` are the region's edges."""
    found: list[Paragraph] = []
    group: list[Fragment] = []
    for line in lines:
        if group and _begins(group, line, left, right):
            found.append(_paragraph(group))
            group = []
        group.append(line)
    if group:
        found.append(_paragraph(group))
    return found


def _begins(group: list[Fragment], line: Fragment, left: float, right: float) -> bool:
    before = group[-1]
    gap = (before.y0 - line.y1) / max(before.height, 1.0)
    is_in_item = bool(_ITEM.match(group[0].text)) and line.x0 > group[0].x0 + 1
    if gap > PARAGRAPH_GAP or (before.is_bold != line.is_bold and not is_in_item):
        return True
    if abs(before.size - line.size) > OTHER_SIZE * max(before.size, line.size) or _ITEM.match(line.text):
        return True
    is_short = before.x1 - left < SHORT_LINE * (right - left)
    if is_short and line.is_bold and gap > HEADING_GAP:
        return True
    if is_short and _ENDS.search(before.text):
        return True
    goes_in = line.x0 - before.x0 > INDENT * line.height
    return goes_in and not _ITEM.match(group[0].text) and bool(_ENDS.search(before.text))


def _paragraph(lines: list[Fragment]) -> Paragraph:
    text = lines[0].text
    for line in lines[1:]:
        if text.endswith(SOFT_HYPHEN):
            text = text[:-1] + line.text
        else:
            text += line.text if _NO_BLANKS.search(text) else f" {line.text}"
    size = max(lines, key=lambda one: len(one.text)).size
    is_bold = all(line.is_bold for line in lines)
    is_item = bool(_ITEM.match(text)) and len(text) > 2
    return Paragraph(text.replace(SOFT_HYPHEN, "-"), size, is_bold, len(lines), is_item)


def _table(region: list[Row], start: int) -> tuple[Fragment | None, int]:
    """A table that begins in this row, and the row after it; (None, start) when none does."""
    stop = start
    while stop < len(region) and _goes_on(region, start, stop):
        stop += 1
    while stop > start and len(region[stop - 1]) == 1 and not _is_continuation(region, start, stop - 1):
        stop -= 1
    rows = region[start:stop]
    full = sum(len(row) >= 2 for row in rows)
    if full < LEAST_ROWS or full < LEAST_FULL * len(rows):
        return None, start
    columns = _table_columns(rows)
    if len(columns) < 2 or sum(_is_spread(row, columns) for row in rows) < LEAST_FULL * len(rows):
        return None, start
    cells = _cells(rows, columns)
    if all(_MARK.fullmatch(row[0]) for row in cells if row[0]):
        return None, start  # items of a list whose marks stand apart
    first, last = rows[0], rows[-1]
    rows_found = tuple(map(tuple, cells))
    return Fragment("", columns[0][0], last[0].y0, columns[-1][1], first[0].y1, first[0].height, rows=rows_found), stop


def _goes_on(region: list[Row], start: int, at: int) -> bool:
    row = region[at]
    if any(one.rows for one in row):
        return False
    if at > start and region[at - 1][0].y0 - row[0].y1 > MOST_ROW_GAP * row[0].height:
        return False
    return len(row) >= 2 or (at > start and _is_continuation(region, start, at))


def _is_continuation(region: list[Row], start: int, at: int) -> bool:
    """A lone fragment under a cell that is not the first of its row."""
    one = region[at][0]
    return any(abs(one.x0 - cell.x0) < cell.height for row in region[start:at] for cell in row[1:])


def _table_columns(rows: list[Row]) -> list[tuple[float, float]]:
    """Strips that the cells of all rows leave between each other."""
    spans = sorted((one.x0, one.x1) for row in rows for one in row)
    columns = [spans[0]]
    for x0, x1 in spans[1:]:
        if x0 <= columns[-1][1]:
            columns[-1] = (columns[-1][0], max(columns[-1][1], x1))
        else:
            columns.append((x0, x1))
    return columns


def _is_spread(row: Row, columns: list[tuple[float, float]]) -> bool:
    return len({_place(one, columns) for one in row}) > 1


def _place(one: Fragment, columns: list[tuple[float, float]]) -> int:
    return next(place for place, (_, right) in enumerate(columns) if one.x0 <= right)


def _cells(rows: list[Row], columns: list[tuple[float, float]]) -> list[list[str]]:
    cells: list[list[str]] = []
    for row in rows:
        if len(row) == 1 and cells and _place(row[0], columns) > 0:
            place = _place(row[0], columns)
            cells[-1][place] = f"{cells[-1][place]} {row[0].text}".strip()
            continue
        found = [""] * len(columns)
        for one in row:
            place = _place(one, columns)
            found[place] = f"{found[place]} {one.text.replace(SOFT_HYPHEN, '-')}".strip()
        cells.append(found)
    return cells
