"""One round of checks: the machine, the API's answers, and every run that answered lately; see `alert_rules`.

`workbench run` repeats it in the `jobs` process every WORKBENCH_CHECK_EVERY_S seconds.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta

from core.ctr.monitoring.alert_rules import api_observations, run_observations
from core.ctr.monitoring.alerts import Alert, Observation, settle
from core.ctr.monitoring.prediction_log import forget_old, logged, logged_runs, version_of
from core.ctr.runs import document_of, get_run
from core.errors import WorkbenchError
from core.notifications.notifier import notify
from core.security.policy import LOCAL_ANALYST, Principal, Role
from core.settings.current import get_settings
from core.storage.database import utc_now
from core.telemetry.logs import get_logger
from core.telemetry.measures import SYSTEM, forget_old_measures, record_system

LOOKS_BACK = timedelta(days=7)  # answers of a run that are judged
CLEANS_EVERY_S = 3600.0

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


def _of_all_runs() -> Iterator[Observation]:
    """Everybody's answers of each run, told to the owner of the run."""
    since = utc_now() - LOOKS_BACK
    for run_id in logged_runs(principal=LOCAL_ANALYST, since=since):
        version = version_of(run_id, principal=LOCAL_ANALYST, since=since)
        if _judged.get(run_id, ((), ()))[0] != version:
            try:
                run = get_run(run_id, principal=LOCAL_ANALYST)
                document = document_of(run)
            except WorkbenchError as error:  # deleted since, or its files are gone; the others are still checked
                log.warning("run_not_checked", run_id=run_id, reason=error.code)
                continue
            rows = logged(run_id, principal=LOCAL_ANALYST, since=since)
            found = tuple(run_observations(run.job.owner, run_id, document, rows)) if len(rows) else ()
            _judged[run_id] = version, found
        yield from _judged[run_id][1]
