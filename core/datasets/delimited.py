"""Comma, semicolon, tab and bar separated text as an Arrow table, with every row of one length.

Arrow reads and types the values; Python's csv module finds the delimiter and, after a failure, the lines.
"""

from __future__ import annotations

import csv
import io
import os
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from core.datasets.encodings import find_encoding
from core.errors import UploadRejected

if TYPE_CHECKING:
    import pyarrow as pa

DELIMITERS = (",", ";", "\t", "|")
SAMPLE_BYTES = 1 << 18  # decides delimiter, header and column types; a type that fails later is found anew
SAMPLE_LINES = 60  # vote on the delimiter
BLOCK_BYTES = 1 << 20  # parsed at once; fits the processor's cache
LARGEST_BLOCK_BYTES = 64 << 20  # also the longest row
LONGEST_CELL = 1 << 24  # characters; beyond this a quote was never closed
LINES_NAMED = 5


def read_delimited(path: Path, name: str) -> tuple[pa.Table, str, str]:
    """Table, encoding and delimiter of a text file.

    Empty cells and NA, NaN, null and the like are missing. Column names are trimmed and in NFC.
    Raises UploadRejected for an unknown encoding, ragged rows, a doubtful header or no rows.
    """
    with path.open("rb") as source:
        sample = source.read(SAMPLE_BYTES)
    encoding = sample_encoding(sample, path, name)
    text = sample.decode("utf-8-sig" if encoding == "utf-8" else encoding, errors="ignore")
    if "\0" in text:
        raise UploadRejected("uploads.binary", name=name)
    if not text.strip():
        raise UploadRejected("uploads.empty", name=name)
    delimiter = find_delimiter(text)
    header = check_header(first_row(text, delimiter), name)
    table = _parse(path, name, encoding, delimiter, header, sample)
    if encoding.startswith("utf-8") and any(str(kind) == "binary" for kind in table.schema.types):
        # Bytes that are not UTF-8 stand beyond the sample; only such columns come out as binary.
        encoding = find_encoding(path, name)
        table = _parse(path, name, encoding, delimiter, header, sample)
    if table.num_rows == 0:
        raise UploadRejected("uploads.header_only", name=name, columns=", ".join(header))
    if "\n" in str(table.column(table.num_columns - 1)[-1].as_py()) and _has_odd_quotes(path):
        # Arrow and csv both let an open quote run to the end of the file, swallowing every row after it.
        *_, (line, _) = _numbered_rows(path, encoding, delimiter)
        raise UploadRejected("uploads.open_quote", name=name, line=line)
    return table, encoding, delimiter


def find_delimiter(text: str) -> str:
    """The delimiter under which most of the first rows are as long as the header; a comma for one column."""
    lines = text.splitlines(keepends=True)[:SAMPLE_LINES]
    scores = {}
    for place, delimiter in enumerate(DELIMITERS):
        lengths = [len(row) for row in csv.reader(lines, delimiter=delimiter) if row]
        voting = lengths[:-1] or lengths  # the sample may have cut the last row
        if voting and voting[0] > 1:
            scores[delimiter] = (voting.count(voting[0]) / len(voting), voting[0], -place)
    return max(scores, key=lambda delimiter: scores[delimiter]) if scores else ","


def check_header(cells: list[object], name: str) -> list[str]:
    """Trimmed column names; an unnamed column is named by its place ("column_1").

    Raises UploadRejected when two columns share a name.
    """
    names = []
    for place, cell in enumerate(cells, 1):
        text = "" if cell is None else unicodedata.normalize("NFC", str(cell)).strip()
        names.append(text or f"column_{place}")
    twice = sorted({column for column in names if names.count(column) > 1})
    if twice:
        raise UploadRejected("uploads.duplicate_columns", name=name, columns=", ".join(twice))
    return names


def sample_encoding(sample: bytes, path: Path, name: str) -> str:
    """UTF-8 on the sample's word (Arrow checks the rest while parsing), anything else on the whole file."""
    try:
        # The sample may end inside a letter of up to four bytes.
        sample[: sample.rfind(b"\n") + 1 or None].decode("utf-8")
    except UnicodeDecodeError:
        return find_encoding(path, name)
    return "utf-8-sig" if sample.startswith(b"\xef\xbb\xbf") else "utf-8"


