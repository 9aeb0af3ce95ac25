"""Columns that give the target away: known only afterwards, or the target under another name."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite
from typing import TYPE_CHECKING

from core.datasets.findings import Finding
from core.errors import BadInput

if TYPE_CHECKING:
    import polars as pl

LEAK_AUC = 0.99  # area under the ROC curve of the column alone, either way round
LEAK_CORRELATION = 0.999
FEWEST = 5  # rows of the rarer outcome; with fewer, some column always tells them apart by chance
ROWS_PER_LEVEL = 5  # finer columns tell the target by chance


def find_leaks(frame: pl.DataFrame, target: str) -> Iterator[Finding]:
    """A blocking finding for each column that alone tells `target`.

    Binary targets: AUC of the column's ranks, missing ones lowest (a date that is filled in only after the
    event leaks by being there). Numeric targets: correlation. Any target: levels that each have one outcome.
    Raises BadInput when the frame has no such column.
    """
    if target not in frame.columns:
        raise BadInput("quality.unknown_target", target=target, found=", ".join(frame.columns))
    outcome = frame[target]
    known = outcome.is_not_null()
    frame, outcome = frame.filter(known), outcome.filter(known)
    outcomes = outcome.n_unique()
    if outcomes < 2:
        return
    positives = _positives(outcome) if outcomes == 2 else None
    if positives is not None and min(int(positives.sum()), int((~positives).sum())) < FEWEST:
        return
    for series in frame.get_columns():
        if series.name == target or series.dtype.is_nested():
            continue
        score, code = _score(series, outcome, positives)
        if code:
            details = {"column": series.name, "target": target, "score": round(score, 4)}
            yield Finding(code, "blocking", series.name, (), details)


def _score(series: pl.Series, outcome: pl.Series, positives: pl.Series | None) -> tuple[float, str]:
    if _tells_every_outcome(series, outcome):
        return 1.0, "quality.target_copy"
    if positives is not None:
        auc = _single_column_auc(series, positives)
        if auc >= LEAK_AUC:
            return auc, "quality.leaking_column"
    elif series.dtype.is_numeric() and outcome.dtype.is_numeric():
        correlation = abs(_correlation(series, outcome))
        if correlation >= LEAK_CORRELATION:
            return correlation, "quality.leaking_number"
    return 0.0, ""


def _tells_every_outcome(series: pl.Series, outcome: pl.Series) -> bool:
    import polars as pl

    levels = series.n_unique()
    if levels < 2 or levels * ROWS_PER_LEVEL > len(series):
        return False
    return pl.DataFrame([series.alias("level"), outcome.alias("outcome")]).unique().height == levels


def _positives(outcome: pl.Series) -> pl.Series:
    return outcome == outcome.unique().sort()[1]


def _single_column_auc(series: pl.Series, positives: pl.Series) -> float:
    """Mann and Whitney's statistic by ranks; text is ranked by how often each level is positive elsewhere."""
    import polars as pl

    data = pl.DataFrame([series.alias("value"), positives.alias("positive")])
    is_ordered = series.dtype.is_numeric() or series.dtype.is_temporal() or series.dtype == pl.Boolean
    if is_ordered:
        ranks = data["value"].cast(pl.Float64, strict=False) if not series.dtype.is_temporal() else data["value"]
        ranks = ranks.to_physical().cast(pl.Float64).fill_nan(None)
        lowest = ranks.min()
        ranks = ranks.fill_null((float(lowest) if isinstance(lowest, int | float) else 0.0) - 1.0)
    else:
        # The row itself is left out: a level seen once must not vouch for itself.
        total, hits = pl.len().over("value"), pl.col("positive").sum().over("value")
        base = float(positives.mean() or 0.0)  # type: ignore[arg-type]
        rate = (hits - pl.col("positive").cast(pl.Int64) + base) / total
        ranks = data.select(rate.alias("rate"))["rate"]
    ranked = ranks.rank("average")
    hits_count = int(positives.sum())
    misses = len(positives) - hits_count
    above = float(ranked.filter(positives).sum()) - hits_count * (hits_count + 1) / 2
    auc = above / (hits_count * misses)
    # Among levels with equal rates, leaving the row out ranks every positive last: that is no leak turned round.
    return max(auc, 1 - auc) if is_ordered else auc


def _correlation(series: pl.Series, outcome: pl.Series) -> float:
    import polars as pl

    both = pl.DataFrame([series.alias("x"), outcome.alias("y")]).drop_nulls().drop_nans()
    value = both.select(pl.corr("x", "y")).item() if both.height > 2 else None
    return float(value) if value is not None and isfinite(value) else 0.0
