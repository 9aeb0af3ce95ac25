"""A finished training of any number of synthetic rows in a home of its own, for measuring what reads it.

The models learn from at most 60,000 of the training rows; all else, above all the test rows, is of the size asked for.
Run with `python -m benchmarks.ctr_report_run HOME ROWS`; prints processor seconds of each step and peak memory.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from dataclasses import replace
from typing import Any

PIECE = 200_000  # rows drawn at once
LEARNT, CHECKED = 60_000, 20_000  # rows that models are fitted to and chosen on, at most
PARAMETERS = {
    "models": "hashed_logistic,block_logistic,order_logistic", "trials": 1, "experiment_name": "benchmark",
    "explain": False, "value_per_click": 2.0, "cost_per_impression": 0.02,
}  # fmt: skip
TOTAL = "evaluation"


class Clock:
    """Processor seconds of each step since the last one."""

    def __init__(self) -> None:
        self.steps: dict[str, float] = {}
        self.last = time.process_time()

    def done(self, step: str) -> None:
        now = time.process_time()
        self.steps[step], self.last = now - self.last, now


def make_run(rows: int) -> dict[str, Any]:
    """Store, publish and explain the run in the current home; its id and what its steps cost."""
    from core.ctr import publishing
    from core.ctr.reporting import report_document
    from core.ctr.training import train
    from core.ctr.training.config import TrainingConfig
    from core.jobs.records import submit
    from core.security.policy import LOCAL_ANALYST
    from core.storage.migrations import migrate
    from tests.ctr_runs import succeed

    clock = Clock()
    migrate()
    job = submit("ctr_train", PARAMETERS, principal=LOCAL_ANALYST)
    config = TrainingConfig.from_parameters(job.parameters)
    data = _data(rows, config, clock)
    clock.done("split")
    trained = train.train_candidates(config, data)
    clock.done("training and evaluation")
    clock.steps[TOTAL] = trained.seconds["evaluate"]
    document = report_document.report_document(trained, run_id=job.id)
    clock.done("report document")
    stored = publishing.store(
        trained, document, run_id=job.id, principal=LOCAL_ANALYST, publish=True, reason="benchmark"
    )
    succeed(job, publishing.result_of(trained, stored))
    clock.done("storing")
    _explain(job.id, trained)
    clock.done("explanation of few rows")
    return {
        "run_id": job.id,
        "test_rows": len(data.split.test),
        "steps": clock.steps,
        "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
    }


def _data(rows: int, config: Any, clock: Clock) -> Any:
    """Rows of the generator in pieces, gated and split as a training does, fewer of them to learn from."""
    import numpy as np
    import polars as pl

    from core.ctr.data.impressions import read_impressions
    from core.ctr.data.quality import check_impressions
    from core.ctr.data.splits import split_by_time
    from core.ctr.samples.impressions import SAMPLE_NAME, make_impressions
    from core.ctr.training.rows import TrainingData

    frames, truths = [], []
    for number, start in enumerate(range(0, rows, PIECE)):
        sample = make_impressions(rows=min(PIECE, rows - start), seed=100 + number)
        frames.append(sample.frame)
        truths.append(sample.probability)
    frame = pl.concat(frames)
    clock.done("drawing")
    findings = check_impressions(frame)
    clock.done("gate")
    split = split_by_time(frame)
    split = replace(split, train=_some(split.train, LEARNT), validation=_some(split.validation, CHECKED))
    return TrainingData(
        source=SAMPLE_NAME, sha256="", dataset_id="", frame=frame, rows=read_impressions(frame), split=split,
        truth=np.concatenate(truths), synthetic=True, target=config.target, positive=None, findings=findings,
        accepted={},
    )  # fmt: skip


def _some(places: Any, most: int) -> Any:
    return places[:: max(1, len(places) // most)][:most]


def _explain(run_id: str, trained: Any) -> None:
    """A document of the usual shape from few rows: its size follows the columns."""
    from core.ctr.explaining import of_run
    from core.ctr.explaining.explanation import ExplainSettings
    from core.ctr.models.baselines import joined
    from core.jobs.records import submit
    from core.security.policy import LOCAL_ANALYST
    from tests.ctr_runs import succeed

    data = trained.data
    few = ExplainSettings(
        forest_rows=1500, forest_trees=20, permutation_rows=400, repeats=2, surrogate_rows=1500, shap_rows=100
    )
    case = of_run.Case(
        run_id, trained.chosen.model, None, joined(data.part("train"), data.part("validation")),
        data.part("test").take(_some(data.split.test - data.split.test[0], 4000)), data.source, "", synthetic=True,
    )  # fmt: skip
    job = submit("ctr_explain", {"run_id": run_id}, principal=LOCAL_ANALYST)
    document = of_run.explain_case(case, run_id=job.id, settings=few)
    succeed(job, of_run.result_of(document, of_run.store(document, run_id=job.id)))


if __name__ == "__main__":
    os.environ.update(WORKBENCH_HOME=sys.argv[1], OMP_NUM_THREADS="1", POLARS_MAX_THREADS="1")
    print(json.dumps(make_run(int(sys.argv[2]))))
