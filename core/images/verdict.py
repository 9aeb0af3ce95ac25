"""Which class a picture belongs to, if any: best similarity, lead, percentile, and the rule of two thresholds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.errors import BadInput
from core.images.names import UNKNOWN
from core.images.prototypes import Prototypes, Thresholds
from core.images.space import unit_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

TOP_K_LIMIT = 10


@dataclass(frozen=True)
class Match:
    """The verdict on one picture: a class or `unknown`, and every number behind it.

    s1: best cosine similarity, in the domain's space if it has one. margin: its lead over the runner-up among all
    classes. top: the best classes with their similarities, falling. percentile: share (0..100) of the best class's
    own pictures that are no more alike to it than this one; None where the domain does not know them.
    """

    verdict: str
    is_unknown: bool
    s1: float
    margin: float
    top: tuple[tuple[str, float], ...]
    percentile: float | None
    thresholds: Thresholds

    @property
    def calibrated(self) -> bool:
        return self.thresholds.is_calibrated


def match_prototypes(
    query: Vectors, prototypes: Prototypes, *, top_k: int = 3, thresholds: Thresholds | None = None
) -> Match:
    """Rank classes by cosine similarity and decide whether the picture is known.

    query: shape (dim,). thresholds: those of the domain unless given; the documented fallback where it has none.
    Unknown when the best similarity is under tau1 or its lead is under tau2. A query that is zero or not finite is
    unknown with zeros. Raises BadInput for another dimension or a top_k outside 1..10.
    """
    return match_many(np.asarray(query)[None], prototypes, top_k=top_k, thresholds=thresholds)[0]


def match_many(
    queries: Vectors, prototypes: Prototypes, *, top_k: int = 3, thresholds: Thresholds | None = None
) -> tuple[Match, ...]:
    """The same for many pictures with one matrix product. queries: shape (n, dim)."""
    if not 1 <= top_k <= TOP_K_LIMIT:
        raise BadInput("images.top_k", limit=TOP_K_LIMIT, top_k=top_k)
    rule = thresholds or prototypes.rule
    placed = placed_queries(queries, prototypes)
    # Two at least: the lead is taken before cutting to top_k, since with k=1 there is no runner-up left.
    near = prototypes.index.search(placed, max(top_k, 2))
    found = []
    for query, rows, scores in zip(placed, near.rows, near.similarities, strict=True):
        s1 = float(scores[0])
        margin = s1 - float(scores[1]) if len(scores) > 1 else s1
        is_unknown = not query.any() or s1 < rule.tau1 or margin < rule.tau2
        best = int(rows[0])
        found.append(
            Match(
                verdict=UNKNOWN if is_unknown else prototypes.classes[best],
                is_unknown=is_unknown,
                s1=s1,
                margin=margin,
                top=tuple((prototypes.classes[row], float(one)) for row, one in zip(rows, scores, strict=True))[:top_k],
                percentile=_percentile(s1, prototypes, best),
                thresholds=rule,
            )
        )
    return tuple(found)


def claim(matches: Mapping[str, Match]) -> str | None:
    """Which domain claims the picture most surely, by its match in each; None when no domain does.

    Similarities of different domains do not compare, so the claim is judged by the percentile within the class,
    and where that is not known everywhere by how far the similarity lies between tau1 and 1.
    """
    claims = {name: match for name, match in matches.items() if not match.is_unknown}
    if not claims:
        return None
    # Measured rules come before the fallback, which accepts nearly everything.
    has_percentiles = all(match.percentile is not None for match in claims.values())
    ranked = {name: (match.calibrated, *_sureness(match, has_percentiles)) for name, match in claims.items()}
    return max(sorted(ranked), key=lambda name: ranked[name])


def placed_queries(queries: Vectors, prototypes: Prototypes) -> Vectors:
    """Unit rows where the domain compares; a query that is zero or not finite becomes zero. Raises BadInput."""
    rows = np.asarray(queries, dtype=np.float32)
    if rows.ndim != 2 or rows.shape[1] != prototypes.dim:
        raise BadInput("images.query_dimension", expected=prototypes.dim, found=rows.shape[-1] if rows.ndim else 0)
    return unit_rows(rows) if prototypes.space is None else prototypes.space.place(rows)


def similarities(queries: Vectors, prototypes: Prototypes) -> Vectors:
    """Cosine similarities to all classes, shape (n, n_classes); zero for a query that is zero or not finite."""
    return np.clip(placed_queries(queries, prototypes) @ prototypes.placed.T, -1.0, 1.0)


def leads(scores: Vectors) -> Vectors:
    """Lead of the best over the runner-up, shape (n,); with one class there is none: the similarity itself."""
    if scores.shape[1] == 1:
        return scores[:, 0]
    best_two = np.partition(scores, -2, axis=1)[:, -2:]
    return best_two[:, 1] - best_two[:, 0]


def in_words(thresholds: Thresholds) -> tuple[str, dict[str, object]]:
    """Message key and details that say what the rule lets through."""
    if not thresholds.is_calibrated or thresholds.false_accept is None:
        return "images.not_calibrated", {"tau1": thresholds.tau1, "tau2": thresholds.tau2}
    of_hundred: dict[str, object] = {"count": round(100 * thresholds.false_accept)}
    if thresholds.false_accept_low is None or thresholds.false_accept_high is None:
        return "images.false_accepts", of_hundred
    low, high = (round(100 * share) for share in (thresholds.false_accept_low, thresholds.false_accept_high))
    return "images.false_accepts_between", {**of_hundred, "low": low, "high": high}


def over_target_in_words(thresholds: Thresholds) -> tuple[str, dict[str, object]] | None:
    """Message key and details where the told rate is over the one that was asked for, else None."""
    if not thresholds.is_over_target or thresholds.target is None or thresholds.false_accept is None:
        return None
    told, target = (f"{100 * share:.1f}" for share in (thresholds.false_accept, thresholds.target))
    return "images.over_target", {"told": told, "target": target}


def _percentile(s1: float, prototypes: Prototypes, best: int) -> float | None:
    known = prototypes.known_scores[best] if prototypes.known_scores else ()
    return 100.0 * float(np.searchsorted(known, s1, side="right")) / len(known) if len(known) else None


def _sureness(match: Match, has_percentiles: bool) -> tuple[float, float]:
    tau1 = min(match.thresholds.tau1, 1 - 1e-6)
    above = (match.s1 - tau1) / (1 - tau1)
    return (match.percentile if has_percentiles and match.percentile is not None else 0.0, above)
