"""What each evaluation found, kept over time: the runs, their reports and the course of each measure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from core.errors import Conflict, NotFound
from core.jobs.job import Job
from core.jobs.records import get_job, list_jobs
from core.knowledge.evaluation.asking import Asked
from core.knowledge.evaluation.measures import Measure, by_language
from core.resilience.resident_models import resident
from core.security.policy import Permission, Principal, require
from core.storage.artifacts import SavedArtifact, open_artifact, save_artifact
from core.storage.database import utc_now

ROOM, SLOT, REPORT, NOTEBOOK = "knowledge", "evaluation", "report.json", "knowledge_evaluate"


def report_of(
    asked: Mapping[str, Asked], *, run_id: str, generation: int, encoder_id: str | None, evaluation_set: str
) -> dict[str, Any]:
    """The whole report as plain values. asked: by set of cases. evaluation_set: what confidences are calibrated on."""
    return {
        "run_id": run_id,
        "created_at": utc_now().isoformat(),
        "generation": generation,
        "encoder_id": encoder_id,
        "evaluation_set": evaluation_set,
        "sets": {
            name: {
                "cases": len(one.outcomes),
                "unaskable": list(one.unaskable),
                "measures": {
                    language: {measure: asdict(found) for measure, found in measures.items()}
                    for language, measures in by_language(one.outcomes).items()
                },
                "outcomes": [asdict(outcome) for outcome in one.outcomes],
            }
            for name, one in asked.items()
            if one.outcomes or one.unaskable
        },
    }


def store(report: Mapping[str, Any], *, seed: int = 0) -> SavedArtifact:
    """Keep a report as models/knowledge/RUN/evaluation. Raises StorageFull."""
    metadata = {
        "parameters": {"sets": sorted(report["sets"])},
        "seed": seed,
        "data": {"source": "evaluation cases", "cases": sum(one["cases"] for one in report["sets"].values())},
        "generation": report["generation"],
        "encoder": report["encoder_id"],
        "metrics": metrics_of(report),
    }
    content = json.dumps(report, ensure_ascii=False, allow_nan=False).encode()
    return save_artifact(ROOM, report["run_id"], {REPORT: content}, metadata, slot=SLOT)


def metrics_of(report: Mapping[str, Any]) -> dict[str, float]:
    """The measures of all languages of each set, for the run history: `sample.mrr_at_10`."""
    return {
        f"{name}.{measure}": found["value"]
        for name, one in report["sets"].items()
        for measure, found in one["measures"]["all"].items()
        if found["value"] is not None
    }


def result_of(
    report: Mapping[str, Any], artifact: SavedArtifact, calibration: Mapping[str, Any] | None
) -> dict[str, Any]:
    """The run's result as plain values."""
    told = {name: {"cases": one["cases"], "measures": one["measures"]["all"]} for name, one in report["sets"].items()}
    kept = {key: report[key] for key in ("generation", "encoder_id", "evaluation_set")}
    return {**kept, "sets": told, "calibration": calibration, "artifact": asdict(artifact)}


def list_evaluations(*, principal: Principal, limit: int = 50) -> tuple[Job, ...]:
    """Visible runs of the evaluation notebook, newest first, in whatever state."""
    require(principal, Permission.CHAT_USE)
    return list_jobs(principal=principal, notebook=NOTEBOOK, limit=limit)


def evaluation_report(run_id: str, *, principal: Principal) -> dict[str, Any]:
    """What a finished evaluation found. Raises NotFound, and Conflict while it has no result."""
    require(principal, Permission.CHAT_USE)
    job = get_job(run_id, principal=principal)
    if job.notebook != NOTEBOOK:
        raise NotFound("knowledge.no_such_evaluation", id=run_id)
    place = (job.result or {}).get("artifact")
    if job.state != "succeeded" or place is None:
        raise Conflict("knowledge.evaluation_not_finished", id=run_id, state=job.state)
    return resident(f"knowledge.evaluation.{run_id}", place["sha256"], lambda: _read(place))


def measured(report: Mapping[str, Any], set_name: str, language: str = "all") -> dict[str, Measure]:
    """The measures of one set in one language; empty where the report has none of it."""
    found = report["sets"].get(set_name, {}).get("measures", {}).get(language, {})
    return {name: Measure(**one) for name, one in found.items()}


def course(runs: Sequence[Job], set_name: str, *, principal: Principal) -> list[dict[str, Any]]:
    """One row for each finished run, oldest first: when, which index, which encoder, and its measures."""
    rows = []
    for job in reversed(runs):
        if job.state != "succeeded":
            continue
        report = evaluation_report(job.id, principal=principal)
        if found := measured(report, set_name):
            told = {key: report[key] for key in ("run_id", "created_at", "generation", "encoder_id")}
            rows.append({**told, **{name: one.value for name, one in found.items()}})
    return rows


def _read(place: Mapping[str, str]) -> dict[str, Any]:
    report: dict[str, Any] = open_artifact(place["path"], place["sha256"], room=ROOM).json(REPORT)
    return report
