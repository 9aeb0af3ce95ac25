"""Whether a tuned encoder finds held-out perfumes better than the one it was made of: nDCG before and after, paired."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.datasets.findings import Finding
from core.fragrance.evaluation.retrieval_metrics import mean_interval, paired_gain
from core.intervals import Interval

RANKED_AT = 10
Rows = NDArray[np.float32]


@dataclass(frozen=True)
class Comparison:
    """nDCG at 10 of what serves now and of the tuned encoder, and the gain; 95 % intervals over perfumes drawn anew.

    perfumes, briefs: held out. candidates: perfumes that each brief was searched among.
    """

    before: Interval
    after: Interval
    gain: Interval
    perfumes: int
    briefs: int
    candidates: int

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def ndcg_at_10(queries: Rows, passages: Rows, starts: Sequence[int], wanted: Sequence[int]) -> NDArray[np.float64]:
    """By query, shape (n,): 1 / log2(rank + 1) of the wanted perfume, 0 behind rank 10 (Järvelin and Kekäläinen 2002).

    One perfume is wanted of each query, so the best order is worth 1. The best window of a perfume counts; of equal
    cosines the wanted comes last. queries: unit rows, shape (n, dim). passages: unit rows of all windows, shape
    (windows, dim). starts: place of each perfume's first window. wanted: places among the perfumes.
    """
    cosines = np.maximum.reduceat(queries @ passages.T, list(starts), axis=1)  # (n, perfumes)
    own = cosines[np.arange(len(wanted)), list(wanted)]
    ranks = (cosines >= own[:, None]).sum(axis=1)
    return np.where(ranks <= RANKED_AT, 1 / np.log2(ranks + 1.0), 0.0)


def compare(
    before: NDArray[np.float64], after: NDArray[np.float64], perfumes: Sequence[int], candidates: int
) -> Comparison:
    """before, after: nDCG by brief, shape (n,), the same briefs in the same order. perfumes: whom each asks for.

    Perfumes are drawn, not briefs: those of one perfume rise and fall together.
    """
    groups = [str(one) for one in perfumes]
    first, then = before.tolist(), after.tolist()
    return Comparison(
        mean_interval(first, groups),
        mean_interval(then, groups),
        paired_gain(then, first, groups),
        len(set(groups)),
        len(first),
        candidates,
    )


def encoder_findings(comparison: Comparison, *, drawn: bool, is_usable: bool = True) -> tuple[Finding, ...]:
    """Blocking unless the tuned encoder is measurably better: the whole interval of its gain lies over 0.

    drawn: on perfumes that were drawn to try the training; what holds for them holds for nobody's search.
    is_usable: it can serve beside the settings.
    """
    found = list(_gain_findings(comparison))
    if drawn:
        found.append(Finding("fragrance_tuning.drawn_data", "blocking", None))
    if not is_usable:
        found.append(Finding("fragrance_tuning.other_encoder", "blocking", None))
    return tuple(found)


def _gain_findings(comparison: Comparison) -> tuple[Finding, ...]:
    gain = comparison.gain
    details = {
        "before": f"{comparison.before.value:.3f}", "after": f"{comparison.after.value:.3f}",
        "low": f"{gain.low:+.3f}", "high": f"{gain.high:+.3f}", "perfumes": comparison.perfumes,
    }  # fmt: skip
    if gain.high < 0 or gain.value < 0:
        return (Finding("fragrance_tuning.encoder_worse", "blocking", None, (), details),)
    if gain.low <= 0:
        return (Finding("fragrance_tuning.encoder_not_better", "blocking", None, (), details),)
    return ()
