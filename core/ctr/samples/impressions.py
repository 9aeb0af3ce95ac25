"""Synthetic impressions in the 119-column schema, seeded, with the true click probability of every row.

Nothing here is real data. The probability is known, so the best score that any model can reach is known too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.ctr.data.schema import COLUMNS, NUMBERS, SEQUENCE, TARGET
from core.ctr.data.sequences import MAX_EVENTS, Sequences, parse_sequences
from core.ctr.samples import columns as draw
from core.ctr.samples.effects import Visible, log_odds
from core.ctr.samples.guide import EFFECTS, STATIC_AND_ORDER

if TYPE_CHECKING:
    import polars as pl

SAMPLE_NAME = "synthetic_impressions.csv"  # the name itself says that it is synthetic
SAMPLE_ROWS, SAMPLE_SEED = 60_000, 3
CLICK_RATE = 0.019  # mean of the true probability; public rate 1.907 %
NO_VALUE = np.iinfo(np.int64).min


@dataclass(frozen=True)
class SampleImpressions:
    """frame: the 119 columns, rows in the order of time. probability: the true one, float64, shape (rows,).

    contributions: log-odds of each planted effect, shape (rows,). sequences: `seq` as arrays.
    """

    frame: pl.DataFrame
    probability: NDArray[np.float64]
    contributions: dict[str, NDArray[np.float64]]
    sequences: Sequences
    seed: int
    synthetic: bool = True


def make_impressions(
    *, rows: int = SAMPLE_ROWS, seed: int = SAMPLE_SEED, effects: Collection[str] = STATIC_AND_ORDER
) -> SampleImpressions:
    """Draw impressions with the named effects (see `guide.EFFECTS`); without any, clicks are pure chance.

    The columns of a seed are the same whichever effects are on, except that "drift" moves traffic between
    inventories. Raises ValueError for an unknown effect.
    """
    unknown = set(effects) - {effect.id for effect in EFFECTS}
    if unknown:
        raise ValueError(unknown)
    # A stream for each part: switching one effect leaves all other draws alone.
    streams = [np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(6)]
    columns = draw.draw_named(streams[0], rows)
    columns["day_of_week"], columns["hour"], time = draw.draw_times(streams[1], rows)
    columns |= draw.draw_numbers(streams[2], rows)
    sequences = draw.draw_sequences(streams[3], rows)
    draw.blank_blocks(streams[4], columns, rows)
    moved, luck = streams[5].random((2, rows))
    if "drift" in effects:
        columns["inventory_id"] = np.where(moved < time / 3, 36.0, columns["inventory_id"])
    visible = Visible(columns, sequences, time)
    contributions = {effect.id: log_odds(effect.id, visible) for effect in EFFECTS if effect.id in effects}
    probability = _at_click_rate(sum(contributions.values(), np.zeros(rows)))
    clicked = luck < probability
    return SampleImpressions(_frame(columns, sequences, clicked), probability, contributions, sequences, seed)


def checksum(frame: pl.DataFrame) -> str:
    """SHA-256 of the values, not of their spelling: the same for float32, for text and after a CSV round trip.

    Numbers count to four decimals, which is how they are drawn; missing is missing.
    """
    import polars as pl

    digest = hashlib.sha256()
    for name in COLUMNS:
        digest.update(name.encode())
        if name == SEQUENCE:
            parsed = parse_sequences(frame[name], limit=MAX_EVENTS).sequences
            digest.update(parsed.offsets.astype("<i8").tobytes())
            digest.update(parsed.values.astype("<i8").tobytes())
        elif name == TARGET:
            digest.update(frame[name].cast(pl.Int64).to_numpy().astype("<i8").tobytes())
        else:
            values = frame[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()
            known = np.isfinite(values)
            whole = np.full(len(values), NO_VALUE, "<i8")
            whole[known] = np.rint(values[known] * 10**draw.DECIMALS)
            digest.update(whole.tobytes())
    return digest.hexdigest()


def _at_click_rate(odds: NDArray[np.float64]) -> NDArray[np.float64]:
    """The probabilities of log-odds shifted so that their mean is CLICK_RATE; bisection."""
    low, high = -20.0, 10.0
    for _ in range(60):
        middle = (low + high) / 2
        if np.mean(1 / (1 + np.exp(-(odds + middle)))) < CLICK_RATE:
            low = middle
        else:
            high = middle
    return 1 / (1 + np.exp(-(odds + low)))


def _frame(columns: dict[str, NDArray[np.float64]], sequences: Sequences, clicked: NDArray[np.bool_]) -> pl.DataFrame:
    """The columns spelled as in the public files: gender "1.0", inventory_id "36", hour "08", numbers float32."""
    import polars as pl

    spelled = {
        "gender": _spell(columns["gender"], "{:.1f}"),
        "age_group": _spell(columns["age_group"], "{:.1f}"),
        "inventory_id": _spell(columns["inventory_id"], "{:.0f}"),
        "day_of_week": _spell(columns["day_of_week"], "{:.0f}"),
        "hour": _spell(columns["hour"], "{:02.0f}"),
        SEQUENCE: _spell_sequences(sequences),
        TARGET: pl.Series(clicked.astype(np.int32)),
    }
    numbers = {name: pl.Series(columns[name].astype(np.float32)).fill_nan(None) for name in NUMBERS}
    every = spelled | numbers
    return pl.DataFrame([every[name].alias(name) for name in COLUMNS])


def _spell(values: NDArray[np.float64], pattern: str) -> pl.Series:
    import polars as pl

    words = [pattern.format(code) for code in range(100)]
    codes = pl.Series(np.nan_to_num(values, nan=-1).astype(np.int64))
    return codes.replace_strict(range(100), words, default=None, return_dtype=pl.String)


def _spell_sequences(sequences: Sequences) -> pl.Series:
    import polars as pl
    import pyarrow as pa
    import pyarrow.compute as pc

    words = pa.array([str(code) for code in range(int(sequences.values.max()) + 1)])
    lists = pa.ListArray.from_arrays(pa.array(sequences.offsets, pa.int32()), words.take(pa.array(sequences.values)))
    return pl.Series(pc.binary_join(lists, ","))
