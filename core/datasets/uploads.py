"""Turns an uploaded file into a table, or says in one sentence why it cannot.

Owns limits, formats, encodings and delimiters; whether the columns fit a purpose is for `mapping` and
`quality`. Nothing is executed or unpickled, and nothing is stored here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from core.errors import TooLarge, UploadRejected

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

Format = Literal["csv", "xlsx", "parquet"]

FORMATS: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".xlsx": "xlsx",
    ".parquet": "parquet",
}
# First bytes that give a format away, whatever the name says.
SIGNATURES = (
    (b"\xd0\xcf\x11\xe0", "ole"),
    (b"PK\x03\x04", "zip"),
    (b"PAR1", "parquet"),
    (b"PARE", "encrypted parquet"),
    (b"%PDF", "PDF"),
    (b"\x1f\x8b", "gzip"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
)
MOST_CELLS = 400_000_000  # of a Parquet file: 3 GiB as float64; repeated values pack a thousandfold
ENCRYPTED_PART = "EncryptedPackage".encode("utf-16-le")  # what an OLE file with a password holds


@dataclass(frozen=True)
class UploadedTable:
    """A table as read. `arrow` is what the reader produced, `frame` the same data for Polars, made when used."""

    arrow: pa.Table
    format: Format
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    sheets: tuple[str, ...] = ()

    @cached_property
    def frame(self) -> pl.DataFrame:
        import polars as pl

        frame = pl.from_arrow(self.arrow)
        assert isinstance(frame, pl.DataFrame)
        return frame


def uploaded_from_frame(frame: pl.DataFrame, *, format: Format = "parquet") -> UploadedTable:
    """A table made by a program (a sample generator, a notebook) as if it had been uploaded."""
    return UploadedTable(frame.to_arrow(), format)


def read_upload(path: Path, name: str, *, limit_bytes: int, sheet: str | None = None) -> UploadedTable:
    """Read a CSV, XLSX or Parquet file that a visitor named `name`.

    limit_bytes is checked on the file's size before a byte is read. sheet: for workbooks with several.
    Raises TooLarge or UploadRejected; see `core/messages/uploads.toml` for every reason.
    """
    size = path.stat().st_size
    if size > limit_bytes:
        raise TooLarge("uploads.too_large", name=name, size_mb=_megabytes(size), limit_mb=_megabytes(limit_bytes))
    if size == 0:
        raise UploadRejected("uploads.empty", name=name)
    format = check_format(path, name)
    if format == "csv":
        from core.datasets.delimited import read_delimited

        table, encoding, delimiter = read_delimited(path, name)
        return UploadedTable(table, format, encoding, delimiter)
    if format == "xlsx":
        from core.datasets.workbooks import read_workbook

        table, chosen, sheets = read_workbook(path, name, sheet)
        return UploadedTable(table, format, sheet=chosen, sheets=sheets)
    return UploadedTable(_read_parquet(path, name), format)


def check_format(path: Path, name: str) -> Format:
    """The format of a file by its name and its first bytes. Raises UploadRejected where the two disagree."""
    with path.open("rb") as source:
        start = source.read(8)
    content = next((kind for magic, kind in SIGNATURES if start.startswith(magic)), "text")
    suffix = Path(name).suffix.lower()
    if content == "ole":
        with path.open("rb") as source, mmap(source.fileno(), 0, access=ACCESS_READ) as mapped:
            is_locked = mapped.find(ENCRYPTED_PART) >= 0
        raise UploadRejected("uploads.password_protected" if is_locked else "uploads.old_workbook", name=name)
    if content == "encrypted parquet":
        raise UploadRejected("uploads.password_protected", name=name)
    if suffix not in FORMATS:
        raise UploadRejected("uploads.unknown_format", name=name, known=", ".join(sorted(FORMATS)))
    expected = FORMATS[suffix]
    if {"csv": "text", "xlsx": "zip", "parquet": "parquet"}[expected] != content:
        shown = {"zip": "ZIP/XLSX", "parquet": "Parquet", "text": "text/CSV"}.get(content, content)
        raise UploadRejected("uploads.content_differs", name=name, suffix=suffix, content=shown)
    return expected


def _read_parquet(path: Path, name: str) -> pa.Table:
    import pyarrow as pa
    from pyarrow import parquet

    from core.datasets.delimited import check_header

    try:
        with parquet.ParquetFile(path) as source:
            rows, names = source.metadata.num_rows, source.schema_arrow.names
            header = check_header(names, name)
            if rows * len(names) > MOST_CELLS:
                raise TooLarge("uploads.too_many_cells", name=name, limit=f"{MOST_CELLS:,}")
            table = source.read()
    except (pa.ArrowException, OSError) as error:
        raise UploadRejected("uploads.damaged", name=name, format="Parquet") from error
    if rows == 0:
        raise UploadRejected("uploads.header_only", name=name, columns=", ".join(header))
    return table.rename_columns(header)


def _megabytes(size: int) -> str:
    return f"{size / 2**20:,.0f}"
