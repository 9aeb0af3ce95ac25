"""What decides a click in the synthetic impressions: every planted effect, described and computable.

Each effect is a function of visible columns alone, in log-odds; nothing unobserved is added, so the click
probability it gives is the best any model can state.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.ctr.data.sequences import NO_ID, Sequences

LogOdds = NDArray[np.float64]
Group = Literal["static", "bag", "order", "time"]

IDS = 594  # distinct event ids in the public data
INVENTORIES = (2, 8, 11, 17, 19, 21, 26, 29, 31, 36, 37, 41, 42, 46, 53, 63, 88, 92)
AGE_EFFECT = (1.20, 0.20, 0.03, 0.00, -0.07, -0.12, -0.06, 0.22)  # age_group 1..8
MALE_BY_AGE = (0.30, 0.15, 0.05, 0.0, -0.05, -0.15, -0.25, -0.35)  # added for gender 1, taken off for gender 2
PAIR_WINDOW, TREND_WINDOW, GAP_WINDOW = 10, 20, 61  # events from the end
GAP, REPEAT = 20, 3  # events since the last id was seen before: a return, an immediate repeat
D3_THRESHOLD = 1.20005  # between two values of four decimals, so that rounding to float32 changes nothing
PAIR, LAST, TREND, RETURN, REPEATED, HOT = 1.2, 1.0, 0.7, 1.1, -0.6, 0.5


@dataclass(frozen=True)
class Effect:
    """A planted effect. says: language -> one plain sentence."""

    id: str
    group: Group
    columns: tuple[str, ...]
    says: dict[str, str]


@dataclass(frozen=True)
class Visible:
    """What the effects read: codes and numbers as float64 (NaN where missing), shape (rows,), and the sequences."""

    values: dict[str, NDArray[np.float64]]
    sequences: Sequences
    time: NDArray[np.float64]  # 0 at the first row .. 1 at the last


@dataclass(frozen=True)
class EventSets:
    """Which ids carry the effects; disjoint, each id in at most one set."""

    hot: NDArray[np.int32]  # (20,)
    last_good: NDArray[np.int32]  # (60,)
    last_bad: NDArray[np.int32]  # (60,)
    rising: NDArray[np.int32]  # (40,)
    pairs: NDArray[np.int32]  # (12, 2)


def event_sets() -> EventSets:
    """The same ids in every sample, whatever its seed."""
    ids = np.random.default_rng(594).permutation(IDS).astype(np.int32)
    return EventSets(ids[:20], ids[20:80], ids[80:140], ids[140:180], ids[180:204].reshape(12, 2))


def log_odds(effect: str, visible: Visible) -> LogOdds:
    """The effect's log-odds for every row, shape (rows,); 0 where what it reads is missing."""
    return np.nan_to_num(_COMPUTED[effect](visible), nan=0.0)


def _inventory(visible: Visible) -> LogOdds:
    # From about 0.4 to 3 times the mean rate, as the public rates by inventory spread.
    sizes = np.random.default_rng(18).permutation(np.linspace(-0.9, 1.1, len(INVENTORIES)))
    return _lookup(visible.values["inventory_id"], dict(zip(INVENTORIES, sizes, strict=True)))


def _age_gender(visible: Visible) -> LogOdds:
    age, gender = visible.values["age_group"], visible.values["gender"]
    by_age = _lookup(age, dict(enumerate(AGE_EFFECT, 1)))
    tilt = _lookup(age, dict(enumerate(MALE_BY_AGE, 1)))
    return by_age + np.where(gender == 1, tilt, -tilt)


def _hour(visible: Visible) -> LogOdds:
    # Most clicks per impression around three in the morning, fewest in the afternoon.
    return 0.25 * np.cos(2 * np.pi * (visible.values["hour"] - 3) / 24)


def _placement(visible: Visible) -> LogOdds:
    table = np.random.default_rng(26).normal(0, 0.4, (27, 100))
    kind, inventory = visible.values["l_feat_4"], visible.values["inventory_id"]
    return table[kind.astype(int), inventory.astype(int)]


def _ad_set(visible: Visible) -> LogOdds:
    return np.random.default_rng(14).normal(0, 0.3, 3246)[visible.values["l_feat_14"].astype(int)]


