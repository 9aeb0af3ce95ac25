"""What the sequence network reads: a row's numbers and categories as one dense vector, and its ids as places.

Learnt from training rows only; levels and ids that training has not seen are unknown later.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.ctr.data.impressions import Impressions
from core.ctr.data.sequences import Sequences

PADDING, UNKNOWN, FIRST_KNOWN = 0, 1, 2  # places of the embedding
MOST_IDS = 8192  # the commonest ids get a place of their own
MOST_LEVELS = 64  # of one category; the other ones share a column
# Rows that a column of zeros and ones must be 1 on, and 0 on: batch normalisation blows up what is nearly constant,
# and a value that training hardly saw would drown all others.
MIN_ROWS, MIN_SHARE = 10, 0.001
FURTHEST = 8.0  # standard deviations; further values count as this far


@dataclass(frozen=True)
class NumberColumn:
    """A number that varies in training; has_flag: a second column says that it is missing."""

    name: str
    mean: float
    spread: float
    has_flag: bool


@dataclass(frozen=True)
class InputColumns:
    """levels: those of each category that have a column, None for all other ones and missing; known_ids: ascending."""

    numbers: tuple[NumberColumn, ...]
    levels: dict[str, tuple[str | None, ...]]
    known_ids: NDArray[np.int32]
    max_events: int

    @property
    def width(self) -> int:
        """Columns of `dense`; at least one, so that the table branch exists for a table of ids alone."""
        flags = sum(one.has_flag for one in self.numbers)
        return max(1, len(self.numbers) + flags + sum(len(levels) for levels in self.levels.values()))

    @property
    def places(self) -> int:
        """Rows of the embedding."""
        return FIRST_KNOWN + len(self.known_ids)

    def dense(self, rows: Impressions) -> NDArray[np.float32]:
        """Standardised numbers (0 where missing), then flags, then one-hot categories, shape (rows, width)."""
        dense = np.zeros((len(rows), self.width), np.float32)
        place_of_number = {name: place for place, name in enumerate(rows.number_names)}
        sources = np.array([place_of_number.get(one.name, -1) for one in self.numbers], np.intp)
        is_there = sources >= 0
        at = len(self.numbers)
        values = np.full((len(rows), at), np.nan, np.float32)
        values[:, is_there] = rows.numbers[:, sources[is_there]]
        values[~np.isfinite(values)] = np.nan
        scaled = (values - self._means) / self._spreads
        np.clip(np.nan_to_num(scaled, copy=False), -FURTHEST, FURTHEST, out=dense[:, :at])
        flags = np.flatnonzero([one.has_flag for one in self.numbers])
        dense[:, at : at + len(flags)] = np.isnan(values[:, flags])
        at += len(flags)
        categories = {one.name: one for one in rows.categories}
        for name, levels in self.levels.items():
            column_of = {level: at + place for place, level in enumerate(levels)}
            other = column_of.get(None, -1)
            columns = np.full(len(rows), other)
            if name in categories:
                known = [column_of.get(level, other) for level in categories[name].levels]
                columns = np.array([*known, other])[categories[name].codes]  # MISSING is the last place
            marked = np.flatnonzero(columns >= 0)
            dense[marked, columns[marked]] = 1
            at += len(levels)
        return dense

    def events(self, rows: Impressions) -> Sequences:
        """The most recent ids of every row as places of the embedding; no events where the table has no ids."""
        if rows.sequences is None or len(rows.sequences.values) == 0:
            return Sequences(np.empty(0, np.int32), np.zeros(len(rows) + 1, np.int64))
        sequences = _cut(rows.sequences, self.max_events)
        if len(self.known_ids) == 0:
            return Sequences(np.full(len(sequences.values), UNKNOWN, np.int32), sequences.offsets)
        near = np.minimum(np.searchsorted(self.known_ids, sequences.values), len(self.known_ids) - 1)
        is_known = self.known_ids[near] == sequences.values
        return Sequences(np.where(is_known, near + FIRST_KNOWN, UNKNOWN).astype(np.int32), sequences.offsets)

    @cached_property
    def _means(self) -> NDArray[np.float32]:
        return np.array([one.mean for one in self.numbers], np.float32)

    @cached_property
    def _spreads(self) -> NDArray[np.float32]:
        return np.array([one.spread for one in self.numbers], np.float32)

    def as_plain(self) -> dict[str, Any]:
        return {
            "numbers": [[one.name, one.mean, one.spread, one.has_flag] for one in self.numbers],
            "levels": {name: list(levels) for name, levels in self.levels.items()},
            "known_ids": self.known_ids.tolist(),
            "max_events": self.max_events,
        }

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> InputColumns:
        return cls(
            numbers=tuple(NumberColumn(*one) for one in plain["numbers"]),
            levels={name: tuple(levels) for name, levels in plain["levels"].items()},
            known_ids=np.array(plain["known_ids"], np.int32),
            max_events=plain["max_events"],
        )


def learn_columns(training: Impressions, max_events: int) -> InputColumns:
    """Columns that vary in the training rows, and the ids they hold."""
    numbers: list[NumberColumn] = []
    seen_patterns: set[bytes] = set()
    for place, name in enumerate(training.number_names):
        column = training.numbers[:, place]
        known = np.isfinite(column)
        values = column[known].astype(np.float64)
        if len(values) == 0 or values.std() < 1e-9:
            continue
        pattern = np.packbits(known).tobytes()
        # Columns that go missing together need one flag, not one each.
        has_flag = _varies(int(known.sum()), len(column)) and pattern not in seen_patterns
        seen_patterns.add(pattern)
        numbers.append(NumberColumn(name, float(values.mean()), float(values.std()), bool(has_flag)))
    levels: dict[str, tuple[str | None, ...]] = {}
    for one in training.categories:
        counts = np.bincount(one.codes[one.codes >= 0], minlength=len(one.levels))
        common = sorted(code for code in np.argsort(-counts, kind="stable")[:MOST_LEVELS] if counts[code] >= MIN_ROWS)
        rest = len(training) - int(counts[common].sum())
        names = [one.levels[code] for code in common if _varies(int(counts[code]), len(training))]
        levels[one.name] = (*names, None) if _varies(rest, len(training)) else tuple(names)
    return InputColumns(tuple(numbers), levels, _known_ids(training, max_events), max_events)


def _varies(ones: int, rows: int) -> bool:
    return min(ones, rows - ones) >= max(MIN_ROWS, MIN_SHARE * rows)


def _known_ids(training: Impressions, max_events: int) -> NDArray[np.int32]:
    if training.sequences is None:
        return np.empty(0, np.int32)
    ids, counts = np.unique(_cut(training.sequences, max_events).values, return_counts=True)
    return np.sort(ids[np.argsort(-counts, kind="stable")[:MOST_IDS]]).astype(np.int32)


def _cut(sequences: Sequences, max_events: int) -> Sequences:
    lengths = sequences.lengths
    if len(lengths) == 0 or lengths.max() <= max_events:
        return sequences
    place = np.arange(len(sequences.values)) - np.repeat(sequences.offsets[:-1], lengths)
    kept = place >= np.repeat(lengths - max_events, lengths)
    offsets = np.concatenate([[0], np.cumsum(np.minimum(lengths, max_events))]).astype(np.int64)
    return Sequences(sequences.values[kept], offsets)
