"""What a person must know before a clustering is published: findings of a training run, with severity."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.customers.evidence import (
    DOMINANT,
    MIN_GAP,
    MIN_SHARE,
    MIN_STABILITY,
    MIN_Z,
    Candidate,
)
from core.customers.measures import dominant_column
from core.customers.profiles import ProfileColumns
from core.datasets.findings import Finding, Severity


def findings_of(candidate: Candidate) -> tuple[Finding, ...]:
    """Findings of a confirmed candidate; a blocking one keeps it from being published without a reason."""
    found = []
    if not candidate.shows_clusters:
        found.append(
            _finding(
                "no_clusters", "blocking", silhouette=candidate.silhouette, reference=candidate.reference,
                gap=candidate.gap, z=candidate.z, min_gap=MIN_GAP, min_z=MIN_Z,
            )
        )  # fmt: skip
    # Blocking: a grouping by one column is a filter, and any name beyond that column would be invented.
    if candidate.dominant_column and (candidate.dominant_share or 0.0) >= DOMINANT:
        found.append(_dominant("blocking", candidate.dominant_column, candidate.dominant_share or 0.0))
    # Blocking: which cluster a customer is in would depend on who else was sampled.
    if candidate.stability is not None and candidate.stability < MIN_STABILITY:
        found.append(_finding("unstable", "blocking", stability=candidate.stability, limit=MIN_STABILITY))
    # A small cluster may be real; whether it is worth addressing is the analyst's choice.
    if candidate.smallest_share is not None and candidate.smallest_share < MIN_SHARE:
        found.append(_finding("unbalanced", "warning", share=candidate.smallest_share, limit=MIN_SHARE))
    return tuple(found)


def compatibility_findings(columns: ProfileColumns, labels: NDArray[np.int32]) -> tuple[Finding, ...]:
    """Findings of the compatibility model: a warning only, since reproducing the old grouping is its purpose."""
    column, share = dominant_column(columns, labels)
    return (_dominant("warning", column, share),) if share >= DOMINANT else ()


def _dominant(severity: Severity, column: str, share: float) -> Finding:
    return _finding("dominant_factor", severity, column=column, share=share)


def _finding(code: str, severity: Severity, *, column: str | None = None, **details: float) -> Finding:
    named = {"column": column} if column else {}
    return Finding(f"customers.{code}", severity, column, (), {**named, **details})