def _numbers(visible: Visible) -> LogOdds:
    history, rate = visible.values["history_a_1"], visible.values["feat_b_4"]
    threshold = visible.values["feat_d_3"]
    curve = np.where(np.isfinite(threshold), 0.45 * (threshold > D3_THRESHOLD) - 0.3, 0.0)
    product = 0.25 * np.tanh((visible.values["feat_e_1"] - 45) / 10) * np.tanh(visible.values["history_b_2"])
    return 0.40 * np.nan_to_num(history) + 0.15 * np.nan_to_num(rate) + curve + np.nan_to_num(product)


def _hot_ids(visible: Visible) -> LogOdds:
    sequences = visible.sequences
    is_hot = np.isin(sequences.values, event_sets().hot)
    return HOT * (np.log1p(np.bincount(sequences.row_of_event(), is_hot, minlength=len(sequences))) - 1.4)


def _recent_pair(visible: Visible) -> LogOdds:
    forward, backward = recent_pairs(visible.sequences)
    # Averaged over both directions the click rate is unchanged: the ids alone give nothing away.
    return np.where(forward == backward, 0.0, PAIR * (1.0 * forward - backward) - np.log(np.cosh(PAIR)))


def recent_pairs(sequences: Sequences) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Whether a planted pair stands in order, or reversed, among the last PAIR_WINDOW ids; shape (rows,) each."""
    window = sequences.recent(PAIR_WINDOW).astype(np.int64)
    keys = window[:, :-1] * IDS + window[:, 1:]
    keys[window[:, :-1] == NO_ID] = NO_ID
    first, second = event_sets().pairs.astype(np.int64).T
    forward, backward = (np.isin(keys, wanted) for wanted in (first * IDS + second, second * IDS + first))
    return np.asarray(forward.any(axis=1)), np.asarray(backward.any(axis=1))


def _last_id(visible: Visible) -> LogOdds:
    last, sets = visible.sequences.recent(1)[:, 0], event_sets()
    side = 1.0 * np.isin(last, sets.last_good) - np.isin(last, sets.last_bad)
    return LAST * side - np.abs(side) * np.log(np.cosh(LAST))


def _trend(visible: Visible) -> LogOdds:
    is_rising = np.isin(visible.sequences.recent(2 * TREND_WINDOW), event_sets().rising)
    before, lately = is_rising[:, :TREND_WINDOW].sum(axis=1), is_rising[:, TREND_WINDOW:].sum(axis=1)
    # What counts is the change: the same ids in the other order give the opposite effect.
    return TREND * (np.log1p(lately) - np.log1p(before))


def _return_after_gap(visible: Visible) -> LogOdds:
    distance = last_seen_before(visible.sequences)
    return RETURN * (distance >= GAP) + REPEATED * ((distance > 0) & (distance <= REPEAT))


def last_seen_before(sequences: Sequences) -> NDArray[np.int64]:
    """Events between the last id and its previous occurrence (1 is the neighbour), 0 where there is none in reach."""
    recent = sequences.recent(GAP_WINDOW)
    last = recent[:, -1:]
    same = (recent[:, :-1] == last)[:, ::-1] & (last != NO_ID)
    return np.where(same.any(axis=1), same.argmax(axis=1) + 1, 0)


def _drift(visible: Visible) -> LogOdds:
    # The base rate sinks, and two thirds of the inventory effect are gone by the last row.
    return -0.4 * visible.time - 0.66 * visible.time * np.nan_to_num(_inventory(visible))


def _lookup(codes: NDArray[np.float64], sizes: dict[int, float]) -> LogOdds:
    table = np.zeros(max(sizes) + 2)
    table[list(sizes)] = list(sizes.values())
    known = np.isfinite(codes)
    places = np.where(known, codes, 0).astype(int)
    return np.where(known, table[np.minimum(places, len(table) - 1)], 0.0)


_COMPUTED = {
    "inventory": _inventory,
    "age_gender": _age_gender,
    "hour": _hour,
    "placement": _placement,
    "ad_set": _ad_set,
    "numbers": _numbers,
    "hot_ids": _hot_ids,
    "recent_pair": _recent_pair,
    "last_id": _last_id,
    "trend": _trend,
    "return_after_gap": _return_after_gap,
    "drift": _drift,
}
