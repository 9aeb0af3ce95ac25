"""Compiled loops of the linear models that read rows: their entries in the wide matrix, and their log-odds.

Scoring does without writing the entries of events, which are most; a test holds both ways to the same result. Both
stay in one file: compiled code is kept between processes only where it calls its own file (`numba_loops`).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.ctr.numba_loops import compiled

Array = NDArray[Any]
MIX, HALF = np.uint64(0x9E3779B97F4A7C15), np.uint64(32)  # as in `linear_columns.hashed`


@compiled
def _slot(key: int, shift: np.uint64) -> np.int64:
    """`linear_columns.hashed` for one key."""
    mixed = np.uint64(key) * MIX
    mixed ^= mixed >> HALF
    mixed *= MIX
    return np.int64(mixed >> shift)


@compiled
def _number_entries(row: int, numbers: Any, columns: Array, values: Array) -> int:
    matrix, bin_columns, edges, edge_counts, bin_starts, line_columns, centres, spreads, line_starts, furthest = numbers
    at = 0
    for one in range(len(bin_columns)):
        value = matrix[row, bin_columns[one]] if bin_columns[one] >= 0 else np.float32(np.nan)
        if np.isnan(value):
            place = edge_counts[one] + 1
        else:
            place = 0
            for edge in range(edges.shape[1]):
                place += edges[one, edge] <= value
            place = min(place, edge_counts[one])  # the padding is infinite
        columns[at], values[at] = bin_starts[one] + place, np.float32(1)
        at += 1
    for one in range(len(line_columns)):
        value = matrix[row, line_columns[one]] if line_columns[one] >= 0 else np.float32(np.nan)
        if not np.isnan(value):
            value = (value - centres[one]) / spreads[one]
            columns[at], values[at] = line_starts[one], max(min(value, furthest), -furthest)
            at += 1
    return at


@compiled
def _level_place(value: float, levels: Array, direct: Array) -> int:
    """Place of a number among its levels, -1 where it is none; direct: places by value less the least, or empty."""
    place, left = 0, len(levels)
    if len(direct):
        away = value - levels[0]  # not a number where the value is missing, and then no comparison holds
        place = direct[np.int64(away)] if 0 <= away < len(direct) else -1
    else:
        while left > 1:  # without branches that depend on the value: those cost more than the search
            half = left // 2
            place += half * (levels[place + half] <= value)
            left -= half
    return place if place >= 0 and levels[place] == value else -1


@compiled
def _category_entries(row: int, codes: Any, matrix: Array, found: Array, columns: Array, values: Array, at: int) -> int:
    table, table_starts, numbered, value_starts, crossed, cross_start, shift = codes
    value_columns, levels, level_ends, direct, direct_ends = numbered
    texts = table.shape[1]
    for one in range(texts):
        found[one] = table[row, one]
        if found[one] >= 0 and table_starts[one] >= 0:
            columns[at], values[at] = table_starts[one] + found[one], np.float32(1)
            at += 1
    for one in range(len(value_columns)):
        place = -1
        if value_columns[one] >= 0:
            own = levels[level_ends[one] : level_ends[one + 1]]
            near = direct[direct_ends[one] : direct_ends[one + 1]]
            place = _level_place(matrix[row, value_columns[one]], own, near)
        found[texts + one] = place
        if place >= 0 and value_starts[one] >= 0:
            columns[at], values[at] = value_starts[one] + place, np.float32(1)
            at += 1
    if cross_start >= 0:
        for pair in range(len(crossed)):
            left, right = found[crossed[pair, 0]], found[crossed[pair, 1]]
            if left >= 0 and right >= 0:
                slot = _slot(left * 4099 + right + pair * 2**40, shift)
                columns[at], values[at] = cross_start + slot, np.float32(1)
                at += 1
    return at


@compiled
def _count_entries(
    ids_of: Array, start: int, logs: Array, counts: Array, columns: Array, values: Array, at: int
) -> int:
    """Damped counts of the ids of a row; counts, shape (ids,), come as zeros and are left so."""
    first = at
    for one in ids_of:
        if one < len(counts):
            if counts[one] == 0:
                columns[at] = one
                at += 1
            counts[one] += 1
    for entry in range(first, at):
        one = columns[entry]
        number = counts[one]
        values[entry] = logs[number] if number < len(logs) else np.float32(np.log1p(number))
        columns[entry], counts[one] = start + one, 0
    return at


@compiled
def _pair_entries(ids_of: Array, start: int, ids: int, shift: np.uint64, columns: Array, values: Array, at: int) -> int:
    """Ordered neighbours, hashed; a pair that repeats counts once for each time."""
    first = at
    for event in range(len(ids_of) - 1):
        left, right = np.int64(ids_of[event]), np.int64(ids_of[event + 1])
        if left < ids and right < ids:
            place = start + _slot(left * 2**20 + right, shift)
            same = first
            while same < at and columns[same] != place:
                same += 1
            if same < at:
                values[same] += np.float32(1)
            else:
                columns[at], values[at] = place, np.float32(1)
                at += 1
    return at


@compiled
def _window_entries(
    ids_of: Array, starts: Array, weights: Array, sums: Array, columns: Array, values: Array, at: int
) -> int:
    """Weighted counts by distance from the end; sums, shape (kinds, ids), come as zeros and are left so."""
    kinds, ids = sums.shape
    for event in range(len(ids_of)):
        one, back = ids_of[event], len(ids_of) - 1 - event
        if one < ids:
            for kind in range(kinds):
                sums[kind, one] += weights[kind, back]
    for one in ids_of:
        if one < ids:
            for kind in range(kinds):
                if starts[kind] >= 0 and sums[kind, one] != 0:
                    columns[at], values[at] = starts[kind] + one, sums[kind, one]
                    at += 1
                sums[kind, one] = 0
    return at


@compiled
def _bucket_entries(ids_of: Array, starts: Array, buckets: Any, columns: Array, values: Array, at: int) -> int:
    """The gap since the last id was seen before, and the length."""
    gap_events, gap_edges, length_edges = buckets
    if starts[0] >= 0:
        distance = 0
        for back in range(1, min(gap_events, len(ids_of))):
            if ids_of[len(ids_of) - 1 - back] == ids_of[-1]:
                distance = back
                break
        columns[at], values[at] = starts[0] + np.searchsorted(gap_edges, distance, side="right"), np.float32(1)
        at += 1
    if starts[1] >= 0:
        place = np.searchsorted(length_edges, len(ids_of), side="right")
        columns[at], values[at] = starts[1] + place, np.float32(1)
        at += 1
    return at


@compiled
def _event_entries(row: int, events: Any, counts: Array, sums: Array, columns: Array, values: Array, at: int) -> int:
    """starts: of counts, last id, places, gap and length, then of each kind of pairs and windows; -1: dead block."""
    every, offsets, starts, pairs, windows, weights, logs, places, pair_events, shift, buckets = events
    ids_of, ids = every[offsets[row] : offsets[row + 1]], len(counts)
    if starts[0] >= 0:
        at = _count_entries(ids_of, starts[0], logs, counts, columns, values, at)
    if starts[1] >= 0 and len(ids_of) and ids_of[-1] < ids:
        columns[at], values[at] = starts[1] + ids_of[-1], np.float32(1)
        at += 1
    if starts[2] >= 0:
        for back in range(min(places, len(ids_of))):
            one = ids_of[len(ids_of) - 1 - back]
            if one < ids:
                columns[at], values[at] = starts[2] + back * ids + one, np.float32(1)
                at += 1
    for kind in range(len(pairs)):
        if pairs[kind] >= 0:
            recent = ids_of[max(0, len(ids_of) - pair_events[kind]) :]
            at = _pair_entries(recent, pairs[kind], ids, shift, columns, values, at)
    if windows.max() >= 0:
        recent = ids_of[max(0, len(ids_of) - weights.shape[1]) :]
        at = _window_entries(recent, windows, weights, sums, columns, values, at)
    return _bucket_entries(ids_of, starts[3:5], buckets, columns, values, at)


@compiled
def write_entries(numbers: Any, codes: Any, events: Any, ids: int, columns: Array, values: Array, ends: Array) -> None:
    """All rows one after the other; ends, shape (rows + 1,): where each begins."""
    counts, sums = np.zeros(ids, np.int32), np.zeros((len(events[4]), ids), np.float32)
    found = np.empty(codes[0].shape[1] + len(codes[2][0]), np.int64)
    ends[0] = 0
    for row in range(len(ends) - 1):
        own, weights = columns[ends[row] :], values[ends[row] :]
        at = _number_entries(row, numbers, own, weights)
        at = _category_entries(row, codes, numbers[0], found, own, weights, at)
        ends[row + 1] = ends[row] + _event_entries(row, events, counts, sums, own, weights, at)


@compiled
def _count_odds(ids_of: Array, start: int, logs: Array, counts: Array, weights: Array) -> float:
    total, ids = 0.0, len(counts)
    for one in ids_of:
        if one < ids:
            number = counts[one]
            counts[one] += 1
            if number + 1 < len(logs):
                total += weights[start + one] * (logs[number + 1] - logs[number])
            else:
                total += weights[start + one] * np.log((number + 2) / (number + 1))
    for one in ids_of:
        if one < ids:
            counts[one] = 0
    return total


@compiled
def _pair_odds(ids_of: Array, ids: int, pairs: Array, pair_events: Array, shift: np.uint64, weights: Array) -> float:
    total, length = 0.0, len(ids_of)
    for back in range(min(pair_events.max(), length) - 1):
        left, right = np.int64(ids_of[length - 2 - back]), np.int64(ids_of[length - 1 - back])
        if left < ids and right < ids:
            slot = _slot(left * 2**20 + right, shift)
            for kind in range(len(pairs)):
                if pairs[kind] >= 0 and back < pair_events[kind] - 1:
                    total += weights[pairs[kind] + slot]
    return total


@compiled
def _event_odds(ids_of: Array, events: Any, counts: Array, table: Array, decay: Array, weights: Array) -> float:
    """What `_event_entries` times `weights` gives, but for gap and length, without writing the entries.

    table, shape (ids, kinds): weights of the windows; decay, shape (WINDOW, kinds).
    """
    _, _, starts, pairs, _, _, logs, places, pair_events, shift, _ = events
    ids, total, length = len(counts), 0.0, len(ids_of)
    if starts[0] >= 0:
        total += _count_odds(ids_of, starts[0], logs, counts, weights)
    if starts[1] >= 0 and length and ids_of[-1] < ids:
        total += weights[starts[1] + ids_of[-1]]
    if starts[2] >= 0:
        for back in range(min(places, length)):
            one = ids_of[length - 1 - back]
            if one < ids:
                total += weights[starts[2] + back * ids + one]
    if pairs.max() >= 0:
        total += _pair_odds(ids_of, ids, pairs, pair_events, shift, weights)
    for back in range(min(len(decay), length)):
        one = ids_of[length - 1 - back]
        if one < ids:
            for kind in range(table.shape[1]):
                total += table[one, kind] * decay[back, kind]
    return total


@compiled
def log_odds(numbers: Any, codes: Any, events: Any, windows: Any, room: int, weights: Array, odds: Array) -> None:
    """Add the rows' products with `weights`, shape (width,), to `odds`, shape (rows,). room: entries a row may have.

    windows: the arguments `table` and `decay` of `_event_odds`.
    """
    table, decay = windows
    counts = np.zeros(len(table), np.int32)
    found = np.empty(codes[0].shape[1] + len(codes[2][0]), np.int64)
    columns, values = np.empty(room, np.int32), np.empty(room, np.float32)
    for row in range(len(odds)):
        ids_of = events[0][events[1][row] : events[1][row + 1]]
        at = _number_entries(row, numbers, columns, values)
        at = _category_entries(row, codes, numbers[0], found, columns, values, at)
        at = _bucket_entries(ids_of, events[2][3:5], events[-1], columns, values, at)
        total = _event_odds(ids_of, events, counts, table, decay, weights)
        for entry in range(at):
            total += values[entry] * weights[columns[entry]]
        odds[row] += total
