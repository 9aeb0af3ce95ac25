"""Measures of retrieval, citations and refusals over cases with a known outcome, each with its 95 % interval."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import log2

import numpy as np

from core.intervals import wilson

REPLICATES, LEVEL = 1000, (0.025, 0.975)
RECALL_AT, RANKED_AT = 5, 10


@dataclass(frozen=True)
class Outcome:
    """What came of one case.

    ranks: from 1, of the passages found that answer; empty where none was found, None where it is not known which do.
    cited, cited_rightly: passages that the answer rests on, and how many of them answer, None where that is not known.
    """

    case_id: str
    set_name: str
    question: str
    language: str
    is_answerable: bool
    state: str
    confidence: float
    ranks: tuple[int, ...] | None
    cited: int
    cited_rightly: int | None

    @property
    def is_answered(self) -> bool:
        return self.state in ("answered", "partly")


@dataclass(frozen=True)
class Measure:
    """value is None where no case tells of it; count: how many did."""

    value: float | None
    low: float | None
    high: float | None
    count: int


def measures(outcomes: Sequence[Outcome]) -> dict[str, Measure]:
    """All measures by name.

    recall_at_5: share of questions with an answering passage among the first five. mrr_at_10 and ndcg_at_10: of the
    first ten, an answering passage being worth 1 (Järvelin and Kekäläinen 2002). citation_precision: share of cited
    passages that answer. answered: share of answerable questions that got an answer; refused: share of the others
    that got none. brier: mean squared error of the confidence against whether there is an answer.
    """
    findable = [one.ranks for one in outcomes if one.ranks is not None]
    citing = [
        (one.cited_rightly, one.cited)
        for one in outcomes
        if one.is_answerable and one.cited and one.cited_rightly is not None
    ]
    errors = [(one.confidence - one.is_answerable) ** 2 for one in outcomes]
    return {
        "recall_at_5": _share(any(rank <= RECALL_AT for rank in ranks) for ranks in findable),
        "mrr_at_10": _mean([_reciprocal(ranks) for ranks in findable]),
        "ndcg_at_10": _mean([_ndcg(ranks) for ranks in findable]),
        "citation_precision": _ratio(citing),
        "answered": _share(one.is_answered for one in outcomes if one.is_answerable),
        "refused": _share(not one.is_answered for one in outcomes if not one.is_answerable),
        "brier": _mean(errors),
    }


def by_language(outcomes: Sequence[Outcome]) -> dict[str, dict[str, Measure]]:
    """The measures of all cases under "all", and of each language that has some."""
    languages = sorted({one.language for one in outcomes})
    found = {"all": measures(outcomes)}
    return found | {name: measures([one for one in outcomes if one.language == name]) for name in languages}


def _reciprocal(ranks: Sequence[int]) -> float:
    first = min(ranks, default=RANKED_AT + 1)
    return 1 / first if first <= RANKED_AT else 0.0


def _ndcg(ranks: Sequence[int]) -> float:
    """Against the best order of those that were found: how many answer in all of the documents is not known."""
    gain = sum(1 / log2(rank + 1) for rank in ranks if rank <= RANKED_AT)
    best = sum(1 / log2(place + 2) for place in range(min(len(ranks), RANKED_AT)))
    return gain / best if best else 0.0


def _share(happened: Iterable[bool]) -> Measure:
    found = list(happened)
    if not found:
        return Measure(None, None, None, 0)
    return Measure(sum(found) / len(found), *wilson(sum(found), len(found)), len(found))


def _mean(values: Sequence[float]) -> Measure:
    return _drawn(np.array(values, dtype=np.float64), lambda rows: rows.mean(axis=-1))


def _ratio(pairs: Sequence[tuple[int, int]]) -> Measure:
    """Of sums; questions are drawn, as the citations of one answer are right or wrong together."""
    rows = np.array(pairs, dtype=np.float64).reshape(len(pairs), 2)
    return _drawn(rows, lambda drawn: drawn[..., 0].sum(axis=-1) / drawn[..., 1].sum(axis=-1))


def _drawn(rows: np.ndarray, measure: Callable[[np.ndarray], np.ndarray]) -> Measure:
    if not len(rows):
        return Measure(None, None, None, 0)
    picked = np.random.default_rng(0).integers(len(rows), size=(REPLICATES, len(rows)))
    low, high = np.quantile(measure(rows[picked]), LEVEL)
    return Measure(float(measure(rows)), float(low), float(high), len(rows))
