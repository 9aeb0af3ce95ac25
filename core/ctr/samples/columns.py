"""Columns of the synthetic impressions, before anything is said about clicks.

Shapes follow the public notes (cardinalities, constant, copied and collinear columns, nested null blocks); the
values are our own. Numbers are rounded to four decimals, so that files and machines agree on them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.ctr.data.schema import BLOCKS, NULL_BLOCKS, NUMBERS
from core.ctr.data.sequences import Sequences
from core.ctr.samples.effects import IDS, INVENTORIES, PAIR_WINDOW, event_sets
from core.ctr.samples.guide import COLLINEAR_COLUMNS, CONSTANT_COLUMNS, COPIES

Floats = NDArray[np.float64]
DECIMALS = 4
LONGEST = 400  # ids; the public mean of 531 would make every experiment five times slower for nothing
MEDIAN_LENGTH, LENGTH_SPREAD, SINGLE_SHARE = 85, 0.75, 0.006
POPULARITY = 0.7  # exponent of Zipf's law over the ids
STICKY = 0.25  # chance that an event repeats the one before
PAIR_SHARE, RETURN_SHARE = 0.5, 0.35  # rows that are given a planted pair, a return after a gap
LEVELS = {
    "l_feat_1": 2, "l_feat_2": 3, "l_feat_3": 3, "l_feat_4": 26, "l_feat_5": 1076, "l_feat_6": 900, "l_feat_7": 313,
    "l_feat_8": 2, "l_feat_9": 476, "l_feat_10": 262, "l_feat_11": 1524, "l_feat_12": 4855, "l_feat_13": 2,
    "l_feat_14": 3245, "l_feat_15": 2582, "l_feat_18": 6, "l_feat_19": 2, "l_feat_21": 2, "l_feat_22": 2,
    "l_feat_24": 2, "l_feat_25": 1788, "l_feat_26": 18, "l_feat_27": 5,
}  # fmt: skip
LATENT = 8  # hidden traits that the informative blocks share


def draw_times(random: np.random.Generator, rows: int) -> tuple[Floats, Floats, Floats]:
    """day_of_week 1..7, hour 0..23 and time 0..1 of rows that come in the order of time, shape (rows,) each."""
    by_hour = 1.2 - np.cos(2 * np.pi * (np.arange(24) - 3) / 24)  # traffic is thinnest at three in the morning
    slots = np.sort(random.choice(7 * 24, rows, p=np.tile(by_hour / by_hour.sum() / 7, 7)))
    day, hour = (slots // 24 + 1).astype(np.float64), (slots % 24).astype(np.float64)
    return day, hour, np.linspace(0, 1, rows)


def draw_named(random: np.random.Generator, rows: int) -> dict[str, Floats]:
    """gender, age_group and inventory_id as numbers."""
    age = random.choice(np.arange(1.0, 9.0), rows, p=(0.006, 0.09, 0.14, 0.18, 0.2, 0.19, 0.16, 0.034))
    weights = 1 / np.arange(1, len(INVENTORIES) + 1) ** 0.8
    places = np.random.default_rng(36).permutation(len(INVENTORIES))
    inventory = np.array(INVENTORIES)[places][random.choice(len(INVENTORIES), rows, p=weights / weights.sum())]
    return {
        "gender": random.choice([1.0, 2.0], rows, p=(0.55, 0.45)),
        "age_group": age,
        "inventory_id": inventory.astype(np.float64),
    }


def draw_numbers(random: np.random.Generator, rows: int) -> dict[str, Floats]:
    """The 112 number columns, none missing."""
    columns = {name: _level(random, rows, LEVELS[name], name) for name in BLOCKS["l_feat"] if name in LEVELS}
    columns |= {name: np.full(rows, 2.0 if name == "l_feat_20" else 1.0) for name in CONSTANT_COLUMNS}
    traits = random.standard_normal((LATENT, rows))
    for block in ("feat_e", "feat_d", "feat_b", "history_a"):
        for place, name in enumerate(BLOCKS[block]):
            own = random.standard_normal(rows)
            columns[name] = _shape(name, 0.75 * traits[(place + len(block)) % LATENT] + 0.66 * own, place)
    for place, name in enumerate(BLOCKS["feat_c"]):
        columns[name] = _shape(name, random.standard_normal(rows), place)
    for place, name in enumerate(BLOCKS["feat_a"]):
        steps = random.integers(1, 4 + place, rows) * (0.3 + 0.1 * place)
        columns[name] = np.where(random.random(rows) < 0.15, steps, 0.0)
    columns |= {name: random.standard_normal(rows) for name in BLOCKS["history_b"][:2]}
    one_quantity = np.abs(traits[0]) * 3
    for place, name in enumerate(COLLINEAR_COLUMNS):
        columns[name] = (1 + 0.15 * place) * (one_quantity + 0.08 * random.standard_normal(rows))
    columns |= {copy: columns[original] for copy, original in COPIES.items()}
    return {name: np.asarray(np.round(np.clip(columns[name], -800, 5000), DECIMALS), np.float64) for name in NUMBERS}


def blank_blocks(random: np.random.Generator, columns: dict[str, Floats], rows: int) -> None:
    """Set the null blocks to NaN, nested as in the public counts; changes `columns`."""
    chance = random.random(rows)
    for names, share in NULL_BLOCKS:
        for name in names:
            columns[name] = np.where(chance < share, np.nan, columns[name])


def draw_sequences(random: np.random.Generator, rows: int) -> Sequences:
    """Event ids with Zipf popularity and sticky repeats, then pairs and returns planted near the end."""
    lengths = np.exp(np.log(MEDIAN_LENGTH) + LENGTH_SPREAD * random.standard_normal(rows))
    lengths = np.clip(np.rint(lengths), 2, LONGEST).astype(np.int64)
    lengths[random.random(rows) < SINGLE_SHARE] = 1
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    ids = _popular_ids()[random.integers(0, 2**16, offsets[-1], dtype=np.uint16)]
    repeats = random.integers(0, 256, len(ids), dtype=np.uint8) < int(STICKY * 256)
    repeats[offsets[:-1]] = False
    ids = ids[np.maximum.accumulate(np.where(repeats, 0, np.arange(len(ids))))]
    _plant_pairs(random, ids, offsets)
    _plant_returns(random, ids, offsets)
    return Sequences(ids, offsets)


def _plant_pairs(random: np.random.Generator, ids: NDArray[np.int32], offsets: NDArray[np.int64]) -> None:
    """One pair, in order or reversed with equal chance, among the last ids but not the very last."""
    fits = np.diff(offsets) > PAIR_WINDOW
    chosen = np.flatnonzero(fits & (random.random(len(fits)) < PAIR_SHARE))
    pairs = event_sets().pairs[random.integers(0, len(event_sets().pairs), len(chosen))]
    reverse = random.random(len(chosen)) < 0.5
    pairs[reverse] = pairs[reverse, ::-1]
    place = offsets[1:][chosen] - random.integers(3, PAIR_WINDOW + 1, len(chosen))
    ids[place], ids[place + 1] = pairs[:, 0], pairs[:, 1]


def _plant_returns(random: np.random.Generator, ids: NDArray[np.int32], offsets: NDArray[np.int64]) -> None:
    """The last id becomes one seen 20 to 60 events ago and not since."""
    fits = np.diff(offsets) > 61
    chosen = np.flatnonzero(fits & (random.random(len(fits)) < RETURN_SHARE))
    gaps = random.integers(20, 61, len(chosen))
    last = offsets[1:][chosen] - 1
    id_back = ids[last - gaps]
    places = last[:, None] - np.arange(1, 60)
    between = np.arange(1, 60) < gaps[:, None]
    window = ids[places]
    ids[places] = np.where(between & (window == id_back[:, None]), (window + 1) % IDS, window)
    ids[last] = id_back


def _popular_ids() -> NDArray[np.int32]:
    """65,536 slots to draw from, each id holding as many as Zipf's law gives it."""
    weights = 1 / np.arange(1, IDS + 1) ** POPULARITY
    edges = np.rint(np.cumsum(weights) / weights.sum() * 2**16).astype(np.int64)
    by_rank = np.random.default_rng(1).permutation(IDS).astype(np.int32)
    return np.repeat(by_rank, np.diff(edges, prepend=0))


def _level(random: np.random.Generator, rows: int, levels: int, name: str) -> Floats:
    """Whole numbers 1..levels, common and rare ones, in an order of commonness of the column's own."""
    if levels <= 3:
        return random.choice(np.arange(1.0, levels + 1), rows, p=(0.2, 0.8) if levels == 2 else (0.15, 0.25, 0.6))
    weights = 1 / np.arange(1, levels + 1) ** 0.6
    order = np.random.default_rng(int(name.rpartition("_")[2])).permutation(levels).astype(np.float64) + 1
    return order[np.searchsorted(np.cumsum(weights) / weights.sum(), random.random(rows))]


def _shape(name: str, z: Floats, place: int) -> Floats:
    """Plain, capped, heavy-tailed and counting columns, in turn; the ones that carry effects keep a stated shape."""
    if name.startswith("history_a") or name == "feat_b_4":
        return z
    if name == "feat_d_3":
        return np.minimum(1.5 + 0.6 * z, 1.7647)
    if name == "feat_e_1":
        return np.minimum(55 + 12 * z, 65.0)
    shapes = (10 + 4 * z, np.minimum(1 + 0.5 * z, 1.3), np.exp(1 + z), np.floor(np.abs(3 * z)))
    return shapes[place % 4]
