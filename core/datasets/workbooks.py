"""One sheet of an XLSX workbook as an Arrow table; formulas give their stored results, nothing is executed."""

from __future__ import annotations

import datetime
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.datasets.delimited import check_header
from core.errors import TooLarge, UploadRejected

if TYPE_CHECKING:
    import pyarrow as pa

MOST_EXPANDED_BYTES = 512 << 20  # of all parts together; a full sheet of 1,048,576 rows x 8 numbers is 350 MiB
MOST_CELLS = 20_000_000
TITLE_ROWS = 10  # rows above the header in which a lone title may stand
ERROR_CELLS = frozenset({"#N/A", "#DIV/0!", "#NULL!", "#NAME?", "#NUM!", "#REF!", "#VALUE!"})


def read_workbook(path: Path, name: str, sheet: str | None) -> tuple[pa.Table, str, tuple[str, ...]]:
    """Table, sheet name and all sheet names. The header is the first row that is not a lone title.

    Raises UploadRejected when several sheets are there and none is named, the named one is missing, the
    workbook is damaged or holds no rows; TooLarge when it would unpack beyond MOST_EXPANDED_BYTES.
    """
    _check_expansion(path, name)
    from openpyxl import load_workbook

    with path.open("rb") as source:  # openpyxl judges paths by their ending, and an upload's path may have none
        try:
            book = load_workbook(source, read_only=True, data_only=True, keep_links=False)
            sheets = tuple(found.title for found in book.worksheets)
            chosen = _choose(sheets, sheet, name)
            rows = _filled_rows(book[chosen], name)
        except (zipfile.BadZipFile, zlib.error, KeyError, ValueError, SyntaxError, TypeError) as error:
            raise UploadRejected("uploads.damaged", name=name, format="XLSX") from error
        except OSError as error:
            if error.errno is not None:  # of this machine, not of the file
                raise
            raise UploadRejected("uploads.damaged", name=name, format="XLSX") from error  # a package, no workbook
    return _table(rows, name), chosen, sheets


def _check_expansion(path: Path, name: str) -> None:
    """Trust the directory's sizes: zipfile reads no part beyond the size stated there."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except zipfile.BadZipFile as error:
        raise UploadRejected("uploads.damaged", name=name, format="XLSX") from error
    if any(part.flag_bits & 1 for part in parts):
        raise UploadRejected("uploads.password_protected", name=name)
    if not any(part.filename == "xl/workbook.xml" for part in parts):
        raise UploadRejected("uploads.damaged", name=name, format="XLSX")
    if sum(part.file_size for part in parts) > MOST_EXPANDED_BYTES:
        raise TooLarge("uploads.expands_too_far", name=name, limit_mb=MOST_EXPANDED_BYTES >> 20)


def _choose(sheets: tuple[str, ...], sheet: str | None, name: str) -> str:
    listed = ", ".join(sheets)
    if sheet is not None and sheet not in sheets:
        raise UploadRejected("uploads.unknown_sheet", name=name, sheet=sheet, sheets=listed)
    if sheet is None and len(sheets) > 1:
        raise UploadRejected("uploads.several_sheets", name=name, count=len(sheets), sheets=listed, titles=sheets)
    if not sheets:
        raise UploadRejected("uploads.empty", name=name)
    return sheet or sheets[0]


def _filled_rows(worksheet: Any, name: str) -> list[tuple[Any, ...]]:
    # The stated size may be wrong in either direction; without it rows are as long as they are.
    worksheet.reset_dimensions()
    rows, cells = [], 0
    for row in worksheet.iter_rows(values_only=True):
        filled = len(row)
        while filled and row[filled - 1] in (None, ""):
            filled -= 1
        cells += filled
        if cells > MOST_CELLS:
            raise TooLarge("uploads.too_many_cells", name=name, limit=f"{MOST_CELLS:,}")
        if filled:
            rows.append(row[:filled])
    return rows


def _table(rows: list[tuple[Any, ...]], name: str) -> pa.Table:
    import pyarrow as pa

    if not rows:
        raise UploadRejected("uploads.empty", name=name)
    width = max(len(row) for row in rows)
    titles = 0
    while titles < min(TITLE_ROWS, len(rows) - 1) and width > 1 and len(rows[titles]) == 1:
        titles += 1
    header = check_header([*rows[titles], *[None] * (width - len(rows[titles]))], name)
    body = rows[titles + 1 :]
    if not body:
        raise UploadRejected("uploads.header_only", name=name, columns=", ".join(header))
    columns = [[row[place] if place < len(row) else None for row in body] for place in range(width)]
    return pa.table([_column(values) for values in columns], names=header)


def _column(values: list[Any]) -> pa.Array:
    """Numbers, truth values and times keep their type; a column that mixes kinds becomes text."""
    import pyarrow as pa

    values = [None if value in ERROR_CELLS or value == "" else value for value in values]
    kinds = {type(value) for value in values if value is not None}
    if not kinds or kinds <= {bool} or kinds <= {str} or kinds <= {datetime.time}:
        return pa.array(values)
    if kinds <= {int, float}:
        whole = all(value is None or float(value).is_integer() for value in values)
        return pa.array([None if value is None else float(value) for value in values]).cast(
            pa.int64() if whole and kinds == {int} else pa.float64()
        )
    if kinds <= {datetime.datetime, datetime.date}:
        return pa.array(values, pa.timestamp("us"))
    return pa.array([None if value is None else _written(value) for value in values])


def _written(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
