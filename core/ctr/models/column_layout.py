"""Where each block of columns of the linear models begins, and the arrays their compiled loops read.

A block is a group of columns of one meaning: the bins of a number, a category, all crosses, the last id, pairs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.ctr.data.impressions import Impressions
from core.ctr.data.sequences import Sequences
from core.ctr.models.linear_columns import BINS, CROSS_SLOTS, PAIR_SLOTS, TableColumns, codes_of, hashed
from core.ctr.models.order_columns import (
    FADING,
    GAP_EDGES,
    GAP_EVENTS,
    HALVES,
    LENGTH_EDGES,
    PAIR_EVENTS,
    PLACES,
    WINDOW,
    window_weights,
)

SEEN_BLOCKS = ("counts", "last")  # of events, in any order
PAIR_BLOCKS = tuple(f"pairs {events}" for events in PAIR_EVENTS)
WINDOW_BLOCKS = (*(f"fading {depth}" for depth in FADING), *(f"change {half}" for half in HALVES))
FURTHEST = np.float32(4.0)  # standard deviations; further values count as this far in the straight-line column
CLOSE_LEVELS = 2**16  # whole numbers within this span are looked up by value, others searched
COUNTED = 2048  # logarithms of counts kept in a table


@dataclass(frozen=True)
class Layout:
    """names and starts of the blocks; starts has one more place, the width of all.

    line: number -> mean and standard deviation. ids: events below it are read; 0 where there are none.
    """

    names: tuple[str, ...]
    starts: NDArray[np.int64]
    table: TableColumns
    line: dict[str, Any]
    ids: int

    @property
    def width(self) -> int:
        return int(self.starts[-1])

    def block_of_column(self) -> NDArray[np.int64]:
        """Block number of every column, shape (width,)."""
        return np.repeat(np.arange(len(self.names)), np.diff(self.starts))

    def row_room(self, longest: int) -> int:
        """Entries a row with `longest` events has at most."""
        table = self.table
        fixed = len(table.bins) + len(self.line) + len(table.levels) + len(table.values) + len(table.crossed)
        return fixed + 3 + PLACES + sum(PAIR_EVENTS) + len(WINDOW_BLOCKS) * WINDOW + min(longest, max(self.ids, 1))


def lay_out(table: TableColumns, line: dict[str, Any], ids: int, *, sees_order: bool) -> Layout:
    """The blocks of a model, side by side."""
    widths = {f"bins {one.name}": len(one.edges) + 2 for one in table.bins}
    widths |= {f"category {name}": len(levels) for name, levels in table.levels.items()}
    widths |= {f"values {name}": len(values) for name, values in table.values.items()}
    if table.crossed:
        widths["crosses"] = CROSS_SLOTS  # all share one set of slots: a block, instead of many wide ones
    widths |= {f"line {name}": 1 for name in line}
    if ids:
        widths |= dict.fromkeys(SEEN_BLOCKS, ids)
    if ids and sees_order:
        widths |= {"places": PLACES * ids} | dict.fromkeys(PAIR_BLOCKS, PAIR_SLOTS) | dict.fromkeys(WINDOW_BLOCKS, ids)
        widths |= {"gap": len(GAP_EDGES) + 1, "length": len(LENGTH_EDGES) + 1}
    starts = np.concatenate([[0], np.cumsum(list(widths.values()))]).astype(np.int64)
    return Layout(tuple(widths), starts, table, line, ids)


class ColumnReader:
    """Reads rows as the compiled loops want them, leaving out the blocks that are not `alive` (all when None)."""

    def __init__(self, layout: Layout, alive: NDArray[np.bool_] | None = None) -> None:
        self.layout, table = layout, layout.table
        live = np.ones(len(layout.names), bool) if alive is None else alive
        start = {name: int(at) if on else -1 for name, at, on in zip(layout.names, layout.starts, live, strict=False)}
        bins = [one for one in table.bins if start[f"bins {one.name}"] >= 0]
        self.bin_names = [one.name for one in bins]
        edges = np.full((len(bins), BINS), np.inf, np.float32)
        for place, one in enumerate(bins):
            edges[place, : len(one.edges)] = one.edges
        edge_counts = np.array([len(one.edges) for one in bins], np.int64)
        self.bins = edges, edge_counts, np.array([start[f"bins {one.name}"] for one in bins], np.int64)
        self.line_names = [name for name in layout.line if start[f"line {name}"] >= 0]
        moments = np.array([layout.line[name] for name in self.line_names], np.float32).reshape(-1, 2).T
        starts = np.array([start[f"line {name}"] for name in self.line_names], np.int64)
        self.lines = np.ascontiguousarray(moments[0]), np.ascontiguousarray(moments[1]), starts
        self.text_starts = np.array([start[f"category {name}"] for name in table.levels], np.int64)
        self.value_starts = np.array([start[f"values {name}"] for name in table.values], np.int64)
        self.levels = _level_tables(list(table.values.values()))
        order = {name: place for place, name in enumerate((*table.levels, *table.values))}
        crossed = [(order[first], order[second]) for first, second in table.crossed]
        self.crossed, self.cross_start = np.array(crossed, np.int64).reshape(-1, 2), start.get("crosses", -1)
        places = [
            np.array([start.get(name, -1) for name in names], np.int64)
            for names in ((*SEEN_BLOCKS, "places", "gap", "length"), PAIR_BLOCKS, WINDOW_BLOCKS)
        ]
        self.event_starts = tuple(places)
        self.weights, self.logs = window_weights(), np.log1p(np.arange(COUNTED)).astype(np.float32)

        self.read_values = [name for name, needed in zip(table.values, _needed(self), strict=True) if needed]
        self.buckets = GAP_EVENTS, np.array(GAP_EDGES), np.array(LENGTH_EDGES)

    def window_table(self, weights: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The weights of the live windows, shape (ids, kinds), and what events count in them, (WINDOW, kinds)."""
        starts, ids = self.event_starts[2], self.layout.ids
        live = [(start, decay) for start, decay in zip(starts, self.weights, strict=True) if start >= 0]
        table, decay = np.zeros((ids, len(live)), np.float32), np.zeros((WINDOW, len(live)), np.float32)
        for kind, (start, weight) in enumerate(live):
            table[:, kind], decay[:, kind] = weights[start : start + ids], weight
        return table, decay

    def read(self, rows: Impressions, *, hashes_ids: bool) -> tuple[Any, Any, Any, int]:
        """numbers, codes, events and ids for the functions of `linear_kernels`."""
        table, place = self.layout.table, {name: number for number, name in enumerate(rows.number_names)}
        by_name = {one.name: one for one in rows.categories}
        numbers = (
            np.ascontiguousarray(rows.numbers), _places(place, self.bin_names), *self.bins,
            _places(place, self.line_names), *self.lines, FURTHEST,
        )  # fmt: skip
        codes = [codes_of(by_name.get(name), levels, len(rows)) for name, levels in table.levels.items()]
        matrix = np.column_stack(codes).astype(np.int32) if codes else np.empty((len(rows), 0), np.int32)
        categories = (
            matrix, self.text_starts, (_places(place, table.values, self.read_values), *self.levels),
            self.value_starts, self.crossed, self.cross_start, _shift(CROSS_SLOTS),
        )  # fmt: skip
        sequences = _bounded(rows, self.layout.ids, hashes_ids)
        events = (
            sequences.values, sequences.offsets, *self.event_starts, self.weights, self.logs, PLACES,
            np.array(PAIR_EVENTS), _shift(PAIR_SLOTS), self.buckets,
        )  # fmt: skip
        return numbers, categories, events, self.layout.ids


