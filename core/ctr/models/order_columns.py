"""Sparse columns that see order: last ids by place, recent neighbours, fading counts, gaps and changes of interest.

They are general to click sequences; nothing here knows which ids or pairs matter.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.ctr.models.linear_columns import PAIR_SLOTS, Block, hashed, one_hot_entries
from core.ctr.sequences import NO_ID, Sequences

PLACES = 3  # last ids that keep their place
PAIR_EVENTS = 10  # neighbours are read among this many last events
FADING = (5.0, 20.0)  # events after which an id counts 1/e
FADING_EVENTS = 40
GAP_EVENTS = 128
GAP_EDGES = (1, 2, 4, 8, 16, 32, 64)  # events since the last id was seen before
LENGTH_EDGES = (1, 2, 5, 10, 20, 40, 80, 160, 320, 640)
HALVES = 20  # events on each side of "lately against before"


def order_blocks(sequences: Sequences, ids: int) -> list[Block]:
    """Blocks for ids below `ids`: places, pairs, two fading counts, change of counts, gap of the last id, length."""
    recent = sequences.recent(FADING_EVENTS).astype(np.int64)
    recent[recent >= ids] = NO_ID
    return [
        _places(recent, ids),
        _pairs(recent),
        *(_fading(recent, ids, depth) for depth in FADING),
        _change(recent, ids),
        _gap(sequences),
        _lengths(sequences),
    ]


def _places(recent: NDArray[np.int64], ids: int) -> Block:
    last = recent[:, -PLACES:]
    codes = np.where(last == NO_ID, NO_ID, last + np.arange(PLACES) * ids)
    return one_hot_entries(codes.ravel(), PLACES * ids, _rows(codes), 1.0)


def _pairs(recent: NDArray[np.int64]) -> Block:
    """Ordered neighbours, hashed; a pair that repeats counts once for each time."""
    window = recent[:, -PAIR_EVENTS:]
    first, second = window[:, :-1], window[:, 1:]
    codes = np.where((first == NO_ID) | (second == NO_ID), NO_ID, hashed(first * 2**20 + second, PAIR_SLOTS))
    return one_hot_entries(codes.ravel(), PAIR_SLOTS, _rows(codes), 1.0)


def _fading(recent: NDArray[np.int64], ids: int, depth: float) -> Block:
    reach = min(FADING_EVENTS, int(3 * depth))
    window = recent[:, -reach:]
    weights = np.exp(-np.arange(reach - 1, -1, -1) / depth).astype(np.float32)
    values = np.broadcast_to(weights, window.shape).ravel()
    return one_hot_entries(window.ravel(), ids, _rows(window), values)


def _change(recent: NDArray[np.int64], ids: int) -> Block:
    """+1 for an id among the last HALVES events, -1 among those before; the sums tell rising from fading interest."""
    window = recent[:, -2 * HALVES :]
    values = np.broadcast_to(np.repeat(np.array([-0.5, 0.5], np.float32), HALVES), window.shape).ravel()
    return one_hot_entries(window.ravel(), ids, _rows(window), values)


def _gap(sequences: Sequences) -> Block:
    """Bucket of the events since the last id was seen before; bucket 0: not within GAP_EVENTS."""
    window = sequences.recent(GAP_EVENTS)
    same = (window[:, :-1] == window[:, -1:])[:, ::-1] & (window[:, -1:] != NO_ID)
    distance = np.where(same.any(axis=1), same.argmax(axis=1) + 1, 0)
    codes = np.searchsorted(GAP_EDGES, distance, side="right").astype(np.int64)
    return one_hot_entries(codes, len(GAP_EDGES) + 1, np.arange(len(codes)), 1.0)


def _lengths(sequences: Sequences) -> Block:
    codes = np.searchsorted(LENGTH_EDGES, sequences.lengths, side="right").astype(np.int64)
    return one_hot_entries(codes, len(LENGTH_EDGES) + 1, np.arange(len(codes)), 1.0)


def _rows(matrix: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.repeat(np.arange(len(matrix)), matrix.shape[1])
