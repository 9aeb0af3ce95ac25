"""Click probabilities of tables of any length: a frame at once, a Parquet file batch by batch in bounded memory."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.ctr.data.impressions import Impressions
from core.ctr.data.schema import TARGET
from core.ctr.evaluating.scores import Floats
from core.ctr.models.baselines import ClickModel
from core.ctr.scoring_parts import rows_of, scored_batches
from core.errors import BadInput
from core.storage.full_disk import told_when_full

if TYPE_CHECKING:
    import polars as pl

BATCH_ROWS = 16_384
READ_BUFFER_BYTES = 1 << 20  # of each column; without it Arrow reads whole row groups
EDGES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)  # of the counted probabilities
ROW, PROBABILITY = "row", "probability"  # columns of the written file


@dataclass(frozen=True)
class ScoredFile:
    """What scoring a file came to. seconds: reading, scoring and writing.

    click_rate: mean probability, None for a file without rows. counts: rows between the EDGES, outermost included.
    """

    rows: int
    seconds: float
    rows_per_second: float
    click_rate: float | None
    counts: tuple[int, ...]


def score_frame(model: ClickModel, frame: pl.DataFrame, *, target: str = TARGET) -> Floats:
    """Probabilities, shape (rows,). The target, if it is there, is not read."""
    return np.asarray(model.predict_proba(rows_of(frame, target=target)), np.float64)


def score_parquet(
    model: ClickModel, source: Path, target: Path, *, batch_rows: int = BATCH_ROWS,
    progress: Callable[[float], None] = lambda fraction: None,
    watch: Callable[[Impressions, Floats, float], None] | None = None,
    click_column: str = TARGET,
) -> ScoredFile:  # fmt: skip
    """Write row number and probability of every row of `source` to `target`, which appears whole or not at all.

    watch: is given every batch with the seconds the model took. Raises BadInput when `source` is no Parquet file
    and StorageFull when the disk takes no more.
    """
    started = time.perf_counter()
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".writing-", dir=target.parent) as folder:
        unfinished = Path(folder) / target.name
        with told_when_full():
            rows, total, counts = _write_scores(model, source, unfinished, batch_rows, progress, watch, click_column)
            unfinished.replace(target)
    seconds = time.perf_counter() - started
    return ScoredFile(
        rows=rows,
        seconds=seconds,
        rows_per_second=rows / seconds,
        click_rate=total / rows if rows else None,
        counts=tuple(counts.tolist()),
    )


def _write_scores(
    model: ClickModel, source: Path, target: Path, batch_rows: int, progress: Callable[[float], None],
    watch: Callable[[Impressions, Floats, float], None] | None, click_column: str,
) -> tuple[int, float, NDArray[np.int64]]:  # fmt: skip
    import pyarrow as pa
    from pyarrow import parquet

    done, total = 0, 0.0
    counts = np.zeros(len(EDGES) + 1, np.int64)
    schema = pa.schema([(ROW, pa.int64()), (PROBABILITY, pa.float32())])
    with parquet.ParquetWriter(target, schema, compression="zstd") as writer:
        batches = _batches(source, batch_rows, click_column)
        for frame, every, probability, seconds in scored_batches(model, batches, target=click_column):
            numbers = np.arange(done, done + frame.height)
            writer.write_table(pa.table([numbers, probability.astype(np.float32)], schema=schema))
            if watch is not None:
                watch(rows_of(frame, target=click_column), probability, seconds)
            done, total = done + frame.height, total + float(probability.sum())
            counts += np.bincount(np.searchsorted(EDGES, probability, side="right"), minlength=len(counts))
            progress(done / every)
    return done, total, counts


def _batches(source: Path, batch_rows: int, click_column: str) -> Iterator[tuple[pl.DataFrame, int]]:
    """Consecutive rows of the file without the target, and how many it has."""
    import polars as pl
    import pyarrow as pa
    from pyarrow import parquet

    try:
        file = parquet.ParquetFile(source, buffer_size=READ_BUFFER_BYTES, pre_buffer=False)
    except pa.ArrowInvalid as error:
        raise BadInput("ctr.no_parquet", name=source.name) from error
    with file:
        names = [name for name in file.schema_arrow.names if name != click_column]
        # One thread: each further one holds the pages of another column.
        for batch in file.iter_batches(batch_size=batch_rows, columns=names, use_threads=False):
            yield pl.DataFrame(pa.Table.from_batches([batch])), file.metadata.num_rows
