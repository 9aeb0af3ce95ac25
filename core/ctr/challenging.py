"""Whether the model of a run may take the place of the one that serves: compared on rows, and published at most once.

Both score the run's own test rows, which the new model has not seen. The served one may have: where it was trained on
other data, some of these rows can be among it, which only speaks for keeping it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from core.ctr import runs
from core.ctr.evaluating.bootstrap_intervals import resample
from core.ctr.run_files import document_in, files_of, model_in
from core.ctr.scoring import score_frame
from core.datasets.findings import Finding, blocking
from core.errors import ArtifactMissing
from core.intervals import Interval
from core.security.policy import Principal
from core.storage import champions
from core.storage.artifacts import SavedArtifact
from core.storage.champions import Champion
from core.storage.publishing import real_data_behind

AGAINST = ("log_loss", "average_precision")
SAMPLE_RUN = "sample"  # stands for no run at all: nothing is compared and nothing published
NEW, SERVED = "new", "served"


@dataclass(frozen=True)
class Comparison:
    """The new model against the served one on `rows` test rows. differences: score -> new minus served."""

    served_run_id: str
    served_version: str
    served_model: str
    rows: int
    clicks: int
    values: dict[str, dict[str, float]]  # new and served -> score -> value
    differences: dict[str, Interval]

    @property
    def is_worse(self) -> bool:
        """Beyond the 95 % interval, by log loss or by the precision of the top of the list."""
        return self.differences["log_loss"].low > 0 or self.differences["average_precision"].high < 0

    def table(self) -> list[dict[str, Any]]:
        return [
            {"score": name, NEW: self.values[NEW][name], SERVED: self.values[SERVED][name], **asdict(gap)}
            for name, gap in self.differences.items()
        ]


@dataclass(frozen=True)
class Decision:
    """What became of a run's model. why: key of the sentence, `details` fill it in. version: the one that was made."""

    run_id: str
    model: str
    published: bool
    version: str | None
    why: str
    details: dict[str, Any]
    findings: tuple[Finding, ...]
    comparison: Comparison | None

    def result(self) -> dict[str, Any]:
        """Plain values for the job record."""
        return {
            "challenger": self.run_id,
            "model": self.model,
            "promoted": self.published,
            "version": self.version,
            "why": {"key": self.why, "details": self.details},
            "findings": [finding.as_dict() for finding in self.findings],
            "comparison": None if self.comparison is None else asdict(self.comparison),
        }


def publish_unless_worse(run_id: str, *, reason: str = "", principal: Principal) -> Decision:
    """Publish the chosen model of a finished run unless a finding blocks it or the served one is better.

    A run that was published before is left as it is, whatever serves now: a person may have gone back since.
    reason: publishes in spite of findings, for somebody who may. Raises NotFound, Conflict, NotAllowed.
    """
    if run_id == SAMPLE_RUN:
        return Decision(SAMPLE_RUN, "", False, None, "ctr.sample_published_nowhere", {}, (), None)
    run = runs.get_run(run_id, principal=principal)
    document = runs.document_of(run)
    model = document["champion"]["name"]
    if (before := _published_before(run.id)) is not None:
        details = {"version": before.version}
        return Decision(run.id, model, False, before.version, "ctr.published_before", details, (), None)
    champion = champions.current(runs.ROOM, runs.SLOT)
    comparison, against = (None, ()) if champion is None else _against(champion, run, document, principal)
    findings = (*map(Finding.from_dict, document["findings"]), *_sample_over_real(document), *against)
    in_the_way = blocking(findings)
    if in_the_way and not reason.strip():
        first = in_the_way[0]
        return Decision(run.id, model, False, None, first.code, first.details, findings, comparison)
    why, details = _why(comparison)
    artifact = (run.job.result or {})["artifact"]
    promoted = champions.promote(
        runs.ROOM,
        run_id=run.id,
        artifact=SavedArtifact(artifact["path"], artifact["sha256"]),
        findings=[finding.as_dict() for finding in findings],
        why=reason.strip() or f"Not worse than what served; run {run.id}",
        principal=principal,
        slot=runs.SLOT,
        accept_blocking=bool(reason.strip()),
        once=True,
    )
    return Decision(run.id, model, True, promoted.version, why, details, findings, comparison)


def _published_before(run_id: str) -> Champion | None:
    return next((row for row in champions.history(runs.ROOM, runs.SLOT) if row.run_id == run_id), None)


def _against(
    champion: Champion, run: runs.Run, document: dict[str, Any], principal: Principal
) -> tuple[Comparison | None, tuple[Finding, ...]]:
    """The comparison with what serves, and what it has against publishing."""
    try:
        files = files_of(champion.run_id, champion.path, champion.sha256)
    except ArtifactMissing:
        return None, ()  # what cannot be loaded serves nobody
    served = document_in(files, champion.run_id)
    target, columns = document["data"]["target"], document["data"]["column_names"]
    missing = [name for name in served["data"]["column_names"] if name not in columns]
    if missing or served["data"]["target"] != target:
        details = {"version": champion.version, "columns": ", ".join(missing[:5]) or served["data"]["target"]}
        return None, (Finding("ctr.not_comparable", "blocking", None, (), details),)
    name, model = served["champion"]["name"], model_in(files, champion.run_id)
    comparison = _compare(champion, run, document, name, model, principal)
    if not comparison.is_worse:
        return comparison, ()
    gap = comparison.differences["log_loss"]
    precision = comparison.differences["average_precision"]
    details = {
        "version": champion.version,
        "loss_low": f"{gap.low:+.5f}",
        "loss_high": f"{gap.high:+.5f}",
        "precision_low": f"{precision.low:+.4f}",
        "precision_high": f"{precision.high:+.4f}",
    }
    return comparison, (Finding("ctr.worse_than_served", "blocking", None, (), details),)


def _compare(
    champion: Champion, run: runs.Run, document: dict[str, Any], name: str, model: Any, principal: Principal
) -> Comparison:
    data = runs.data_of(run.id, principal=principal)
    kept = runs.test_predictions(run.id, principal=principal)
    labels = kept["labels"].astype(np.int8)
    probabilities = {
        NEW: np.asarray(kept[document["champion"]["name"]], np.float64),
        SERVED: score_frame(model, data.frame[data.split.test], target=data.target),
    }
    base_rate = document["evaluation"]["training_click_rate"]
    resampled = resample(labels, probabilities, base_rate=base_rate)
    return Comparison(
        served_run_id=champion.run_id,
        served_version=champion.version,
        served_model=name,
        rows=len(labels),
        clicks=int(labels.sum()),
        values={who: {score: resampled.values[who][score] for score in AGAINST} for who in probabilities},
        differences={score: resampled.difference(NEW, SERVED, score) for score in AGAINST},
    )


def _sample_over_real(document: dict[str, Any]) -> tuple[Finding, ...]:
    source = real_data_behind(runs.ROOM, runs.SLOT) if document["data"]["synthetic"] else None
    return () if source is None else (Finding("ctr.sample_over_real", "blocking", None, (), {"source": source}),)


def _why(comparison: Comparison | None) -> tuple[str, dict[str, Any]]:
    if comparison is None:
        return "ctr.published_first", {}
    gap = comparison.differences["log_loss"]
    return "ctr.published_not_worse", {
        "version": comparison.served_version, "low": f"{gap.low:+.5f}", "high": f"{gap.high:+.5f}"
    }  # fmt: skip
