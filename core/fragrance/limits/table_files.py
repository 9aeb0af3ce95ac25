"""A table of limits as a file: CSV or XLSX to rows of text, with nothing read into a cell that does not stand there.

An empty cell means "not restricted", so whatever could empty a cell unseen is refused: rows of another length, merged
cells, formulas. A cell shown as percent by the spreadsheet holds a hundredth of it and is read as shown.
"""

from __future__ import annotations

import csv
import datetime
import io
import unicodedata
from dataclasses import dataclass
from typing import Any

from core.datasets.delimited import find_delimiter
from core.datasets.encodings import find_encoding
from core.errors import BadInput, TooLarge
from core.knowledge.parsing.limits import ParsingLimits

MOST_BYTES = 5 << 20  # a table of 1,000 rules is 100 kB
UNPACKED = ParsingLimits(max_bytes=MOST_BYTES, max_unpacked_bytes=64 << 20)
OLD_WORKBOOK, PACKAGE = b"\xd0\xcf\x11\xe0", b"PK\x03\x04"


@dataclass(frozen=True)
class FileRow:
    """number: line or row in the file, from 1. cells: trimmed, in NFC, as many as the header has."""

    number: int
    cells: tuple[str, ...]


def read_rows(content: bytes, name: str) -> tuple[FileRow, tuple[FileRow, ...]]:
    """The header and the rows that are not empty. Raises BadInput or TooLarge, naming the row and the way out."""
    if len(content) > MOST_BYTES:
        raise TooLarge("fragrance_limits.file_too_large", name=name, limit_mb=MOST_BYTES >> 20)
    if content.startswith(OLD_WORKBOOK):
        raise BadInput("fragrance_limits.old_or_locked", name=name)
    rows = _workbook(content, name) if content.startswith(PACKAGE) else _delimited(content, name)
    if not rows:
        raise BadInput("fragrance_limits.empty_file", name=name)
    if len(rows) == 1:
        raise BadInput("fragrance_limits.no_rules", name=name)
    header, *body = rows
    if not content.startswith(PACKAGE):  # a workbook leaves out what is empty at the end of a row; text writes it
        for row in body:
            if len(row.cells) != len(header.cells):
                raise _other_length(row, header)
    filled = max(place for place, cell in enumerate(header.cells, 1) if cell)
    header = FileRow(header.number, header.cells[:filled])
    return header, tuple(_fitted(row, header) for row in body)


def _delimited(content: bytes, name: str) -> list[FileRow]:
    if not content.strip():
        return []
    encoding = find_encoding(content, name)
    text = content.decode(encoding)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=find_delimiter(text), strict=True)
    rows = []
    try:
        first = 1
        for cells in reader:
            rows.append(FileRow(first, tuple(map(_trimmed, cells))))
            first = reader.line_num + 1
    except csv.Error as error:
        raise BadInput("fragrance_limits.not_a_table", name=name, row=reader.line_num) from error
    return [row for row in rows if any(row.cells)]


def _workbook(content: bytes, name: str) -> list[FileRow]:
    """The only sheet that is not empty. Formulas are not worked out; they stay text, which is no number."""
    from openpyxl import load_workbook

    from core.knowledge.parsing.packages import open_package
    from core.knowledge.parsing.tables import BROKEN

    try:
        with open_package(content, name, "XLSX", UNPACKED) as package:
            sheets = [part for part in package.namelist() if part.startswith("xl/worksheets/")]
            if any(b"<mergeCell " in package.read(part) for part in sheets):
                raise BadInput("fragrance_limits.merged_cells", name=name)
        book = load_workbook(io.BytesIO(content), read_only=True, keep_links=False)
        found = {}
        for sheet in book.worksheets:
            sheet.reset_dimensions()  # the stated size may be wrong in either direction
            rows = [FileRow(number, tuple(map(_shown, cells))) for number, cells in enumerate(sheet.iter_rows(), 1)]
            found[sheet.title] = [row for row in rows if any(row.cells)]
    except BROKEN as error:
        raise BadInput("knowledge.damaged", name=name, format="XLSX") from error
    filled = {title: rows for title, rows in found.items() if rows}
    if len(filled) > 1:
        raise BadInput("fragrance_limits.several_sheets", name=name, sheets=", ".join(filled))
    return next(iter(filled.values()), [])


def _shown(cell: Any) -> str:
    """What a person sees in the cell; percent with its sign."""
    value = cell.value
    if value is None or isinstance(value, str):
        return _trimmed(value or "")
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ").removesuffix(" 00:00:00")
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, int | float) and not isinstance(value, bool):
        # 15 digits are what a workbook keeps; 12 leave out what multiplying by a hundred adds
        return f"{value * 100:.12g} %" if "%" in str(cell.number_format) else f"{value:.15g}"
    return str(value)


def _fitted(row: FileRow, header: FileRow) -> FileRow:
    """Without the cells beyond the header, which have to be empty."""
    columns = len(header.cells)
    if any(row.cells[columns:]):
        raise _other_length(row, header)
    return FileRow(row.number, (*row.cells[:columns], *[""] * (columns - len(row.cells))))


def _other_length(row: FileRow, header: FileRow) -> BadInput:
    found, columns = len(row.cells), len(header.cells)
    return BadInput("fragrance_limits.other_length", row=row.number, found=found, columns=columns)


def _trimmed(cell: str) -> str:
    return " ".join(unicodedata.normalize("NFC", cell).split())
