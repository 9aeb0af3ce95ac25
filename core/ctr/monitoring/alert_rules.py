"""What the answers of one run say against the rules of alerts that are on; limits stand in `core/alerts/rules.toml`.

Average precision, calibration and drift are judged against the run's own test rows, with the uncertainty of both sides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from core.alerts.incidents import Observation
from core.alerts.rules import Rule, shipped_rules
from core.ctr.monitoring.drift import SCORE, drifts
from core.ctr.monitoring.prediction_log import Logged
from core.ctr.monitoring.rolling import Window, summary

WIDER = 2.575829 / 1.959964  # from a 95 % to a 99 % interval: checks are many


def run_observations(
    owner: str, run_id: str, document: Mapping[str, Any], rows: Logged, rules: Mapping[str, Rule]
) -> Iterator[Observation]:
    """What the logged answers of one run say against its report. rows: at least one. rules: those that are on.

    Where too few clicks are known the observations of quality cannot tell (is_bad None).
    """
    limits = {one.name: one.limit or 0.0 for one in shipped_rules()} | {
        one.name: one.limit or 0.0 for one in rules.values()
    }
    for one in _all(owner, run_id, document, rows, limits):
        if one.kind in rules:
            yield replace(one, in_a_row=rules[one.kind].in_a_row)


def _all(
    owner: str, run_id: str, document: Mapping[str, Any], rows: Logged, limits: Mapping[str, float]
) -> Iterator[Observation]:
    reference = document["reference"]
    window = summary(rows, reference)
    yield from _quality(owner, run_id, document, window, limits["accuracy"])
    found = drifts(rows.bins, rows.probability, reference)
    worst = found[0]
    count = sum(one.verdict == "drifted" for one in found)
    yield Observation(
        "drift", owner, run_id, None if worst.verdict == "too_few" else count > 0, "warning", worst.psi, worst.limit,
        {"count": count, "of": len(found), "feature": "score" if worst.feature == SCORE else worst.feature,
         "psi": f"{worst.psi:.4f}", "limit": f"{worst.limit:.4f}", "rows": worst.rows},
    )  # fmt: skip
    p95, limit_ms = window.latency.p95, limits["prediction_time"]
    yield Observation(
        "prediction_time", owner, run_id, p95 > limit_ms, "warning", p95, limit_ms,
        {"p95_ms": f"{p95:.0f}", "limit_ms": f"{limit_ms:.0f}", "rows": window.rows},
    )  # fmt: skip


def _quality(
    owner: str, run_id: str, document: Mapping[str, Any], window: Window, least: float
) -> Iterator[Observation]:
    scores = window.scores
    if scores is None:
        for kind in ("accuracy", "average_precision", "calibration"):
            yield Observation(kind, owner, run_id, None)
        return
    reference = document["reference"]
    right, expected = scores.accuracy, float(reference["accuracy"])
    yield Observation(
        # A cut that was under the limit on the test rows already is a choice, not a decay.
        "accuracy", owner, run_id, right.value < least, "critical" if expected >= least else "info",
        right.value, least,
        {"percent": f"{100 * right.value:.1f}", "limit": f"{100 * least:.0f}", "known": window.known,
         "expected": f"{100 * expected:.1f}"},
    )  # fmt: skip
    precision, before = scores.average_precision, document["evaluation"]["scores"]["average_precision"]
    yield Observation(
        "average_precision", owner, run_id, precision.high < before["low"], "warning", precision.value, before["low"],
        {"value": f"{precision.value:.4f}", "low": f"{precision.low:.4f}", "high": f"{precision.high:.4f}",
         "before": f"{before['value']:.4f}", "limit": f"{before['low']:.4f}", "known": window.known},
    )  # fmt: skip
    ratio = scores.ratio.value
    low = ratio - WIDER * (ratio - scores.ratio.low)
    high = ratio + WIDER * (scores.ratio.high - ratio)
    yield Observation(
        "calibration", owner, run_id, not low <= 1 <= high, "warning", ratio, 1.0,
        {"ratio": f"{ratio:.2f}", "low": f"{low:.2f}", "high": f"{high:.2f}", "known": window.known},
    )  # fmt: skip
