"""Columns that know the click before it happens: one that ranks it too well, is filled by it, or is dated after it.

The surest cases (AUC of 0.99 and more, a copy of the target) are found by the common checks already.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.datasets.findings import Finding
from core.datasets.leakage import FEWEST
from core.datasets.quality import first_rows

if TYPE_CHECKING:
    import polars as pl

STRONG_AUC = 0.85  # public columns reach about 0.6 alone; this much is worth a question
FILLED_RATE = 0.5  # share of clicks among the rows where the column is filled
MOST_FILLED = 0.5  # a column that is mostly filled is no trace of the click
MIN_FILLED = 10
IMPRESSION_TIMES = ("timestamp", "impression_time", "impression_at", "shown_at", "event_time", "time")
LOOKED_AT = 200  # cells tried before a text column is taken for one of times


def single_column_findings(frame: pl.DataFrame, target: str, clicked: pl.Series) -> Iterator[Finding]:
    """clicked: 0 or 1 per row, both there. Columns of text are left to the common checks."""
    import polars as pl

    rows, clicks = len(clicked), int(clicked.sum())
    if min(clicks, rows - clicks) < FEWEST:
        return  # some column always tells so few apart by chance
    hits = clicked == 1
    for series in frame.get_columns():
        if series.name == target or series.dtype.is_nested():
            continue
        filled = series.is_not_null() & series.is_not_nan() if series.dtype.is_float() else series.is_not_null()
        count = int(filled.sum())
        if MIN_FILLED <= count < MOST_FILLED * rows:
            among = int((filled & hits).sum())
            if among / count >= FILLED_RATE and among / count > 3 * clicks / rows:
                details = {"column": series.name, "count": count, "percent": round(100 * among / count, 1)}
                yield Finding("ctr.filled_after_click", "blocking", series.name, first_rows(filled), details)
                continue
        if series.dtype.is_numeric() and count:
            auc = _auc(series.filter(filled).cast(pl.Float64).to_numpy(), hits.filter(filled).to_numpy())
            if auc >= STRONG_AUC:
                details = {"column": series.name, "auc": round(auc, 3), "target": target}
                yield Finding("ctr.strong_column", "warning", series.name, (), details)


def time_findings(frame: pl.DataFrame, target: str) -> Iterator[Finding]:
    """Times later than the impression's own: known only afterwards."""
    times = {name: time for name in frame.columns if name != target and (time := _as_time(frame[name])) is not None}
    own = next((name for name in IMPRESSION_TIMES if name in times), None)
    if own is None:
        return
    for name, time in times.items():
        later = (time > times[own]).fill_null(False)
        if name != own and later.any():
            details = {"column": name, "other": own, "count": int(later.sum())}
            yield Finding("ctr.time_after_impression", "blocking", name, first_rows(later), details)


def _as_time(series: pl.Series) -> pl.Series | None:
    import polars as pl

    if series.dtype.is_temporal() and series.dtype not in (pl.Duration, pl.Time):
        zone = getattr(series.dtype, "time_zone", None)
        plain = series.dt.convert_time_zone("UTC").dt.replace_time_zone(None) if zone else series
        return plain.cast(pl.Datetime("us"))
    if series.dtype != pl.String:
        return None
    first = series.drop_nulls().head(LOOKED_AT)
    dated = first.str.contains(r"^\d{4}-\d{2}-\d{2}")
    if not len(first) or not dated.all():
        return None
    # Zones are dropped: they only matter here when one file mixes them.
    stamp = (
        series.str.extract(r"^(\d{4}-\d{2}-\d{2})", 1)
        + " "
        + series.str.extract(r"(\d{2}:\d{2}(?::\d{2})?)", 1).fill_null("00:00:00")
    )
    return stamp.str.replace(r" (\d{2}:\d{2})$", " $1:00").str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False)


def _auc(values: NDArray[np.float64], hits: NDArray[np.bool_]) -> float:
    """Mann and Whitney's statistic, either way round; 0.5 where one class is empty."""
    clicks = int(hits.sum())
    others = len(hits) - clicks
    if not clicks or not others:
        return 0.5
    # Only the clicks need a rank; sorting plain values is several times faster than ranking all rows.
    ordered, own = np.sort(values), values[hits]
    ranks = (np.searchsorted(ordered, own) + np.searchsorted(ordered, own, side="right") + 1) / 2
    above = float(ranks.sum()) - clicks * (clicks + 1) / 2
    auc = above / (clicks * others)
    return max(auc, 1 - auc)
