"""What the linear models and the trees learn of a table: bins of numbers, levels of categories, crossed pairs.

Unknown values have no place and count as nothing. `column_layout` puts the columns side by side.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.ctr.data.impressions import Category, Impressions

BINS = 12  # of a number with many values
FEW_ROWS = 10  # a whole-number column with this many rows per value on average is also a category
MOST_VALUES = 4096
CROSS_SLOTS, PAIR_SLOTS = 2**16, 2**18  # hashed; two crosses share a slot now and then
CROSSED_LEVELS = 64  # only columns with at most this many levels are crossed: finer ones leave too few rows a cell
CROSSED_COLUMNS = 6
MIX = np.uint64(0x9E3779B97F4A7C15)  # multiplier of Fibonacci hashing


@dataclass(frozen=True)
class NumberBins:
    """One number's cut points (float32); values that are few have one bin each. The last bin is for missing."""

    name: str
    edges: NDArray[np.float32]


@dataclass(frozen=True)
class TableColumns:
    """What was learnt of the table part: bins of numbers, levels of categories, and which pairs are crossed."""

    bins: tuple[NumberBins, ...]
    levels: dict[str, tuple[str, ...]]  # of text and code categories
    values: dict[str, NDArray[np.float32]]  # of whole numbers used as categories
    crossed: tuple[tuple[str, str], ...]

    def as_plain(self) -> dict[str, Any]:
        return {
            "bins": {one.name: one.edges.tolist() for one in self.bins},
            "levels": {name: list(levels) for name, levels in self.levels.items()},
            "values": {name: values.tolist() for name, values in self.values.items()},
            "crossed": [list(pair) for pair in self.crossed],
        }

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> TableColumns:
        return cls(
            bins=tuple(NumberBins(name, np.array(edges, np.float32)) for name, edges in plain["bins"].items()),
            levels={name: tuple(levels) for name, levels in plain["levels"].items()},
            values={name: np.array(values, np.float32) for name, values in plain["values"].items()},
            crossed=tuple((first, second) for first, second in plain["crossed"]),
        )


def learn_table(train: Impressions) -> TableColumns:
    """Bins, levels and crosses of the training rows; constant columns are left out."""
    bins, values = [], {}
    for place, name in enumerate(train.number_names):
        column = train.numbers[:, place]
        known = column[np.isfinite(column)]
        distinct = np.unique(known)
        if len(distinct) < 2 and len(known) == len(column):
            continue
        if len(distinct) <= BINS:
            edges = distinct[1:]
        else:
            edges = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1]).astype(np.float32))
        bins.append(NumberBins(name, edges))
        is_coded = bool(np.all(distinct == np.floor(distinct))) and BINS < len(distinct) <= MOST_VALUES
        if is_coded and len(distinct) * FEW_ROWS <= len(known):
            values[name] = distinct
    # Levels of the whole file that training has not seen are unknown to it, as they would be in new rows.
    seen = {one.name: np.unique(one.codes[one.codes >= 0]).tolist() for one in train.categories}
    levels = {one.name: tuple(one.levels[code] for code in seen[one.name]) for one in train.categories}
    levels = {name: each for name, each in levels.items() if len(each) > 1}
    sizes = {name: len(each) for name, each in levels.items()} | {name: len(each) for name, each in values.items()}
    crossable = sorted((name for name in sizes if sizes[name] <= CROSSED_LEVELS), key=lambda name: -sizes[name])
    chosen = [name for name in sizes if name in crossable[:CROSSED_COLUMNS]]
    pairs = tuple((first, second) for place, first in enumerate(chosen) for second in chosen[place + 1 :])
    return TableColumns(tuple(bins), levels, values, pairs)


def table_codes(rows: Impressions, learnt: TableColumns) -> tuple[dict[str, NDArray[np.int64]], dict[str, int]]:
    """Every category as places among its training values, -1 where unknown or missing, and how many values each has."""
    place = {name: number for number, name in enumerate(rows.number_names)}
    by_name = {category.name: category for category in rows.categories}
    codes = {name: codes_of(by_name.get(name), levels, len(rows)) for name, levels in learnt.levels.items()}
    for name, values in learnt.values.items():
        column = _column(rows, place, name)
        near = np.minimum(np.searchsorted(values, column), len(values) - 1)
        codes[name] = np.where(values[near] == column, near, -1)
    sizes = {name: len(each) for name, each in learnt.levels.items()}
    return codes, sizes | {name: len(each) for name, each in learnt.values.items()}


def hashed(keys: NDArray[np.int64], slots: int) -> NDArray[np.int64]:
    """A slot 0..slots-1 (a power of two) for each key, the same on every machine."""
    mixed = keys.astype(np.uint64) * MIX
    mixed ^= mixed >> np.uint64(32)
    mixed *= MIX
    return (mixed >> np.uint64(64 - slots.bit_length() + 1)).astype(np.int64)


def _column(rows: Impressions, place: dict[str, int], name: str) -> NDArray[np.float32]:
    return rows.numbers[:, place[name]] if name in place else np.full(len(rows), np.nan, np.float32)


def codes_of(category: Category | None, levels: tuple[str, ...], rows: int) -> NDArray[np.int64]:
    """Places of a text category among `levels`, shape (rows,), -1 where unknown or missing."""
    if category is None:
        return np.full(rows, -1)
    known = {level: code for code, level in enumerate(levels)}
    return np.array([*(known.get(level, -1) for level in category.levels), -1])[category.codes]
