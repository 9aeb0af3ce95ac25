"""An uploaded CSV or workbook as rows of text, in the file's own spelling; what a row means is for others.

Uneven rows of a CSV do not cost the whole file: a row that a bare line break cut in two is joined, others are told.
"""

from __future__ import annotations

import csv
import io
import tempfile
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from core.datasets.delimited import LONGEST_CELL, SAMPLE_BYTES, check_header, find_delimiter
from core.datasets.encodings import find_encoding
from core.datasets.uploads import FORMATS, SIGNATURES, read_upload
from core.errors import TooLarge, UploadRejected
from core.fragrance.catalogue.cells import shown


@dataclass(frozen=True)
class TableRow:
    """number: as a spreadsheet counts, the header being row 1. cells: as many as the header, unless the row is bad."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class TableRows:
    """joined: pairs of rows that were one. uneven: rows whose cells are too many or too few."""

    header: tuple[str, ...]
    rows: tuple[TableRow, ...]
    joined: tuple[tuple[int, int], ...] = ()
    uneven: tuple[TableRow, ...] = ()


def read_rows(content: bytes, name: str, *, limit_bytes: int, sheet: str | None = None) -> TableRows:
    """The rows of a file that a visitor named `name`; sheet: of a workbook with several.

    Raises TooLarge or UploadRejected as `core.datasets.uploads` does.
    """
    if len(content) > limit_bytes:
        raise TooLarge(
            "uploads.too_large", name=name, size_mb=f"{len(content) >> 20:,}", limit_mb=f"{limit_bytes >> 20:,}"
        )
    is_text = not any(content.startswith(magic) for magic, _ in SIGNATURES)
    if content and is_text and FORMATS.get(Path(name).suffix.lower()) == "csv":
        return _delimited(content, name)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "upload"
        path.write_bytes(content)
        frame = read_upload(path, name, limit_bytes=limit_bytes, sheet=sheet).frame
    rows = (tuple(_written(cell) for cell in row) for row in frame.iter_rows())
    return TableRows(tuple(frame.columns), tuple(TableRow(number, row) for number, row in enumerate(rows, 2)))


def _delimited(content: bytes, name: str) -> TableRows:
    text = content.decode(find_encoding(content, name)).removeprefix("\ufeff")
    if "\0" in text:
        raise UploadRejected("uploads.binary", name=name)
    if not text.strip():
        raise UploadRejected("uploads.empty", name=name)
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=find_delimiter(text[:SAMPLE_BYTES]))
    try:
        rows = [TableRow(number, tuple(cells)) for number, cells in enumerate(reader, 1)]
    except csv.Error as error:
        raise UploadRejected("uploads.open_quote", name=name, line=reader.line_num) from error
    filled = [row for row in rows if any(cell.strip() for cell in row.cells)]
    header = tuple(check_header(list(filled[0].cells), name))
    if len(filled) == 1:
        raise UploadRejected("uploads.header_only", name=name, columns=", ".join(header))
    return _evened(header, filled[1:])


def _evened(header: tuple[str, ...], rows: list[TableRow]) -> TableRows:
    """Two short rows in a row that are exactly one row together were cut by a line break inside a bare cell."""
    width = len(header)
    even: list[TableRow] = []
    uneven: list[TableRow] = []
    joined: list[tuple[int, int]] = []
    place = 0
    while place < len(rows):
        row, following = rows[place], rows[place + 1] if place + 1 < len(rows) else None
        place += 1
        if len(row.cells) == width:
            even.append(row)
        elif (
            following
            and len(row.cells) < width
            and len(following.cells) < width
            and len(row.cells) + len(following.cells) == width + 1
        ):
            middle = f"{row.cells[-1]}\n{following.cells[0]}"
            even.append(TableRow(row.number, (*row.cells[:-1], middle, *following.cells[1:])))
            joined.append((row.number, following.number))
            place += 1
        elif len(row.cells) > width and not any(cell.strip() for cell in row.cells[width:]):
            even.append(TableRow(row.number, row.cells[:width]))
        else:
            uneven.append(row)
    return TableRows(header, tuple(even), tuple(joined), tuple(uneven))


def _written(cell: Any) -> str:
    """A typed cell of a workbook as it would stand in a CSV."""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, datetime):
        cell = cell.date() if cell.time() == datetime.min.time() else cell
    return cell if isinstance(cell, str) else shown(cell) if isinstance(cell, int | float | date | None) else str(cell)
