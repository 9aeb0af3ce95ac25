"""How impressions become a feature table: numbers as they are, categories as codes, the sequence in named summaries.

The summaries that use clicks (rates of ids) are learnt from the training rows and computed out of fold for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.ctr.data.impressions import Category, Impressions
from core.ctr.data.schema import SEQUENCE
from core.ctr.data.sequences import NO_ID, Sequences
from core.ctr.explaining.table import Feature, FeatureTable, Floats
from core.ctr.models.linear_columns import hashed
from core.ctr.models.order_columns import GAP_EVENTS
from core.ctr.models.target_encoding import FOLDS, SMOOTHING

FREQUENT_IDS = 12  # ids that get a column of their own
RECENT = 10  # last ids that count as recent
MOST_IDS = 4096  # more distinct ids share rates
RATES = ("last_id_rate", "recent_rate", "ids_rate")


@dataclass(frozen=True)
class Design:
    """What was learnt from the training rows. rates: log-odds of each id by summary, shape (ids + 1,) each, last the
    mean; None where the rows hold no events.
    """

    levels: dict[str, tuple[str, ...]]
    number_names: tuple[str, ...]
    frequent: tuple[int, ...]
    ids: int
    rates: dict[str, Floats] | None

    @property
    def features(self) -> tuple[Feature, ...]:
        """The columns of the table, in order."""
        found = [Feature(name, name, "category") for name in self.levels]
        found += [Feature(name, name, "number") for name in self.number_names]
        if self.rates is not None:
            parts = ("length", "distinct", "last_gap", *RATES, *(f"count_{one}" for one in self.frequent))
            found += [Feature(f"{SEQUENCE}.{part}", SEQUENCE, "sequence") for part in parts]
        return tuple(found)

    def table(self, rows: Impressions, *, rates: Floats | None = None) -> FeatureTable:
        """The table of any rows, labelled or not. rates: given columns of RATES, for the training rows."""
        by_name = {one.name: one for one in rows.categories}
        place = {name: number for number, name in enumerate(rows.number_names)}
        empty = np.full(len(rows), np.nan)
        columns: list[Any] = [
            codes_as_numbers(by_name.get(name), levels, len(rows)) for name, levels in self.levels.items()
        ]
        columns += [rows.numbers[:, place[name]] if name in place else empty for name in self.number_names]
        if self.rates is not None:
            columns += self._sequence_columns(rows, rates)
        values = np.column_stack(columns).astype(np.float64) if columns else np.empty((len(rows), 0))
        return FeatureTable(self.features, values)

    def _sequence_columns(self, rows: Impressions, rates: Floats | None) -> list[Any]:
        sequences = rows.sequences or Sequences(np.empty(0, np.int32), np.zeros(len(rows) + 1, np.int64))
        row, counts, ids = _distinct(sequences)
        columns: list[Any] = [
            sequences.lengths.astype(np.float64),
            np.bincount(row, minlength=len(rows)).astype(np.float64),
        ]
        columns.append(_last_gap(sequences))
        if rates is None:
            assert self.rates is not None
            rates = np.column_stack([
                _mean_by_row(*entries, self.rates[name], len(rows))
                for name, entries in _entries(sequences, self.ids).items()
            ])  # fmt: skip
        columns += list(rates.T)
        for one in self.frequent:
            mine = ids == one
            columns.append(np.bincount(row[mine], counts[mine], minlength=len(rows)))
        return columns


def learn_design(train: Impressions) -> tuple[Design, FeatureTable]:
    """The design of labelled training rows, and their table with every id rate computed without the row's own fold."""
    levels = {one.name: one.levels for one in train.categories}
    sequences = train.sequences
    if sequences is None or len(sequences.values) == 0:
        design = Design(levels, train.number_names, (), 0, None)
        return design, design.table(train)
    # Ids beyond the most that are kept apart share a place, as in the linear models.
    ids = min(int(sequences.values.max()) + 1, MOST_IDS)
    entries = _entries(sequences, ids)
    labels = train.labels.astype(np.float64)
    rates = {name: _rates(*each, labels, ids, np.ones(len(train), bool)) for name, each in entries.items()}
    fold = np.random.default_rng(0).permutation(len(train)) % FOLDS
    honest = np.empty((len(train), len(RATES)))
    for one in range(FOLDS):
        inside = fold == one
        for column, (row, code) in enumerate(entries.values()):
            learnt = _rates(row, code, labels, ids, ~inside)
            honest[inside, column] = _mean_by_row(row, code, learnt, len(train))[inside]
    values, counts = np.unique(sequences.values, return_counts=True)
    frequent = tuple(int(one) for one in values[np.argsort(-counts, kind="stable")][:FREQUENT_IDS])
    design = Design(levels, train.number_names, frequent, ids, rates)
    return design, design.table(train, rates=honest)


