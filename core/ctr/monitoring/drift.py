"""Whether new rows still look like the reference: the population stability index against its own null quantile.

PSI = sum over bins of (p - q) * ln(p / q), p and q being the shares of the new and of the reference rows.
Without any drift, PSI / (1/n + 1/m) follows about a chi-square of bins - 1 degrees of freedom (Yurdakul and
Naranjo, "Statistical properties of the population stability index", Journal of Risk Model Validation 14(4), 2020),
so the folk limits 0.1 and 0.25 cry wolf on few rows and sleep on many. Sparse bins bend that law; the null is
therefore drawn from the multinomial itself, for these sizes and shares, and a gamma law is laid through its mean
and variance, which the chi-square is a case of.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from core.ctr.evaluating.reference import bins_in, score_codes
from core.ctr.evaluating.scores import Floats

Verdict = Literal["stable", "drifted", "too_few"]
Counts = Sequence[int] | NDArray[np.int64]
MIN_ROWS = 100
FALSE_ALARMS = 0.01  # of one look at all features together, when nothing drifted
DRAWS = 1000
SCORE = "__score"


@dataclass(frozen=True)
class Drift:
    """psi against `limit`, its null quantile at this size; p: how often chance alone gives so much.

    shares and reference_shares: per bin, 0..1. The verdict is "too_few" under MIN_ROWS rows.
    """

    feature: str
    verdict: Verdict
    rows: int
    psi: float
    limit: float
    p: float
    shares: tuple[float, ...]
    reference_shares: tuple[float, ...]


def drift_of(feature: str, counts: Counts, reference_counts: Counts, *, false_alarms: float = FALSE_ALARMS) -> Drift:
    """Compare rows per bin. false_alarms: the share of looks at this one feature that may cry wolf."""
    from scipy.special import gammaincc, gammainccinv

    new, old = np.asarray(counts, np.int64), np.asarray(reference_counts, np.int64)
    rows, total = int(new.sum()), int(old.sum())
    if rows < MIN_ROWS or total < MIN_ROWS:
        return Drift(feature, "too_few", rows, 0.0, 0.0, 1.0, _shares(new), _shares(old))
    psi = float(_psi(new[None], old[None])[0])
    size = _rounded(rows)
    # A bin that is empty here and there tells nothing; a level nobody met before counts as half a row there.
    shape, scale = _null(size, tuple(np.where((old == 0) & (new > 0), 0.5, old).tolist()))
    scale *= (1 / rows + 1 / total) / (1 / size + 1 / total)  # the null shrinks with both sizes
    if scale == 0:  # one bin alone cannot move
        return Drift(feature, "stable", rows, psi, 0.0, 1.0, _shares(new), _shares(old))
    limit = float(gammainccinv(shape, false_alarms) * scale)
    p = float(gammaincc(shape, psi / scale))
    verdict: Verdict = "drifted" if psi > limit else "stable"
    return Drift(feature, verdict, rows, psi, limit, p, _shares(new), _shares(old))


def drifts(codes: NDArray[np.uint8] | None, probability: Floats, reference: Mapping[str, Any]) -> tuple[Drift, ...]:
    """The score and every watched feature, the least likely first.

    codes: shape (rows, watched), of the rows whose bins were logged. The share FALSE_ALARMS is split among all
    that are looked at (Bonferroni), so that many features do not add up to many false alarms.
    """
    watched = reference["watched"] if codes is not None and len(codes) else []
    level = FALSE_ALARMS / (len(watched) + 1)
    score_bins = reference["score_bins"]["counts"]
    counted = np.bincount(score_codes(probability, reference), minlength=len(score_bins))
    found = [drift_of(SCORE, counted, score_bins, false_alarms=level)]
    for place, name in enumerate(watched):
        assert codes is not None
        feature = reference["features"][name]
        bins = bins_in(feature)
        seen = np.bincount(np.minimum(codes[:, place], bins - 1), minlength=bins)
        found.append(drift_of(name, seen, feature["counts"], false_alarms=level))
    return tuple(sorted(found, key=lambda one: (one.p, -one.psi)))


def _psi(new: NDArray[Any], old: NDArray[Any]) -> Floats:
    """PSI of each row of two tables of counts, shape (k, bins).

    Each sample borrows one row per two bins, spread as both together are, so that empty bins stay finite; a bin
    that is empty in both counts for nothing.
    """
    both = new + old
    prior = both / both.sum(axis=1, keepdims=True) * (new.shape[1] / 2)
    p, q = new + prior, old + prior
    p, q = p / p.sum(axis=1, keepdims=True), q / q.sum(axis=1, keepdims=True)
    used = both > 0
    ratio = np.log(np.where(used, p, 1) / np.where(used, q, 1))
    return np.asarray(((p - q) * ratio).sum(axis=1), np.float64)


@lru_cache(maxsize=512)
def _null(rows: int, reference: tuple[float, ...]) -> tuple[float, float]:
    """Shape and scale of the gamma law that PSI follows without drift, `rows` against a reference of these counts."""
    counts = np.array(reference, np.float64)
    share = counts / counts.sum()
    random = np.random.default_rng(0)
    drawn = _psi(random.multinomial(rows, share, DRAWS), random.multinomial(int(counts.sum()), share, DRAWS))
    mean, variance = float(drawn.mean()), float(drawn.var(ddof=1))
    if mean <= 0 or variance <= 0:
        return 1.0, 0.0
    return mean**2 / variance, variance / mean


def _rounded(rows: int) -> int:
    """To two digits, so that a growing log finds its null in the cache."""
    unit = 10 ** max(0, len(str(rows)) - 2)
    return max(MIN_ROWS, round(rows / unit) * unit)


def _shares(counts: NDArray[np.int64]) -> tuple[float, ...]:
    return tuple((counts / max(int(counts.sum()), 1)).tolist())
