"""Tables as Parquet files named by their SHA-256: written beside their place and moved there, or not at all."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from core.settings.current import get_settings
from core.storage import shared_files
from core.storage.full_disk import told_when_full

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

ROW_GROUP_ROWS = 131_072  # read back one at a time when a profile streams


def table_path(sha256: str) -> Path:
    """Where the table with this checksum lies or will lie."""
    return get_settings().data_dir / "datasets" / f"{sha256}.parquet"


def checksum(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


class WrittenTable:
    """A table that is on disk, at `unfinished`, but not yet in its place."""

    def __init__(self, unfinished: Path, sha256: str, size: int) -> None:
        self.unfinished = unfinished
        self.sha256 = sha256
        self.size = size
        self.path = table_path(sha256)
        self._is_new = not self.path.exists()

    def share(self) -> None:
        """Push it to where machines share files, under the name of its place. Raises Unavailable."""
        shared_files.keep_under(self.path, self.unfinished)

    def keep(self) -> None:
        """Move it to its place. An equal table that is there already is replaced by the same bytes."""
        self.unfinished.replace(self.path)

    def undo(self) -> None:
        """Take it away again, unless its place was taken before."""
        if self._is_new:
            self.path.unlink(missing_ok=True)


@contextmanager
def written_table(frame: pl.DataFrame) -> Iterator[WrittenTable]:
    """Write `frame` and hand it over; whatever fails inside the block, no file stays behind.

    Raises StorageFull when the disk takes no more.
    """
    with _written(lambda file: _write_parquet(frame, file)) as table:
        yield table


@contextmanager
def written_batches(batches: Iterable[pa.Table]) -> Iterator[WrittenTable]:
    """`written_table` for a table that comes in pieces of one schema, each a row group; one is in memory at a time."""
    with _written(lambda file: _write_batches(batches, file)) as table:
        yield table


@contextmanager
def _written(write: Callable[[_HashingFile], None]) -> Iterator[WrittenTable]:
    table = None
    folder = table_path("").parent
    with told_when_full("datasets.disk_full"):
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".writing-", suffix=".parquet", dir=folder)
        unfinished = Path(name)
    try:
        with told_when_full("datasets.disk_full"):
            with os.fdopen(handle, "wb") as file:
                hashing = _HashingFile(file)
                write(hashing)
                file.flush()
                os.fsync(file.fileno())
            table = WrittenTable(unfinished, hashing.digest.hexdigest(), hashing.size)
            yield table
    except BaseException:
        if table is not None:
            table.undo()
        raise
    finally:
        unfinished.unlink(missing_ok=True)


class _HashingFile:
    """Takes the checksum of what passes through to the file."""

    closed = False

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.size = 0
        self.digest = hashlib.sha256()

    def write(self, data: Any) -> int:
        self.digest.update(data)
        self.size += len(data)
        return self.file.write(data)

    def flush(self) -> None:
        self.file.flush()


def _write_parquet(frame: pl.DataFrame, file: _HashingFile) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    sink = pa.PythonFile(file, mode="w")
    parquet.write_table(frame.to_arrow(), sink, compression="zstd", row_group_size=ROW_GROUP_ROWS)


def _write_batches(batches: Iterable[pa.Table], file: _HashingFile) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    writer = None
    try:
        for table in batches:
            if writer is None:
                writer = parquet.ParquetWriter(pa.PythonFile(file, mode="w"), table.schema, compression="zstd")
            writer.write_table(table, row_group_size=ROW_GROUP_ROWS)
    finally:
        if writer is not None:
            writer.close()
