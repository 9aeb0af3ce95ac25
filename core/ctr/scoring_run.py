"""One scoring of a dataset by a model of a run: the scores as an artifact, and what they look like."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from core.ctr.data.impressions import Impressions, read_impressions
from core.ctr.data.schema import ROOM, TARGET
from core.ctr.evaluating.scores import Floats
from core.ctr.models.baselines import ClickModel
from core.ctr.models.linear_models import order_logistic
from core.ctr.samples.impressions import SAMPLE_NAME, make_impressions
from core.ctr.scoring import EDGES, ScoredFile, score_parquet
from core.errors import Unavailable
from core.security.policy import Permission, Principal, require
from core.settings.current import get_settings
from core.storage.artifacts import save_artifact
from core.storage.shared_files import here

SAMPLE_RUN = "sample"  # stands for a small model of the synthetic sample, trained on the spot
SAMPLE_TRAINED, SAMPLE_SCORED = 4000, 2000  # rows
SCORES = "scores.parquet"
SLOT = "scores"


@dataclass(frozen=True)
class Scorer:
    """A model and where it comes from. reference: what its evaluation rows looked like; None for the sample's."""

    model: ClickModel
    run_id: str
    target: str
    reference: dict[str, Any] | None


@dataclass(frozen=True)
class Scoring:
    """A finished scoring: what was scored by what, the figures, and where the artifact lies."""

    source: str
    sha256: str
    synthetic: bool
    scorer: Scorer
    scored: ScoredFile
    logged: int
    artifact: dict[str, str]

    def result(self) -> dict[str, Any]:
        """Plain values for the job record."""
        return {
            "run_id": self.scorer.run_id,
            "model": self.scorer.model.name,
            "source": self.source,
            "synthetic": self.synthetic,
            "rows": self.scored.rows,
            "click_rate": self.scored.click_rate,
            "seconds": round(self.scored.seconds, 3),
            "rows_per_second": round(self.scored.rows_per_second),
            "distribution": self.distribution(),
            "logged": self.logged,
            "artifact": self.artifact,
        }

    def distribution(self) -> list[dict[str, float]]:
        """Rows per range of probability: from, to, rows."""
        bounds = pairwise((0.0, *EDGES, 1.0))
        return [
            {"from": low, "to": high, "rows": rows}
            for (low, high), rows in zip(bounds, self.scored.counts, strict=True)
        ]


def scorer_of(run_id: str, name: str, *, principal: Principal) -> Scorer:
    """The model `name` of a run (empty: the chosen one), or a small one of the synthetic sample for "sample".

    Raises NotFound and Conflict as `core.ctr.runs` does.
    """
    require(principal, Permission.CTR_PREDICT)
    if run_id == SAMPLE_RUN:
        rows = read_impressions(make_impressions(rows=SAMPLE_TRAINED).frame)
        return Scorer(order_logistic().fit(rows), SAMPLE_RUN, TARGET, None)
    from core.ctr.runs import document_of, get_run, model_of

    run = get_run(run_id, principal=principal)
    document, model = document_of(run), model_of(run.id, name or None, principal=principal)
    return Scorer(model, run.id, document["data"]["target"], document["reference"])


def score_dataset(
    dataset_id: str, scorer: Scorer, *, job_id: str, log_predictions: bool, principal: Principal,
    progress: Callable[[float], None] = lambda fraction: None,
) -> Scoring:  # fmt: skip
    """Score every row of a dataset, or of a few synthetic impressions when it names none, and keep the scores.

    Only a batch is in memory at a time, and the finished file once. log_predictions: every row goes into the
    prediction log. Raises NotFound for a dataset that is not there and Unavailable when its file is gone.
    """
    require(principal, Permission.CTR_PREDICT)
    logged = 0

    def watch(rows: Impressions, probability: Floats, seconds: float) -> None:
        nonlocal logged
        from core.ctr.evaluating.reference import codes_of
        from core.ctr.monitoring.prediction_log import record_predictions

        # Of one row: a batch of thousands is no slow answer.
        latency_ms = 1000 * seconds / len(rows)
        segments = None if scorer.reference is None else codes_of(rows, scorer.reference)
        logged += len(
            record_predictions(
                run_id=scorer.run_id, model=scorer.model.name, probabilities=probability, latency_ms=latency_ms,
                principal=principal, segments=segments,
            )
        )  # fmt: skip

    home = get_settings().home
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".scoring-", dir=home) as folder:
        source, sha256, path = _source(dataset_id, Path(folder), principal)
        target = Path(folder) / SCORES
        scored = score_parquet(
            scorer.model,
            path,
            target,
            progress=progress,
            watch=watch if log_predictions else None,
            click_column=scorer.target,
        )
        place = save_artifact(
            ROOM,
            job_id,
            {SCORES: target.read_bytes()},
            {
                "run": scorer.run_id,
                "model": scorer.model.name,
                "data": {"source": source, "sha256": sha256, "rows": scored.rows, "synthetic": not dataset_id},
            },
            slot=SLOT,
        )
    artifact = {"path": place.path, "sha256": place.sha256, "file": SCORES}
    return Scoring(source, sha256, not dataset_id, scorer, scored, logged, artifact)


def _source(dataset_id: str, folder: Path, principal: Principal) -> tuple[str, str, Path]:
    """Name, SHA-256 and Parquet file of what is scored."""
    from core.datasets.table_files import checksum

    if not dataset_id:
        path = folder / "sample.parquet"
        make_impressions(rows=SAMPLE_SCORED, seed=SAMPLE_SCORED).frame.write_parquet(path)
        return SAMPLE_NAME, checksum(path), path
    from core.datasets.records import get_dataset

    dataset = get_dataset(dataset_id, principal=principal)
    if not here(dataset.path, sha256=dataset.sha256):
        raise Unavailable("datasets.file_missing", name=dataset.name)
    return dataset.name, dataset.sha256, dataset.path
