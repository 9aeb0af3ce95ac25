"""A Parquet file of any length, a bounded number of rows at a time.

Polars reads whole row groups, several times faster than Arrow does on one thread; groups that are too long for that
are read by Arrow page by page.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

READ_BUFFER_BYTES = 1 << 20  # of each column; without it Arrow reads whole row groups
LONGEST_GROUP = 262_144  # rows of a row group that is read at once
PIECE_ROWS = 65_536  # rows of a piece of a longer one


def frames_of(
    path: Path, groups: Sequence[int] | None = None, columns: Sequence[str] | None = None
) -> Iterator[pl.DataFrame]:
    """The rows of some row groups (all when none are named) in their order, at most LONGEST_GROUP in a frame."""
    import polars as pl
    import pyarrow as pa
    from pyarrow import parquet

    names = None if columns is None else list(columns)
    with parquet.ParquetFile(path, buffer_size=READ_BUFFER_BYTES, pre_buffer=False) as file:
        sizes = [file.metadata.row_group(one).num_rows for one in range(file.metadata.num_row_groups)]
        chosen = range(len(sizes)) if groups is None else groups
        if max((sizes[one] for one in chosen), default=0) > LONGEST_GROUP:
            # One thread: each further one holds the pages of another column.
            batches = file.iter_batches(PIECE_ROWS, row_groups=list(chosen), columns=names, use_threads=False)
            yield from (pl.DataFrame(pa.Table.from_batches([batch])) for batch in batches)
            return
    scan = pl.scan_parquet(path, glob=False)
    if names is not None:
        scan = scan.select(names)
    for one in chosen:
        yield scan.slice(sum(sizes[:one]), sizes[one]).collect()