def _level_tables(columns: list[NDArray[np.float32]]) -> tuple[Any, Any, Any, Any]:
    """Levels of all columns and where each column's begin; places by value less the least, for those that lie close."""
    direct = []
    for levels in columns:
        span = int(levels[-1] - levels[0]) + 1 if len(levels) else 0
        places = np.full(span if span <= CLOSE_LEVELS else 0, -1, np.int32)
        if len(places):
            places[(levels - levels[0]).astype(np.int64)] = np.arange(len(levels))
        direct.append(places)
    return *_chained(columns, np.float32), *_chained(direct, np.int32)


def _chained(arrays: list[Any], kind: Any) -> tuple[Any, NDArray[np.int64]]:
    ends = np.concatenate([[0], np.cumsum([len(one) for one in arrays])]).astype(np.int64)
    return np.concatenate([*arrays, np.empty(0, kind)]).astype(kind), ends


def _needed(reader: ColumnReader) -> NDArray[np.bool_]:
    """Which whole numbers that are categories have to be looked up: those alive, or crossed with another."""
    texts = len(reader.text_starts)
    alive = reader.value_starts >= 0
    if reader.cross_start >= 0:
        alive |= np.isin(np.arange(len(alive)) + texts, reader.crossed)
    return alive


def _places(place: dict[str, int], names: Any, wanted: Any = None) -> NDArray[np.int64]:
    return np.array([place.get(name, -1) if wanted is None or name in wanted else -1 for name in names], np.int64)


def _shift(slots: int) -> np.uint64:
    """The bits that `hashed` drops."""
    return np.uint64(65 - slots.bit_length())


def _bounded(rows: Impressions, ids: int, hashes: bool) -> Sequences:
    sequences = rows.sequences
    if sequences is None or not ids:
        return Sequences(np.empty(0, np.int32), np.zeros(len(rows) + 1, np.int64))
    if not hashes:
        return sequences
    folded: NDArray[np.int32] = hashed(sequences.values.astype(np.int64), ids).astype(np.int32)
    return Sequences(folded, sequences.offsets)
