"""The rows of a training that do not fit in memory: split as a whole, and a seeded sample of them in memory.

Models that can learn in passes see every row (`LongTable.pieces`); the others see the sample. Nothing of it is silent:
`LongTable.finding` says what was sampled, and the report how many rows each model saw.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.ctr.data.datasets import ImpressionCounts
from core.ctr.data.impressions import Impressions, clicks_of, read_impressions
from core.ctr.data.splits import Places, Split, groups_of, row_hashes, split_by_time, split_stratified
from core.ctr.models.linear_passes import IN_PASSES, ROWS_AT_ONCE
from core.ctr.training.config import TrainingConfig
from core.datasets.findings import Finding
from core.datasets.parquet_pieces import frames_of
from core.datasets.running_profile import runs_of_groups
from core.settings.current import get_settings

if TYPE_CHECKING:
    import polars as pl

TRAINING_BYTES = 103  # that training takes per cell, measured on 600,000 rows x 119 columns
PARTS = 16  # runs of row groups that are counted apart


@dataclass(frozen=True)
class LongTable:
    """A whole table on disk: its figures, how all its rows are split, and which of them are in the sample.

    sampled: numbers of the rows in the sample, ascending; shape (rows,).
    """

    path: Path
    counts: ImpressionCounts
    split: Split
    sampled: Places
    sample_split: Split
    target: str
    positive: str | None
    groups: NDArray[np.int64]

    def pieces(self, part: str, rows_at_once: int = ROWS_AT_ONCE) -> Iterator[Impressions]:
        """All rows of "train", "validation" or "test" in the order of the file, `rows_at_once` of them at a time."""
        import polars as pl

        wanted = self.mask(part)
        held: list[pl.DataFrame] = []
        done = 0
        for frame in frames_of(self.path):
            held.append(frame.filter(pl.Series(wanted[done : done + frame.height])))
            done += frame.height
            if sum(one.height for one in held) >= rows_at_once:
                yield self._read(held)
                held = []
        if any(one.height for one in held):
            yield self._read(held)

    def mask(self, part: str) -> NDArray[np.bool_]:
        """Which rows of the file belong to a part, shape (rows,)."""
        wanted = np.zeros(self.counts.rows, bool)
        wanted[self.split.parts[part]] = True
        return wanted

    def rows_seen(self, model: str) -> int:
        """How many rows a model learnt from, training and validation together."""
        split = self.split if model in IN_PASSES else self.sample_split
        return len(split.train) + len(split.validation)

    def finding(self, models: tuple[str, ...]) -> Finding:
        """What was sampled, for the report."""
        details: dict[str, object] = {"rows": self.counts.rows, "sampled": len(self.sampled)}
        for name, rows in self.sample_split.parts.items():
            details[name] = len(rows)
            details[f"all_{name}"] = len(self.split.parts[name])
        passes = [name for name in models if name in IN_PASSES]
        if not passes:
            return Finding("ctr.sampled", "warning", None, (), details)
        return Finding("ctr.sampled_and_passes", "info", None, (), {**details, "models": ", ".join(passes)})

    def _read(self, held: list[pl.DataFrame]) -> Impressions:
        import polars as pl

        return read_impressions(pl.concat(held), target=self.target, positive=self.positive, every_category=True)


@dataclass(frozen=True)
class CountPart:
    """Row groups that are counted."""

    path: Path
    groups: tuple[int, ...]
    target: str
    positive: str | None


def most_rows(columns: int, config: TrainingConfig) -> int:
    """Rows that may be in memory at once, of a table of so many columns: as asked, or as the memory allows."""
    by_memory = (get_settings().table_memory_mb << 20) // (TRAINING_BYTES * max(columns, 1))
    return max(1, config.max_rows or by_memory)


def read_long(path: Path, config: TrainingConfig, *, rows: int) -> tuple[LongTable, pl.DataFrame]:
    """The table at `path`, and the sample of at most `rows` of its rows that is kept in memory.

    Each part gives the same share of its rows, drawn by the seed of `config`. Raises BadInput as the splits do.
    """
    import polars as pl
    from pyarrow import parquet

    from core.datasets.file_parts import spread_over

    positive = config.positive or None
    with parquet.ParquetFile(path) as file:
        groups, columns = file.metadata.num_row_groups, len(file.schema_arrow.names)
    parts = [CountPart(path, tuple(run), config.target, positive) for run in runs_of_groups(groups, PARTS)]
    counted = list(spread_over(path, count_rows, parts, name="split"))
    hashes = np.concatenate([hashed for _, hashed, _ in counted])
    repeated = np.concatenate([hashed for _, _, hashed in counted])
    counts = ImpressionCounts(
        rows=len(hashes),
        columns=columns,
        missing_cells=sum(one.missing_cells for one, *_ in counted),
        duplicate_rows=int((~pl.Series(repeated).is_first_distinct()).sum()),
        clicked=sum(one.clicked for one, *_ in counted),
        not_clicked=sum(one.not_clicked for one, *_ in counted),
    )
    twins = groups_of(hashes)
    split = _split_of(path, config, twins)
    sampled, sample_split = _sample(split, rows, config.seed)
    table = LongTable(path, counts, split, sampled, sample_split, config.target, positive, twins)
    return table, _gathered(path, sampled)


def count_rows(part: CountPart) -> tuple[ImpressionCounts, NDArray[np.uint64], NDArray[np.uint64]]:
    """Figures of some row groups; a fingerprint of each row without and with its target, shape (rows,) each."""
    import polars as pl

    missing = clicked = not_clicked = width = 0
    plain, whole = [], []
    for frame in frames_of(part.path, part.groups):
        width = frame.width
        for series in frame.get_columns():
            missing += series.null_count() + (int(series.is_nan().sum()) if series.dtype.is_float() else 0)
        clicks = clicks_of(frame[part.target], part.positive)
        clicked, not_clicked = clicked + int((clicks == 1).sum()), not_clicked + int((clicks == 0).sum())
        plain.append(row_hashes(frame, part.target))
        whole.append(pl.DataFrame([pl.Series("row", plain[-1]), frame[part.target]]).hash_rows(seed=0).to_numpy())
    none = np.empty(0, np.uint64)
    hashes, repeated = (np.concatenate([none, *one]) for one in (plain, whole))
    return ImpressionCounts(len(hashes), width, missing, 0, clicked, not_clicked), hashes, repeated


def _split_of(path: Path, config: TrainingConfig, twins: NDArray[np.int64]) -> Split:
    """The split of all rows, from the target and the columns of time alone."""
    import polars as pl
    from pyarrow import parquet

    with parquet.ParquetFile(path) as file:
        known = set(file.schema_arrow.names)
    # A column of time that is not there is named by the split itself.
    frame = pl.read_parquet(path, columns=[config.target, *(name for name in config.order_by if name in known)])
    shares = {"test_share": config.test_split, "validation_share": config.validation_split}
    if config.split == "time":
        return split_by_time(frame, target=config.target, order_by=config.order_by, groups=twins, **shares)
    return split_stratified(frame, target=config.target, seed=config.seed, groups=twins, **shares)


def _sample(split: Split, rows: int, seed: int) -> tuple[Places, Split]:
    """Numbers of the sampled rows, ascending, and the split of the sample by places among them."""
    random = np.random.default_rng(seed)
    total = sum(len(one) for one in split.parts.values())
    chosen = {}
    for name, places in split.parts.items():
        count = min(len(places), max(1, rows * len(places) // total))
        chosen[name] = places[np.sort(random.choice(len(places), count, replace=False))]
    sampled = np.sort(np.concatenate(list(chosen.values())))
    own = {name: np.searchsorted(sampled, places).astype(np.intp) for name, places in chosen.items()}
    return sampled, replace(split, train=own["train"], validation=own["validation"], test=own["test"])


def _gathered(path: Path, rows: Places) -> pl.DataFrame:
    import polars as pl

    found, done, at = [], 0, 0
    for frame in frames_of(path):
        end = int(np.searchsorted(rows, done + frame.height))
        found.append(frame[rows[at:end] - done])
        at, done = end, done + frame.height
    return pl.concat(found, rechunk=True)
