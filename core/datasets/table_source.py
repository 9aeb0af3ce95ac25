"""A file of any length read piece by piece: Parquet by row groups, delimited text block by block.

For tables that would not fit in memory; `uploads` reads those that do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.datasets.parquet_pieces import frames_of
from core.datasets.table_files import ROW_GROUP_ROWS
from core.datasets.uploads import Format, check_format
from core.errors import UploadRejected

if TYPE_CHECKING:
    import pyarrow as pa

BLOCK_BYTES = 8 << 20  # of text parsed at once, also the longest row
MOST_RETYPED = 500  # columns whose kind only a late row shows, each found by one more pass
BAD_COLUMN = re.compile(r"In CSV column #(\d+)")


@dataclass(frozen=True)
class TableSource:
    """A checked file. header: column names as stored.

    written, types: of a text file, the names as they stand in it, and the Arrow types of some of them.
    """

    path: Path
    name: str
    format: Format
    header: tuple[str, ...]
    encoding: str | None = None
    delimiter: str | None = None
    written: tuple[str, ...] = ()
    types: tuple[tuple[str, Any], ...] = ()

    def pieces(self, rows: int = ROW_GROUP_ROWS) -> Iterator[pa.Table]:
        """The table in tables of `rows` rows, the last one shorter. Raises UploadRejected for what cannot be read."""
        import pyarrow as pa

        held, count = [], 0
        for batch in self._batches():
            held.append(batch)
            count += batch.num_rows
            while count >= rows:
                table = pa.Table.from_batches(held)
                yield table.slice(0, rows).rename_columns(list(self.header)).combine_chunks()
                held = table.slice(rows).to_batches()
                count -= rows
        if count:
            yield pa.Table.from_batches(held).rename_columns(list(self.header)).combine_chunks()

    def _batches(self) -> Iterator[pa.RecordBatch]:
        import polars as pl
        import pyarrow as pa

        if self.format == "parquet":
            try:
                for frame in frames_of(self.path):
                    yield from frame.to_arrow().to_batches()
            except (pa.ArrowException, pl.exceptions.PolarsError, OSError) as error:
                raise UploadRejected("uploads.damaged", name=self.name, format="Parquet") from error
            return
        try:
            yield from _text_reader(self)
        except pa.ArrowInvalid as error:
            raise _why(self, str(error)) from error


def open_source(path: Path, name: str) -> TableSource:
    """Check a Parquet or delimited file; the kinds of a text file's columns are settled by one pass over all rows.

    Raises UploadRejected for other formats, a doubtful header, ragged or no rows.
    """
    if path.stat().st_size == 0:
        raise UploadRejected("uploads.empty", name=name)
    format = check_format(path, name)
    if format == "xlsx":
        raise UploadRejected("uploads.unknown_format", name=name, known=".csv, .parquet, .tsv, .txt")
    return _open_parquet(path, name) if format == "parquet" else _open_text(path, name)


def _open_parquet(path: Path, name: str) -> TableSource:
    import pyarrow as pa
    from pyarrow import parquet

    from core.datasets.delimited import check_header

    try:
        with parquet.ParquetFile(path) as file:
            header, rows = check_header(file.schema_arrow.names, name), file.metadata.num_rows
    except (pa.ArrowException, OSError) as error:
        raise UploadRejected("uploads.damaged", name=name, format="Parquet") from error
    if rows == 0:
        raise UploadRejected("uploads.header_only", name=name, columns=", ".join(header))
    return TableSource(path, name, "parquet", tuple(header))


def _open_text(path: Path, name: str) -> TableSource:
    from core.datasets import delimited

    with path.open("rb") as source:
        sample = source.read(delimited.SAMPLE_BYTES)
    encoding = delimited.sample_encoding(sample, path, name)
    text = sample.decode("utf-8-sig" if encoding == "utf-8" else encoding, errors="ignore")
    if "\0" in text:
        raise UploadRejected("uploads.binary", name=name)
    delimiter = delimited.find_delimiter(text)
    written = delimited.first_row(text, delimiter)
    header = delimited.check_header(written, name)
    types = delimited.sample_types(sample[: sample.rfind(b"\n") + 1], delimiter) if encoding == "utf-8" else {}
    delimited.use_both_cores()
    names = tuple(str(cell) for cell in written)
    return _settled(TableSource(path, name, "csv", tuple(header), encoding, delimiter, names, tuple(types.items())))


def _settled(source: TableSource) -> TableSource:
    """The source with kinds that every row fits: whole numbers give way to numbers, these to text."""
    import pyarrow as pa

    rows = 0
    for _ in range(MOST_RETYPED):
        rows = 0
        try:
            for batch in _text_reader(source):
                rows += batch.num_rows
            break
        except pa.ArrowInvalid as error:
            named = BAD_COLUMN.search(str(error))
            retyped = None if named is None else _retyped(source, int(named.group(1)))
            if retyped is None:
                raise _why(source, str(error)) from error
            source = retyped
    if rows == 0:
        raise UploadRejected("uploads.header_only", name=source.name, columns=", ".join(source.header))
    return source


def _retyped(source: TableSource, place: int) -> TableSource | None:
    """The next wider kind for a column; None for one that is text already."""
    import pyarrow as pa

    name = source.written[place]
    types = dict(source.types)
    known = types.get(name)
    if known == pa.string():
        return None
    types[name] = pa.float64() if known is not None and pa.types.is_integer(known) else pa.string()
    return replace(source, types=tuple(types.items()))


def _text_reader(source: TableSource) -> Any:
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    encoding = "utf8" if str(source.encoding).startswith("utf-8") else source.encoding
    # What the sample does not tell is text: a later row may hold anything.
    types = dict.fromkeys(source.written, pa.string()) | dict(source.types)
    return arrow_csv.open_csv(
        source.path,
        read_options=arrow_csv.ReadOptions(block_size=BLOCK_BYTES, encoding=encoding),
        parse_options=arrow_csv.ParseOptions(delimiter=source.delimiter, newlines_in_values=True),
        convert_options=arrow_csv.ConvertOptions(column_types=types, strings_can_be_null=True),
    )


def _why(source: TableSource, reason: str) -> UploadRejected:
    from core.datasets.delimited import why_unreadable

    return why_unreadable(source.path, source.name, str(source.encoding), str(source.delimiter), reason)