def first_row(text: str, delimiter: str) -> list[object]:
    """The cells of the first row that has any."""
    return list(next(row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if row))


def _parse(path: Path, name: str, encoding: str, delimiter: str, header: list[str], sample: bytes) -> pa.Table:
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    arrow_encoding = "utf8" if encoding.startswith("utf-8") else encoding

    def parse(source: object, block_bytes: int, newlines: bool, types: dict[str, pa.DataType]) -> pa.Table:
        return arrow_csv.read_csv(
            source,
            read_options=arrow_csv.ReadOptions(block_size=block_bytes, encoding=arrow_encoding),
            parse_options=arrow_csv.ParseOptions(delimiter=delimiter, newlines_in_values=newlines),
            convert_options=arrow_csv.ConvertOptions(column_types=types, strings_can_be_null=True),
        ).rename_columns(header)

    use_both_cores()
    types: dict[str, pa.DataType] = {}
    if arrow_encoding == "utf8" and len(sample) == SAMPLE_BYTES:
        # With known types Arrow lets go of each block's text; while it infers, it keeps them all.
        types = sample_types(sample[: sample.rfind(b"\n") + 1], delimiter)
    # Each way costs more than the one before: line breaks inside quotes, types that only a late row
    # shows, rows longer than a block.
    ways = [(BLOCK_BYTES, False, types), (BLOCK_BYTES, True, types), (LARGEST_BLOCK_BYTES, True, {})]
    for block_bytes, newlines, known in ways:
        try:
            table = parse(str(path), block_bytes, newlines, known)
        except (pa.ArrowInvalid, UnicodeDecodeError) as error:
            reason = str(error)
        else:
            pa.default_memory_pool().release_unused()  # the blocks' text; profiling comes next
            return table
    raise why_unreadable(path, name, encoding, delimiter, reason)


def sample_types(whole_lines: bytes, delimiter: str) -> dict[str, pa.DataType]:
    """Types of the columns by their names in the file; a column without a value yet is left open."""
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    try:
        schema = arrow_csv.read_csv(
            io.BytesIO(whole_lines),
            parse_options=arrow_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
            convert_options=arrow_csv.ConvertOptions(strings_can_be_null=True),
        ).schema
    except pa.ArrowInvalid:
        return {}
    return {field.name: field.type for field in schema if field.name and field.type != pa.null()}


def _has_odd_quotes(path: Path) -> bool:
    with path.open("rb") as source:
        return sum(chunk.count(b'"') for chunk in iter(lambda: source.read(SAMPLE_BYTES), b"")) % 2 == 1


def use_both_cores() -> None:
    """Let Arrow parse on two threads where OMP_NUM_THREADS=1, meant for linear algebra, held it to one."""
    import pyarrow as pa

    if pa.cpu_count() == 1 and (os.cpu_count() or 1) > 1:
        pa.set_cpu_count(2)


def why_unreadable(path: Path, name: str, encoding: str, delimiter: str, reason: str) -> UploadRejected:
    """The error that names the lines; `reason` is Arrow's own, used when the lines look well formed."""
    encoding = find_encoding(path, name)
    bad: list[tuple[int, int]] = []
    wanted = 0
    line = 1
    try:
        for line, row in _numbered_rows(path, encoding, delimiter):
            wanted = wanted or len(row)
            if row and len(row) != wanted:
                bad.append((line, len(row)))
    except csv.Error:
        return UploadRejected("uploads.open_quote", name=name, line=line)
    if not bad:
        return UploadRejected("uploads.unreadable", name=name, reason=reason)
    named = ", ".join(f"{line} ({count})" for line, count in bad[:LINES_NAMED])
    return UploadRejected("uploads.ragged_rows", name=name, expected=wanted, count=len(bad), lines=named)


def _numbered_rows(path: Path, encoding: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Each row with the 1-based line on which it starts."""
    csv.field_size_limit(LONGEST_CELL)
    with path.open(encoding=encoding, newline="") as source:
        reader = csv.reader(source, delimiter=delimiter)
        start = 1
        for row in reader:
            yield start, row
            start = reader.line_num + 1
