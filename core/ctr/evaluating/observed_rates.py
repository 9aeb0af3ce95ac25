"""Where predicted and observed click rates agree: reliability, deciles, segments, and the cut at one threshold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.ctr.data.impressions import MISSING, Category
from core.ctr.evaluating.scores import BINS, Floats, calibration_bins
from core.intervals import wilson

Labels = NDArray[np.int8]


@dataclass(frozen=True)
class ReliabilityBin:
    """One bin of rows with alike predictions; rates are shares 0..1; the interval is Wilson's at 95 %."""

    rows: int
    predicted: float
    observed: float
    observed_low: float
    observed_high: float


@dataclass(frozen=True)
class Decile:
    """One tenth of the rows, decile 1 having the highest scores; lift 1 is no better than chance."""

    decile: int
    rows: int
    clicks: int
    click_rate: float
    lift: float
    gain: float  # share of all clicks in this and the better deciles


@dataclass(frozen=True)
class Segment:
    """One level of a column. is_calibrated: the mean prediction lies in the interval of the observed rate."""

    column: str
    level: str | None  # None: the value is missing
    rows: int
    clicks: int
    predicted: float
    observed: float
    observed_low: float
    observed_high: float
    is_calibrated: bool


@dataclass(frozen=True)
class AtThreshold:
    """Figures of "will click" at a cut. base: what the same figure is without any model.

    Base of accuracy: answering "no click" always (or "click", whichever is commoner). Base of the others: the
    same number of rows picked by chance. precision is None where nothing reaches the cut.
    """

    threshold: float
    flagged: int
    accuracy: float
    precision: float | None
    recall: float
    f1: float
    base: dict[str, float | None]


def reliability(labels: Labels, probability: Floats) -> tuple[ReliabilityBin, ...]:
    """Bins of equally many rows, from low to high predictions; empty ones (ties) are left out."""
    place = calibration_bins(probability)
    found = []
    for one in range(BINS):
        inside = place == one
        rows = int(inside.sum())
        if rows:
            clicks = int(labels[inside].sum())
            low, high = wilson(clicks, rows)
            found.append(ReliabilityBin(rows, float(probability[inside].mean()), clicks / rows, low, high))
    return tuple(found)


def deciles(labels: Labels, probability: Floats) -> tuple[Decile, ...]:
    """Tenths of the rows by falling score; equal scores are shared out in row order."""
    order = np.argsort(-probability, kind="stable")
    total, rate = int(labels.sum()), float(labels.mean())
    found, seen = [], 0
    for number, rows in enumerate(np.array_split(order, 10), 1):
        clicks = int(labels[rows].sum())
        seen += clicks
        share = clicks / len(rows)
        found.append(Decile(number, len(rows), clicks, share, share / rate, seen / total))
    return tuple(found)


def segments(labels: Labels, probability: Floats, category: Category) -> tuple[Segment, ...]:
    """Calibration within each level of a category, and among its missing values, largest first."""
    found = []
    for code in np.unique(category.codes):
        inside = category.codes == code
        rows, clicks = int(inside.sum()), int(labels[inside].sum())
        low, high = wilson(clicks, rows)
        predicted = float(probability[inside].mean())
        level = None if code == MISSING else category.levels[code]
        found.append(
            Segment(category.name, level, rows, clicks, predicted, clicks / rows, low, high, low <= predicted <= high)
        )
    return tuple(sorted(found, key=lambda one: -one.rows))


def at_threshold(labels: Labels, probability: Floats, threshold: float) -> AtThreshold:
    """Accuracy, precision, recall and F1 of the rows at or above `threshold`, each with its base."""
    flagged = probability >= threshold
    rows, clicks, hits = len(labels), int(labels.sum()), int(labels[flagged].sum())
    count, rate = int(flagged.sum()), clicks / rows
    share = count / rows
    by_chance = 2 * rate * share / (rate + share)
    return AtThreshold(
        threshold=threshold,
        flagged=count,
        accuracy=1 - (count - hits + clicks - hits) / rows,
        precision=hits / count if count else None,
        recall=hits / clicks,
        f1=2 * hits / (count + clicks),
        base={
            "accuracy": max(rate, 1 - rate),
            "precision": rate if count else None,
            "recall": share,
            "f1": by_chance,
        },
    )
