"""A profile of a Parquet file of any length: one pass, a batch of rows at a time, bounded memory.

Parts of the file can be counted apart and merged.

Exact: counts, nulls, extremes, mean, standard deviation, correlation (figures that merge). Sampled: quantiles,
from about SAMPLE_ROWS rows drawn evenly. Sketched: distinct values, once a column shows more than MOST_COUNTED of
them (HyperLogLog, standard error 0.8 %); the top values of such a text column are then lower bounds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.datasets.column_statistics import MOST_LISTED, count_values, largest, sorted_quantiles
from core.datasets.column_values import Flags, Floats, kind_of, numbers, numeric_columns
from core.datasets.correlation import PairSums, add_columns, rough_location
from core.datasets.distinct_sketch import DistinctSketch
from core.datasets.parquet_pieces import frames_of
from core.datasets.table_profile import ColumnProfile, TableProfile, TopValue, as_text, finite, plain_matrix

if TYPE_CHECKING:
    import pyarrow as pa

BATCH_ROWS = 65_536
GROUPS_TOGETHER = 8  # row groups that are counted by one
SAMPLE_ROWS = 100_000  # quantile ranks are then within 0.3 % (95 %)
MOST_COUNTED = 50_000  # different values of a column that are counted one by one


def profile_batches(path: Path) -> TableProfile:
    """Profile the Parquet file at `path`; the sample is seeded, so equal files give equal profiles.

    Runs of row groups are counted apart, on the cluster where there is one; the figures are the same either way.
    """
    from pyarrow import parquet

    from core.datasets.file_parts import spread_over

    with parquet.ParquetFile(path) as source:
        rows, groups = source.metadata.num_rows, source.metadata.num_row_groups
        first = next(_batches(path, [0]), None) if groups else None
        numeric = numeric_columns(source.schema_arrow)
    location = [] if first is None else rough_location([numbers(first.column(place)) for _, place in numeric])
    runs = runs_of_groups(groups, max(1, -(-groups // GROUPS_TOGETHER)))
    whole: RunningProfile | None = None
    parts = [Part(path, tuple(run), rows, tuple(location)) for run in runs]
    for one in spread_over(path, profile_part, parts, name="profile"):
        whole = one if whole is None else whole.merged(one)
    assert whole is not None
    return whole.profile()


@dataclass(frozen=True)
class Part:
    """Row groups of a file of `rows` rows. location: centre and scale of each numeric column, alike for all parts."""

    path: Path
    groups: tuple[int, ...]
    rows: int
    location: tuple[tuple[float, float], ...]


def runs_of_groups(groups: int, parts: int) -> list[list[int]]:
    """Consecutive row groups, in `parts` runs as long as they go."""
    return [run.tolist() for run in np.array_split(np.arange(groups), min(parts, max(groups, 1)))]


def profile_part(part: Part) -> RunningProfile:
    """The figures of some row groups, ready to be merged with those of others."""
    from pyarrow import parquet

    schema = parquet.read_schema(part.path)
    found = RunningProfile(schema, part.rows, part.location, first_group=min(part.groups, default=0))
    for batch in _batches(part.path, part.groups):
        found.add(batch)
    return found


class RunningProfile:
    """The profile of the rows seen so far."""

    def __init__(
        self, schema: pa.Schema, rows: int, location: Sequence[tuple[float, float]], *, first_group: int = 0
    ) -> None:
        self.rows, self.location = rows, list(location)
        self.numeric = numeric_columns(schema)
        self.sample = _RowSample(len(self.numeric), rows, first_group)
        self.running = [_running_column(field) for field in schema]
        self.sums = PairSums(len(self.numeric))

    def add(self, batch: pa.RecordBatch) -> None:
        """Count the rows of a batch."""
        columns = [numbers(batch.column(place)) for _, place in self.numeric]
        add_columns(self.sums, columns, self.location)
        self.sample.add(columns, batch.num_rows)
        values = iter(columns)
        for column, data in zip(self.running, batch.columns, strict=True):
            column.add(data, next(values) if column.is_numeric else None)

    def merged(self, other: RunningProfile) -> RunningProfile:
        """Take over what `other` counted; its rows come after these."""
        self.sums.merge(other.sums)
        self.sample.merge(other.sample)
        for own, its in zip(self.running, other.running, strict=True):
            own.merge(its)
        return self

    def profile(self) -> TableProfile:
        """What the rows come to."""
        quantiles = iter(self.sample.quantiles())
        profiles = tuple(column.profile(next(quantiles) if column.is_numeric else ()) for column in self.running)
        names = tuple(name for name, _ in self.numeric)
        return TableProfile(self.rows, profiles, names, plain_matrix(self.sums.correlation()), self.sample.rows)


def _batches(path: Path, groups: Sequence[int]) -> Iterator[pa.RecordBatch]:
    for frame in frames_of(path, groups):
        yield from frame.to_arrow().combine_chunks().to_batches(BATCH_ROWS)


class _RowSample:
    """Rows of the numeric columns, each drawn with the same chance, the whole table when it is short."""

    def __init__(self, columns: int, rows: int, first_group: int) -> None:
        self.random = np.random.default_rng(first_group)
        self.share = min(1.0, SAMPLE_ROWS / max(rows, 1))
        self.rows = 0
        self.parts: list[list[Floats]] = [[] for _ in range(columns)]

    def add(self, columns: list[tuple[Floats, Flags | None]], rows: int) -> None:
        picked = np.flatnonzero(self.random.random(rows) < self.share)
        self.rows += len(picked)
        for parts, (values, valid) in zip(self.parts, columns, strict=True):
            parts.append(values[picked] if valid is None else values[picked[valid[picked]]])

    def merge(self, other: _RowSample) -> None:
        self.rows += other.rows
        for own, its in zip(self.parts, other.parts, strict=True):
            own.extend(its)

    def quantiles(self) -> Iterator[tuple[tuple[float, float], ...]]:
        for parts in self.parts:
            drawn = np.sort(np.concatenate(parts)) if parts else np.empty(0)
            yield sorted_quantiles(drawn) if len(drawn) else ()


class _RunningNumbers:
    """Moments, extremes and different values of a numeric column."""

    is_numeric = True

    def __init__(self, field: pa.Field) -> None:
        self.field = field
        self.nulls = self.count = 0
        self.mean = self.squares = 0.0  # squares: sum of squared distances from the mean
        self.lowest, self.highest = np.inf, -np.inf
        self.counts: dict[float, int] | None = {}
        self.sketch = DistinctSketch()

    def add(self, _column: pa.Array, numbers_: tuple[Floats, Flags | None] | None) -> None:
        assert numbers_ is not None
        values, valid = numbers_
        present = values if valid is None else values[valid]
        self.nulls += len(values) - len(present)
        if len(present) == 0:
            return
        with np.errstate(over="ignore", invalid="ignore"):
            mean = float(present.mean())
            apart = present - mean
            self._join(len(present), mean, float(apart @ apart))
        self.lowest = min(self.lowest, float(present.min()))
        self.highest = max(self.highest, float(present.max()))
        self.sketch.add((present + 0.0).view(np.uint64))  # + 0.0 makes -0.0 and 0.0 one value
        if self.counts is not None:
            self._count(present)

    def _join(self, count: int, mean: float, squares: float) -> None:
        """Chan, Golub and LeVeque (1979): merging means and squared distances of two groups."""
        both = self.count + count
        with np.errstate(over="ignore", invalid="ignore"):
            self.squares += squares + (mean - self.mean) ** 2 * self.count * count / both
            self.mean += (mean - self.mean) * count / both
        self.count = both

    def merge(self, other: _RunningNumbers | _RunningWords) -> None:
        assert isinstance(other, _RunningNumbers)
        self.nulls += other.nulls
        if other.count:
            self._join(other.count, other.mean, other.squares)
        self.lowest, self.highest = min(self.lowest, other.lowest), max(self.highest, other.highest)
        self.sketch.merge(other.sketch)
        if self.counts is not None and other.counts is not None:
            for value, count in other.counts.items():
                self.counts[value] = self.counts.get(value, 0) + count
        if self.counts is None or other.counts is None or len(self.counts) > MOST_COUNTED:
            self.counts = None

    def _count(self, present: Floats) -> None:
        assert self.counts is not None
        found, counts = np.unique(present, return_counts=True)
        for value, count in zip(found.tolist(), counts.tolist(), strict=True):
            self.counts[value] = self.counts.get(value, 0) + count
        if len(self.counts) > MOST_COUNTED:
            self.counts = None

    def profile(self, quantiles: tuple[tuple[float, float], ...]) -> ColumnProfile:
        known = self.counts is not None
        return ColumnProfile(
            self.field.name,
            kind_of(self.field.type),
            str(self.field.type),
            self.count,
            self.nulls,
            len(self.counts) if self.counts is not None else self.sketch.estimate(self.count),
            finite(self.lowest),
            finite(self.highest),
            finite(self.mean) if self.count else None,
            finite((self.squares / (self.count - 1)) ** 0.5) if self.count > 1 else None,
            quantiles,
            _top(self.counts) if self.counts is not None and len(self.counts) <= MOST_LISTED else (),
            distinct_is_exact=known,
        )


class _RunningWords:
    """Different values, their counts and, for times, extremes of a column that is not numeric."""

    is_numeric = False

    def __init__(self, field: pa.Field) -> None:
        self.field = field
        self.kind = kind_of(field.type)
        self.count = self.nulls = 0
        self.counts: dict[object, int] = {}
        self.extremes: list[Any] = []
        self.is_exact = True
        self.sketch = DistinctSketch()

    def add(self, column: pa.Array, _numbers: tuple[Floats, Flags | None] | None) -> None:
        import polars as pl

        self.nulls += column.null_count
        self.count += len(column) - column.null_count
        if self.kind == "other":
            return
        values, counts = count_values(column)
        if len(values) == 0:
            return
        words = values.to_pylist()
        # Polars' seeded hash: Python's own changes with every process.
        self.sketch.add(pl.Series(pl.from_arrow(values)).hash(0).to_numpy())
        if self.kind == "time":
            self.extremes = [min([*self.extremes, *words]), max([*self.extremes, *words])]
        for word, count in zip(words, counts.tolist(), strict=True):
            self.counts[word] = self.counts.get(word, 0) + count
        self._thin_out()

    def merge(self, other: _RunningNumbers | _RunningWords) -> None:
        assert isinstance(other, _RunningWords)
        self.nulls += other.nulls
        self.count += other.count
        self.is_exact &= other.is_exact
        self.sketch.merge(other.sketch)
        both = [*self.extremes, *other.extremes]
        self.extremes = [min(both), max(both)] if both else []
        for word, count in other.counts.items():
            self.counts[word] = self.counts.get(word, 0) + count
        self._thin_out()

    def _thin_out(self) -> None:
        if len(self.counts) > MOST_COUNTED:
            # Values seen once so far go first: what is frequent in the whole is frequent in its parts.
            self.is_exact = False
            kept = sorted(self.counts.items(), key=lambda pair: -pair[1])[: MOST_COUNTED // 2]
            self.counts = dict(kept)

    def profile(self, _quantiles: tuple[tuple[float, float], ...]) -> ColumnProfile:
        distinct = None
        if self.kind != "other":
            distinct = len(self.counts) if self.is_exact else self.sketch.estimate(self.count)
        mean = self.counts.get(True, 0) / self.count if self.kind == "boolean" and self.count else None
        return ColumnProfile(
            self.field.name,
            self.kind,
            str(self.field.type),
            self.count,
            self.nulls,
            distinct,
            as_text(self.extremes[0]) if self.extremes else None,
            as_text(self.extremes[1]) if self.extremes else None,
            mean=mean,
            top=_top(self.counts),
            distinct_is_exact=self.is_exact,
            top_is_exact=self.is_exact,
        )


def _running_column(field: pa.Field) -> _RunningNumbers | _RunningWords:
    return _RunningNumbers(field) if kind_of(field.type) in ("integer", "number") else _RunningWords(field)


def _top(counts: Mapping[Any, int]) -> tuple[TopValue, ...]:
    values = list(counts)
    rows = largest(np.fromiter(counts.values(), np.int64, len(values)))
    return tuple(TopValue(as_text(values[row]), counts[values[row]]) for row in rows)
