"""Comma and tab separated text, XLSX and XLS as tables under the names of their sheets."""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from core.archives import BROKEN as BROKEN_ZIP
from core.datasets.delimited import LONGEST_CELL, find_delimiter
from core.datasets.workbooks import TITLE_ROWS
from core.errors import BadInput, TooLarge, UploadRejected
from core.knowledge.parsing.composing import Composer
from core.knowledge.parsing.packages import open_package

MOST_HEADER_ROWS = 3
LONGEST_HEADING = 120  # characters of a lone cell above a table
# Every way in which the readers of old and new workbooks say that content is broken.
BROKEN = (
    *(KeyError, IndexError, TypeError, AttributeError, AssertionError, OverflowError, SyntaxError, UnicodeError),
    *BROKEN_ZIP,
)


def add_delimited(text: str, composer: Composer) -> None:
    """One table. Rows of different length stay as they are, and are told.

    Raises UploadRejected when a quotation mark is never closed, TooLarge for more cells than the limit.
    """
    csv.field_size_limit(LONGEST_CELL)
    rows: list[list[str]] = []
    work = 0
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=find_delimiter(text))
    try:
        for row in reader:
            work = _counted(work, row, composer)
            if any(row):
                rows.append(row)
    except csv.Error as error:
        raise UploadRejected("uploads.open_quote", name=composer.name, line=reader.line_num) from error
    if rows and "\n" in rows[-1][-1] and text.count('"') % 2:
        length = len("".join(rows[-1]).splitlines())
        raise UploadRejected("uploads.open_quote", name=composer.name, line=reader.line_num - length + 1)
    ragged = sum(len(row) != len(rows[0]) for row in rows)
    if ragged:
        composer.note("knowledge.ragged_rows", count=f"{ragged:,}", expected=len(rows[0]))
    composer.add_table(rows)


def add_workbook(content: bytes, composer: Composer) -> None:
    """Every sheet of an XLSX; formulas give their stored results. Raises BadInput or TooLarge."""
    open_package(content, composer.name, "XLSX", composer.limits).close()
    from openpyxl import load_workbook

    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        for sheet in book.worksheets:
            sheet.reset_dimensions()  # the stated size may be wrong in either direction
            _add_sheet(sheet.title, sheet.iter_rows(values_only=True), sheet.sheet_state != "visible", composer)
    except BROKEN as error:
        raise BadInput("knowledge.damaged", name=composer.name, format="XLSX") from error


def add_old_workbook(content: bytes, composer: Composer) -> None:
    """Every sheet of an XLS. Raises BadInput when it is damaged or locked, TooLarge."""
    import xlrd

    try:
        book = xlrd.open_workbook(file_contents=content, logfile=io.StringIO(), on_demand=True, ragged_rows=True)
        for number in range(book.nsheets):
            sheet = book.sheet_by_index(number)
            rows = ([_old_value(cell, book.datemode) for cell in sheet.row(row)] for row in range(sheet.nrows))
            _add_sheet(sheet.name, rows, sheet.visibility != 0, composer)
            book.unload_sheet(number)
    except xlrd.XLRDError as error:
        key = "knowledge.encrypted" if "encrypted" in str(error).lower() else "knowledge.damaged"
        details = {} if key == "knowledge.encrypted" else {"format": "XLS"}
        raise BadInput(key, name=composer.name, **details) from error
    except (*BROKEN, xlrd.compdoc.CompDocError) as error:
        raise BadInput("knowledge.damaged", name=composer.name, format="XLS") from error


def _add_sheet(title: str, rows: Iterable[Sequence[Any]], is_hidden: bool, composer: Composer) -> None:
    """The sheet's name as a heading; lone cells above the table as lower ones, those below it as paragraphs."""
    found = list(_written_rows(rows, composer))
    if not found:
        return
    heading = composer.add("heading", title, level=1, sheet=title)
    if is_hidden:
        composer.note_hidden(heading, title)
    first = 0
    while first < min(TITLE_ROWS, len(found)) and _is_lone(found[first]):
        first += 1
    for number, row in enumerate(found[:first]):
        words = _lone(row)
        is_heading = first < len(found) and len(words) <= LONGEST_HEADING and words != title
        composer.add(
            "heading" if is_heading else "paragraph", words, level=number + 2 if is_heading else 0, sheet=title
        )
    last = len(found)
    while last > first and _is_lone(found[last - 1]):
        last -= 1
    table = _without_empty_columns(found[first:last])
    composer.add_table([list(map(_written, row)) for row in table], header_rows=_header_rows(table), sheet=title)
    for row in found[last:]:
        composer.add("paragraph", _lone(row), sheet=title)


def _written_rows(rows: Iterable[Sequence[Any]], composer: Composer) -> Iterator[list[Any]]:
    work = 0
    for row in rows:
        work = _counted(work, row, composer)
        if any(cell not in (None, "") for cell in row):
            yield ["" if cell is None else cell for cell in row]


def _counted(work: int, row: Sequence[Any], composer: Composer) -> int:
    """Empty cells count: one lone value in the last column makes a row of 16,384."""
    work += len(row) + 1
    if work > composer.limits.max_cells:
        raise TooLarge("knowledge.too_many_cells", name=composer.name, limit=f"{composer.limits.max_cells:,}")
    return work


def _is_lone(row: Sequence[Any]) -> bool:
    return sum(cell != "" for cell in row) == 1 and any(isinstance(cell, str) and cell for cell in row)


def _lone(row: Sequence[Any]) -> str:
    return " ".join(_written(cell) for cell in row if cell != "")


def _without_empty_columns(rows: list[list[Any]]) -> list[list[Any]]:
    width = max((len(row) for row in rows), default=0)
    kept = [place for place in range(width) if any(len(row) > place and row[place] != "" for row in rows)]
    return [[row[place] if place < len(row) else "" for place in kept] for row in rows]


def _header_rows(rows: list[list[Any]]) -> int:
    """The rows of words above the first row with a number; one when there is none."""
    for number, row in enumerate(rows[: MOST_HEADER_ROWS + 1]):
        if any(isinstance(cell, int | float) and not isinstance(cell, bool) for cell in row):
            return max(number, 1)
    return 1


def _old_value(cell: Any, datemode: int) -> Any:
    import xlrd

    if cell.ctype == xlrd.XL_CELL_DATE:
        try:
            return xlrd.xldate.xldate_as_datetime(cell.value, datemode)
        except (ValueError, OverflowError, xlrd.xldate.XLDateError):
            return cell.value
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return bool(cell.value)
    return "" if cell.ctype == xlrd.XL_CELL_ERROR else cell.value


def _written(value: Any) -> str:
    """A cell as a person would write it: 13 and not 13.0, a day without midnight."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return f"{value:.15g}"
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ").removesuffix(" 00:00:00")
    return value.isoformat() if isinstance(value, datetime.date | datetime.time) else str(value)
