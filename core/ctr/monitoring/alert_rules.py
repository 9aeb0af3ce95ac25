"""The rules of alerts: what a check finds good or bad, and the limits it is judged by; what then opens is in `alerts`.

Limits: accuracy under 0.7 and answers over 500 ms are the documented ones; average precision, calibration and drift
are judged against the run's own test rows, with the uncertainty of both sides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from core.ctr.monitoring.alerts import Observation
from core.ctr.monitoring.drift import SCORE, drifts
from core.ctr.monitoring.prediction_log import Logged
from core.ctr.monitoring.rolling import Window, summary
from core.storage.database import utc_now
from core.telemetry.measures import SYSTEM, requests_since

ACCURACY_LIMIT = 0.7
RESPONSE_LIMIT_MS = 500.0
ERROR_RATE_LIMIT = 0.05
MIN_REQUESTS = 20
API_LOOKS_BACK = timedelta(minutes=5)
WIDER = 2.575829 / 1.959964  # from a 95 % to a 99 % interval: checks are many


def api_observations() -> Iterator[Observation]:
    """Response time and error rate of the API over the last minutes; both need MIN_REQUESTS requests."""
    requests = requests_since(utc_now() - API_LOOKS_BACK)
    enough = requests.requests >= MIN_REQUESTS
    p95, rate = requests.p95_ms or 0.0, requests.error_rate or 0.0
    minutes = int(API_LOOKS_BACK.total_seconds() // 60)
    yield Observation(
        "response_time", SYSTEM, None, p95 > RESPONSE_LIMIT_MS if enough else None, "warning", p95, RESPONSE_LIMIT_MS,
        {"p95_ms": f"{p95:.0f}", "limit_ms": f"{RESPONSE_LIMIT_MS:.0f}", "requests": requests.requests,
         "minutes": minutes},
    )  # fmt: skip
    yield Observation(
        "error_rate", SYSTEM, None, rate > ERROR_RATE_LIMIT if enough else None, "critical", rate, ERROR_RATE_LIMIT,
        {"percent": f"{100 * rate:.1f}", "limit": f"{100 * ERROR_RATE_LIMIT:.0f}", "requests": requests.requests,
         "minutes": minutes},
    )  # fmt: skip


def run_observations(owner: str, run_id: str, document: Mapping[str, Any], rows: Logged) -> Iterator[Observation]:
    """What the logged answers of one run say against its report. rows: at least one.

    Where too few clicks are known the observations of quality cannot tell (is_bad None).
    """
    reference = document["reference"]
    window = summary(rows, reference)
    yield from _quality(owner, run_id, document, window)
    found = drifts(rows.bins, rows.probability, reference)
    worst = found[0]
    count = sum(one.verdict == "drifted" for one in found)
    yield Observation(
        "drift", owner, run_id, None if worst.verdict == "too_few" else count > 0, "warning", worst.psi, worst.limit,
        {"count": count, "of": len(found), "feature": "score" if worst.feature == SCORE else worst.feature,
         "psi": f"{worst.psi:.4f}", "limit": f"{worst.limit:.4f}", "rows": worst.rows},
    )  # fmt: skip
    p95 = window.latency.p95
    yield Observation(
        "prediction_time", owner, run_id, p95 > RESPONSE_LIMIT_MS, "warning", p95, RESPONSE_LIMIT_MS,
        {"p95_ms": f"{p95:.0f}", "limit_ms": f"{RESPONSE_LIMIT_MS:.0f}", "rows": window.rows},
    )  # fmt: skip


def _quality(owner: str, run_id: str, document: Mapping[str, Any], window: Window) -> Iterator[Observation]:
    scores = window.scores
    if scores is None:
        for kind in ("accuracy", "average_precision", "calibration"):
            yield Observation(kind, owner, run_id, None)
        return
    reference = document["reference"]
    right, expected = scores.accuracy, float(reference["accuracy"])
    yield Observation(
        # A cut that was under the limit on the test rows already is a choice, not a decay.
        "accuracy", owner, run_id, right.value < ACCURACY_LIMIT, "critical" if expected >= ACCURACY_LIMIT else "info",
        right.value, ACCURACY_LIMIT,
        {"percent": f"{100 * right.value:.1f}", "limit": f"{100 * ACCURACY_LIMIT:.0f}", "known": window.known,
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
