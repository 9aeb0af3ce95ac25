"""A file of impressions that is too long for memory becomes a stored dataset: piece by piece, with the same findings.

Which files are: `is_long`. Shorter ones go the way of `datasets.store_impressions`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from core.ctr.data.datasets import mapped_impressions
from core.ctr.data.file_quality import check_impressions_file
from core.ctr.data.schema import ROOM, TARGET
from core.datasets.coercion import EXAMPLES
from core.datasets.schemas import Uncoerced
from core.datasets.table_source import TableSource, open_source
from core.errors import BadInput
from core.security.policy import Permission, Principal, require
from core.settings.current import get_settings

if TYPE_CHECKING:
    import pyarrow as pa

    from core.datasets.records import Dataset

INTAKE_BYTES = 45  # that reading, checking and storing take per cell, measured on 600,000 rows x 119 columns
TEXT_CELL_BYTES = 9  # a cell of a text file of impressions, for a guess at how many it holds


class _TargetAsWritten(Exception):
    """A later piece holds a target that is no number, and earlier ones were brought to numbers."""


def is_long(path: Path) -> bool:
    """Whether taking the file in at once would need more than WORKBENCH_TABLE_MEMORY_MB."""
    from pyarrow import ArrowInvalid, parquet

    try:
        with parquet.ParquetFile(path) as file:
            cells = file.metadata.num_rows * len(file.schema_arrow.names)
    except ArrowInvalid:
        cells = path.stat().st_size // TEXT_CELL_BYTES
    return cells * INTAKE_BYTES > get_settings().table_memory_mb << 20


def store_impressions_file(
    path: Path, *, name: str, principal: Principal, mapping: Mapping[str, str] | None = None,
    target: str | None = None, positive: str | None = None,
    progress: Callable[[str, float], None] = lambda step, fraction: None,
) -> Dataset:  # fmt: skip
    """`store_impressions` for a file that is read piece by piece; mapping, target and positive as there.

    A suggested mapping is settled on the first piece.
    Raises UploadRejected for what cannot be read, BadInput for a mapping or a target that does not fit.
    """
    from core.datasets.profiling import profile_parquet
    from core.datasets.records import Origin, keep_table
    from core.datasets.table_files import written_batches

    require(principal, Permission.DATASETS_WRITE)
    source = open_source(path, path.name)
    if target not in (None, TARGET) and target not in source.header:
        raise BadInput("ctr.no_target", target=target)
    chosen = target or TARGET
    for as_written in (False, True):
        intake = _Intake(source, mapping, target, as_written)
        try:
            with written_batches(intake.pieces(lambda fraction: progress("store", fraction))) as written:
                findings = check_impressions_file(
                    written.unfinished, target=chosen, positive=positive, uncoerced=tuple(intake.uncoerced.values()),
                    progress=lambda fraction: progress("check", fraction),
                )  # fmt: skip
                progress("profile", 0.0)
                about = {
                    "mapping": intake.used,
                    "target": chosen,
                    "profile": profile_parquet(written.unfinished).to_dict(),
                    "findings": [finding.as_dict() for finding in findings],
                }
                origin = Origin(name, ROOM, source.format, source.encoding, source.delimiter)
                return keep_table(written, origin, about, rows=intake.rows, columns=intake.columns, principal=principal)
        except _TargetAsWritten:
            continue
    raise AssertionError  # with the target left as written no piece can object


class _Intake:
    """Pieces of a file as they are stored, and what is learnt on the way."""

    def __init__(
        self, source: TableSource, mapping: Mapping[str, str] | None, target: str | None, as_written: bool
    ) -> None:
        self.source, self.mapping, self.target, self.as_written = source, mapping, target, as_written
        self.used: dict[str, str] = {}
        self.uncoerced: dict[str, Uncoerced] = {}
        self.rows = 0
        self.columns: tuple[str, ...] = ()

    def pieces(self, progress: Callable[[float], None]) -> Iterator[pa.Table]:
        """Mapped and typed pieces of one schema."""
        import polars as pl

        schema = None
        for piece in self.source.pieces():
            frame = pl.DataFrame(piece)
            mapping = self.mapping if schema is None else self.used
            mapped, used, lost = mapped_impressions(frame, mapping, self.target, keep_target=self.as_written)
            self.used = used
            for one in lost:
                self._count(one)
            if schema is None:
                schema, self.columns = mapped.schema, tuple(mapped.columns)
            elif mapped.schema != schema:
                raise _TargetAsWritten
            self.rows += mapped.height
            yield mapped.to_arrow()
            progress(0.0)

    def _count(self, lost: Uncoerced) -> None:
        rows = tuple(self.rows + row for row in lost.rows)
        known = self.uncoerced.get(lost.column)
        if known is None:
            self.uncoerced[lost.column] = replace(lost, rows=rows)
            return
        self.uncoerced[lost.column] = replace(
            known,
            count=known.count + lost.count,
            rows=(*known.rows, *rows)[:EXAMPLES],
            values=(*known.values, *lost.values)[:EXAMPLES],
        )
