"""Welch's t-test of each column between clicked and other rows, with effect size and false-discovery control.

A category is tested level by level and a sequence summary by summary; the strongest counts, its p times their number.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.ctr.explaining.table import FeatureTable, Floats

FEWEST_CLICKS = 5  # expected among a level's rows; fewer make the test a lottery
MOST_LEVELS = 64  # the most frequent are tested


@dataclass(frozen=True)
class WelchTest:
    """difference: mean of clicked rows minus mean of others. effect: Hedges' g with its 95 % interval.

    p: two-sided, already times `tests`. q: Benjamini-Hochberg over all columns. tested: which level or summary.
    """

    difference: float
    t: float
    p: float
    q: float
    effect: float
    effect_low: float
    effect_high: float
    tested: str
    tests: int


@dataclass(frozen=True)
class Untested:
    """reason: message key."""

    reason: str


def welch_tests(
    table: FeatureTable, labels: NDArray[np.int8], levels: dict[str, tuple[str, ...]]
) -> dict[str, WelchTest | Untested]:
    """Per column of the impressions. levels: names of each category's codes. Missing cells are left out."""
    from scipy.stats import false_discovery_control

    clicked = labels == 1
    names, sources, columns = _tested_columns(table, clicked, levels)
    difference, t, p, effect, spread = _compare(columns, clicked)
    chosen: dict[str, tuple[int, int]] = {}
    for source in table.sources:
        places = [place for place, other in enumerate(sources) if other == source and np.isfinite(p[place])]
        if places:
            chosen[source] = min(places, key=lambda place: (p[place], -abs(t[place]))), len(places)
    adjusted = np.array([min(1.0, p[place] * count) for place, count in chosen.values()])
    found: dict[str, WelchTest | Untested] = {}
    discovered = false_discovery_control(adjusted) if len(adjusted) else adjusted
    for (source, (place, count)), share, q in zip(chosen.items(), adjusted, discovered, strict=True):
        found[source] = WelchTest(
            float(difference[place]), float(t[place]), float(share), float(q), float(effect[place]),
            float(effect[place] - 1.959964 * spread[place]), float(effect[place] + 1.959964 * spread[place]),
            names[place], count,
        )  # fmt: skip
    return {source: found.get(source) or Untested(_why_not(table, source)) for source in table.sources}


def _tested_columns(
    table: FeatureTable, clicked: NDArray[np.bool_], levels: dict[str, tuple[str, ...]]
) -> tuple[list[str], list[str], Floats]:
    names, sources, columns = [], [], []
    rate = clicked.mean()
    for place, feature in enumerate(table.features):
        column = table.values[:, place]
        if feature.kind != "category":
            names.append(feature.name)
            sources.append(feature.source)
            columns.append(column)
            continue
        known = column[np.isfinite(column)].astype(np.intp)
        counts = np.bincount(known, minlength=len(levels[feature.name]))
        often = [code for code in np.argsort(-counts, kind="stable")[:MOST_LEVELS] if counts[code] < len(known)]
        for code in often:
            # Chosen by how often the level was shown, never by its clicks: that would be peeking.
            if counts[code] * rate >= FEWEST_CLICKS:
                names.append(f"{feature.name}={levels[feature.name][code]}")
                sources.append(feature.source)
                columns.append(np.where(np.isfinite(column), column == code, np.nan).astype(np.float64))
    return names, sources, np.column_stack(columns) if columns else np.empty((len(clicked), 0))


def _compare(columns: Floats, clicked: NDArray[np.bool_]) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Difference, t, p, Hedges' g and its standard error for every column at once; NaN where nothing varies."""
    from scipy.stats import ttest_ind_from_stats

    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        (count, mean, variance), (other_count, other_mean, other_variance) = (
            _moments(columns[of]) for of in (clicked, ~clicked)
        )
        difference = mean - other_mean
        first, second = (mean, np.sqrt(variance), count), (other_mean, np.sqrt(other_variance), other_count)
        t, p = ttest_ind_from_stats(*first, *second, equal_var=False)
        degrees = count + other_count - 2
        pooled = np.sqrt(((count - 1) * variance + (other_count - 1) * other_variance) / degrees)
        effect = difference / pooled * (1 - 3 / (4 * degrees - 1))
        spread = np.sqrt((count + other_count) / (count * other_count) + effect**2 / (2 * (count + other_count)))
        varies = (variance + other_variance) > 1e-18 * (1 + other_mean**2)
    return difference, t, np.where(varies, p, np.nan), effect, spread


def _moments(columns: Floats) -> tuple[Floats, Floats, Floats]:
    known = np.isfinite(columns)
    count = known.sum(axis=0)
    mean = np.where(known, columns, 0).sum(axis=0) / count
    variance = np.where(known, (columns - mean) ** 2, 0).sum(axis=0) / (count - 1)
    return count, mean, variance


def _why_not(table: FeatureTable, source: str) -> str:
    mine = [table.values[:, place] for place, one in enumerate(table.features) if one.source == source]
    known = [column[np.isfinite(column)] for column in mine]
    if all(len(column) == 0 or np.ptp(column) == 0 for column in known):
        return "ctr.welch_constant"
    return "ctr.welch_few_rows"
