"""The state of a run at work in one value: what pages, dashboards and sockets show of its log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.alerts.incidents import Incident, open_incidents
from core.ctr.monitoring.drift import Drift, drifts
from core.ctr.monitoring.prediction_log import Logged, logged
from core.ctr.monitoring.rolling import Period, Window, rolling, summary
from core.ctr.runs import Run, document_of, get_run
from core.security.policy import Principal

ROLLING_ROWS = 100_000


@dataclass(frozen=True)
class LiveRun:
    """window: over all rows at hand, None before any prediction. drifts: the least likely first."""

    run: Run
    model: str
    reference: dict[str, Any]
    evaluation: dict[str, Any]
    window: Window | None
    drifts: tuple[Drift, ...]
    alerts: tuple[Incident, ...]
    log: Logged

    def windows(self, period: Period) -> tuple[Window, ...]:
        """The same rows by day, week or month."""
        return rolling(self.log, period, self.reference)


def live_run(run_id: str, *, principal: Principal) -> LiveRun:
    """The newest ROLLING_ROWS answers of a run, or of the newest one for "latest". Raises NotFound and Conflict."""
    run = get_run(run_id, principal=principal)
    document, log = document_of(run), logged(run.id, principal=principal, limit=ROLLING_ROWS)
    reference = document["reference"]
    return LiveRun(
        run=run,
        model=document["champion"]["name"],
        reference=reference,
        evaluation=document["evaluation"],
        window=summary(log, reference) if len(log) else None,
        drifts=drifts(log.bins, log.probability, reference) if len(log) else (),
        alerts=open_incidents(principal=principal, run_id=run.id),
        log=log,
    )
