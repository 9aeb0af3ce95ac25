"""What the answers of every run that answered lately say, judged by `alert_rules`; `core.operations.checks` asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

from core.alerts.incidents import Observation
from core.alerts.rules import Rule
from core.ctr.monitoring.alert_rules import run_observations
from core.ctr.monitoring.prediction_log import logged, logged_runs, version_of
from core.ctr.runs import document_of, get_run
from core.errors import WorkbenchError
from core.security.policy import LOCAL_ANALYST
from core.storage.database import utc_now
from core.telemetry.logs import get_logger

LOOKS_BACK = timedelta(days=7)  # answers of a run that are judged

log = get_logger("checks")
_Judged = tuple[tuple[object, ...], tuple[Observation, ...]]
_judged: dict[str, _Judged] = {}  # nothing new: the same answer again


def observations(rules: Mapping[str, Rule]) -> Iterator[Observation]:
    """Everybody's answers of each run, told to the owner of the run. rules: by name; others are not looked at."""
    since = utc_now() - LOOKS_BACK
    running = logged_runs(principal=LOCAL_ANALYST, since=since)
    for gone in set(_judged) - set(running):
        del _judged[gone]
    limits = tuple((one.name, one.limit) for one in rules.values())
    for run_id in running:
        version = (version_of(run_id, principal=LOCAL_ANALYST, since=since), limits)
        if _judged.get(run_id, ((), ()))[0] != version:
            try:
                run = get_run(run_id, principal=LOCAL_ANALYST)
                document = document_of(run)
            except WorkbenchError as error:  # deleted since, or its files are gone; the others are still checked
                log.warning("run_not_checked", run_id=run_id, reason=error.code)
                continue
            rows = logged(run_id, principal=LOCAL_ANALYST, since=since)
            found = tuple(run_observations(run.job.owner, run_id, document, rows, rules)) if len(rows) else ()
            _judged[run_id] = version, found
        yield from _judged[run_id][1]
