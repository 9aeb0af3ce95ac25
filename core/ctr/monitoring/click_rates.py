"""Measured click rates by hour, weekday or group of viewers, and which of them stand out by more than chance."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from core.ctr.data.schema import AGE_GROUP, DAY_OF_WEEK, GENDER, HOUR
from core.ctr.runs import data_of
from core.intervals import wilson
from core.security.policy import Principal

if TYPE_CHECKING:
    import polars as pl

SLOTS, GROUPS = (HOUR, DAY_OF_WEEK), (GENDER, AGE_GROUP)
MOST_LEVELS = 48
FALSE_ALARMS = 0.05  # of one column without any difference


@dataclass(frozen=True)
class ClickRate:
    """One level of a column. stands_out: more clicks than elsewhere, beyond chance for this many levels.

    The interval is Wilson's at 95 %; p is the chance of as many clicks at the rate of all rows (binomial).
    """

    column: str
    level: str
    rows: int
    clicks: int
    rate: float
    low: float
    high: float
    p: float
    stands_out: bool


@lru_cache(maxsize=16)
def click_rates(run_id: str, columns: tuple[str, ...], *, principal: Principal) -> tuple[ClickRate, ...]:
    """The rates of `columns` over all rows a run was trained on; absent columns give none. Raises NotFound."""
    import polars as pl

    data = data_of(run_id, principal=principal)
    clicked = pl.Series("__clicked", data.rows.labels)
    found: list[ClickRate] = []
    for column in columns:
        if column in data.frame.columns:
            found += rates_of(data.frame[column], clicked)
    return tuple(found)


def rates_of(levels: pl.Series, clicked: pl.Series) -> list[ClickRate]:
    """Click rates per level in level order; none for a column with more than MOST_LEVELS levels."""
    import polars as pl
    from scipy.special import bdtrc

    text = levels.cast(pl.String).alias("level")
    number = text.cast(pl.Float64, strict=False).cast(pl.Int64, strict=False)
    table = (
        pl.DataFrame([pl.select(pl.coalesce(number.cast(pl.String), text)).to_series().alias("level"), clicked])
        .drop_nulls("level")
        .group_by("level")
        .agg(pl.len().alias("rows"), pl.col(clicked.name).sum().cast(pl.Int64).alias("clicks"))
    )
    if not 1 < table.height <= MOST_LEVELS:
        return []
    overall = int(table["clicks"].sum()) / int(table["rows"].sum())
    found = []
    for level, rows, clicks in table.iter_rows():
        p = float(bdtrc(clicks - 1, rows, overall)) if clicks else 1.0
        low, high = wilson(clicks, rows)
        stands_out = p < FALSE_ALARMS / table.height
        found.append(ClickRate(levels.name, level, rows, clicks, clicks / rows, low, high, p, stands_out))
    return sorted(found, key=lambda one: (0, int(one.level), "") if one.level.isdigit() else (1, 0, one.level))