def codes_as_numbers(category: Category | None, levels: tuple[str, ...], rows: int) -> Floats:
    """Places among `levels`, NaN where missing, unknown or absent; shape (rows,)."""
    if category is None:
        return np.full(rows, np.nan)
    known = {level: code for code, level in enumerate(levels)}
    places = np.array([*(known.get(level, np.nan) for level in category.levels), np.nan], np.float64)
    return places[category.codes]


def _entries(sequences: Sequences, ids: int) -> dict[str, tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """(row, id) of the events that each rate is a mean of."""
    recent = sequences.recent(RECENT).astype(np.int64)
    row, _, distinct = _distinct(sequences)
    rows = np.arange(len(sequences))
    found = {
        "last_id_rate": (rows, recent[:, -1]),
        "recent_rate": (np.repeat(rows, RECENT), recent.ravel()),
        "ids_rate": (row, distinct),
    }
    return {name: _folded(row, code, ids) for name, (row, code) in found.items()}


def _folded(row: NDArray[np.int64], code: NDArray[np.int64], ids: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    known = code != NO_ID
    row, code = row[known], code[known]
    if ids == MOST_IDS:
        return row, np.where(code < 0, code, hashed(code, MOST_IDS))
    return row, np.where(code < ids, code, ids)


def _distinct(sequences: Sequences) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Row, count and id of every distinct id of every row."""
    if len(sequences.values) == 0:
        nothing = np.empty(0, np.int64)
        return nothing, nothing, nothing
    width = int(sequences.values.max()) + 1
    keys, counts = np.unique(sequences.row_of_event() * width + sequences.values, return_counts=True)
    return keys // width, counts, keys % width


def _last_gap(sequences: Sequences) -> Floats:
    """Events since the last id was seen before, NaN where it was not within GAP_EVENTS."""
    window = sequences.recent(GAP_EVENTS)
    same = (window[:, :-1] == window[:, -1:])[:, ::-1] & (window[:, -1:] != NO_ID)
    return np.where(same.any(axis=1), same.argmax(axis=1) + 1.0, np.nan)


def _rates(
    row: NDArray[np.int64], code: NDArray[np.int64], labels: Floats, ids: int, used: NDArray[np.bool_]
) -> Floats:
    """Smoothed click rate of each id over the used rows as log-odds, shape (ids + 1,)."""
    mean = labels[used].mean()
    kept = used[row]
    shown = np.bincount(code[kept], minlength=ids + 1)
    clicks = np.bincount(code[kept], labels[row[kept]], minlength=ids + 1)
    rate = np.clip((clicks + SMOOTHING * mean) / (shown + SMOOTHING), 1e-6, 1 - 1e-6)
    rate[ids] = np.clip(mean, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(rate / (1 - rate)))


def _mean_by_row(row: NDArray[np.int64], code: NDArray[np.int64], rates: Floats, rows: int) -> Floats:
    """Mean of the ids' log-odds, NaN for rows without events."""
    count = np.bincount(row, minlength=rows)
    total = np.bincount(row, rates[code], minlength=rows)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
