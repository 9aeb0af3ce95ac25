"""One round of checks: the machine, the API's answers, and every run that answered lately against its own reference.

`workbench run` repeats it in the `jobs` process every WORKBENCH_CHECK_EVERY_S seconds. Limits: accuracy under 0.7
and answers over 500 ms are the documented ones; average precision, calibration and drift are judged against the
run's own test rows, with the uncertainty of both sides.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from core.ctr.monitoring.alerts import Alert, Observation, settle
from core.ctr.monitoring.drift import SCORE, drifts
from core.ctr.monitoring.prediction_log import Logged, forget_old, logged, logged_runs, version_of
from core.ctr.monitoring.rolling import Window, summary
from core.ctr.runs import report_of
from core.errors import WorkbenchError
from core.notifications.notifier import notify
from core.security.policy import LOCAL_ANALYST, Principal, Role
from core.settings.current import get_settings
from core.storage.database import utc_now
from core.telemetry.logs import get_logger
from core.telemetry.measures import SYSTEM, forget_old_measures, record_system, requests_since

ACCURACY_LIMIT = 0.7
RESPONSE_LIMIT_MS = 500.0
ERROR_RATE_LIMIT = 0.05
MIN_REQUESTS = 20
LOOKS_BACK = timedelta(days=7)  # answers of a run that are judged
API_LOOKS_BACK = timedelta(minutes=5)
CLEANS_EVERY_S = 3600.0
WIDER = 2.575829 / 1.959964  # from a 95 % to a 99 % interval: checks are many

log = get_logger("checks")
_last_clean = [0.0]
_judged: dict[str, tuple[tuple[object, ...], tuple[Observation, ...]]] = {}  # nothing new: the same answer again


def run_checks() -> tuple[Alert, ...]:
    """Measure, compare, open and close alerts, tell about the new ones; those that were opened."""
    record_system()
    if time.monotonic() - _last_clean[0] > CLEANS_EVERY_S:
        _last_clean[0] = time.monotonic()
        forget_old()
        forget_old_measures()
    opened, closed = settle([*api_observations(), *_of_all_runs()])
    for alert in opened:
        log.warning("alert_opened", kind=alert.kind, severity=alert.severity, run_id=alert.run_id)
        tell(alert)
    for alert in closed:
        log.info("alert_closed", kind=alert.kind, run_id=alert.run_id)
    return opened


def tell(alert: Alert) -> None:
    """Notify the alert's owner through WORKBENCH_ALERT_CHANNELS, in the language of the installation."""
    channels = get_settings().alert_channels
    if not channels:
        return
    language = "ko" if get_settings().language == "ko" else "en"
    owner = LOCAL_ANALYST if alert.owner == SYSTEM else Principal(alert.owner, Role.ANALYST)
    text = alert.text(language)
    notify(owner, channels=channels, subject=text.split(".")[0][:120], text=text, about=alert.run_id or SYSTEM)


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


def _of_all_runs() -> Iterator[Observation]:
    """Everybody's answers of each run, told to the owner of the run."""
    since = utc_now() - LOOKS_BACK
    for run_id in logged_runs(principal=LOCAL_ANALYST, since=since):
        version = version_of(run_id, principal=LOCAL_ANALYST, since=since)
        if _judged.get(run_id, ((), ()))[0] != version:
            try:
                report = report_of(run_id, principal=LOCAL_ANALYST)
            except WorkbenchError as error:  # deleted since, or its files are gone; the others are still checked
                log.warning("run_not_checked", run_id=run_id, reason=error.code)
                continue
            rows = logged(run_id, principal=LOCAL_ANALYST, since=since)
            found = tuple(run_observations(report.run.job.owner, run_id, report.document, rows)) if len(rows) else ()
            _judged[run_id] = version, found
        yield from _judged[run_id][1]
