"""The stages of `ctr_large`, each meant for a process of its own: `python -m benchmarks.ctr_large_stages STAGE FOLDER`.

What a stage found is one line of JSON, the last that it prints; what the next one needs lies in the folder.
"""

from __future__ import annotations

import json
import os
import pickle
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

MODELS = "order_logistic,boosted_trees"
ALONE, WORKERS = "alone", "workers"


def generate(folder: Path) -> dict[str, Any]:
    """The file as somebody would bring it, and the true probabilities beside it."""
    import numpy as np

    from core.ctr.samples.impressions_file import write_impressions

    path = folder / "impressions.parquet"
    np.save(folder / "truth.npy", write_impressions(path, rows=int(os.environ["LARGE_ROWS"])))
    return {"bytes": path.stat().st_size}


def store(folder: Path) -> dict[str, Any]:
    """Taken in, put through the gate and profiled: the stages one after the other, as the room does it."""
    from core.ctr.data.long_files import store_impressions_file
    from core.security.policy import LOCAL_ANALYST
    from core.storage.migrations import migrate

    migrate()
    marks: dict[str, float] = {}

    def progress(step: str, _: float) -> None:
        marks.setdefault(step, time.perf_counter())

    started = time.perf_counter()
    path = folder / "impressions.parquet"
    dataset = store_impressions_file(path, name=path.name, principal=LOCAL_ANALYST, progress=progress)
    ended = time.perf_counter()
    (folder / "dataset").write_text(dataset.id, "utf-8")
    return {
        "bytes": dataset.bytes,
        "rows": dataset.rows,
        "columns": len(dataset.columns),
        "findings": sorted({one.code for one in dataset.findings}),
        "steps": {"store": marks["check"] - started, "gate": marks["profile"] - marks["check"],
                  "profile": ended - marks["profile"]},
    }  # fmt: skip


def train(folder: Path) -> dict[str, Any]:
    """Split and sampled, trained with full passes where a model can, and scored on all test rows."""
    import numpy as np

    from core.ctr.evaluating.scores import score
    from core.ctr.reporting.report_document import report_document
    from core.ctr.training.config import TrainingConfig
    from core.ctr.training.rows import load_impressions
    from core.ctr.training.train import train_candidates
    from core.security.policy import LOCAL_ANALYST

    asked = {"dataset_id": (folder / "dataset").read_text("utf-8"), "models": MODELS, "trials": 1}
    asked["max_rows"] = int(os.environ.get("LARGE_SAMPLE", "0"))
    config = TrainingConfig.from_parameters(asked)
    started = time.perf_counter()
    data = load_impressions(config, principal=LOCAL_ANALYST)
    split = time.perf_counter() - started

    def told(step: str, fraction: float, **figures: Any) -> None:
        print(step, f"{fraction:.2f}", figures, f"{time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)

    result = train_candidates(config, data, progress=told)
    report_document(result, run_id="benchmark")
    (folder / "models.pickle").write_bytes(
        pickle.dumps({name: one.model.save() for name, one in result.candidates.items()})
    )
    (folder / "chosen").write_text(result.choice.name, "utf-8")
    assert data.long is not None
    assert result.every_test_row is not None
    places = np.sort(data.long.split.test)
    truth, clicked = np.load(folder / "truth.npy")[places], _target(folder)[places]
    best = score(clicked, truth.astype(np.float64), base_rate=float(clicked.mean()))
    return {
        "steps": {"split and sample": split, **{name: round(one, 1) for name, one in result.seconds.items()}},
        "sampled": {name: len(rows) for name, rows in data.split.parts.items()},
        "parts": {name: len(rows) for name, rows in data.long.split.parts.items()},
        "rows_seen": result.rows_seen,
        "scores": result.every_test_row.scores,
        "test_rows": result.every_test_row.rows,
        "best": best,
        "chosen": result.choice.name,
        "finding": data.findings[-1].text("en"),
    }


def score_rows(folder: Path, written: str = "scores.parquet") -> dict[str, Any]:
    """Every row scored by the chosen model, into a Parquet file."""
    from core.ctr.models.baselines import load_model
    from core.ctr.scoring import score_parquet
    from core.datasets.records import get_dataset
    from core.security.policy import LOCAL_ANALYST

    name = (folder / "chosen").read_text("utf-8")
    model = load_model(name, pickle.loads((folder / "models.pickle").read_bytes())[name])
    path = get_dataset((folder / "dataset").read_text("utf-8"), principal=LOCAL_ANALYST).path
    found = score_parquet(model, path, folder / written)
    return {"model": name, "rows": found.rows, "seconds": found.seconds, "click_rate": found.click_rate}


def alone(folder: Path) -> dict[str, Any]:
    """The stored file gated, profiled, trained and scored once more, by this process."""
    return _steps(folder, ALONE)


def on_workers(folder: Path) -> dict[str, Any]:
    """What `alone` does, by a scheduler and two workers that this process starts."""
    from core.settings.current import get_settings
    from tests.cluster.dask_processes import DaskProcesses
    from tests.cluster.pinned_code import dask_setup

    processes = DaskProcesses(folder)
    # What the tests bring with them sets a home of its own.
    os.environ |= {"WORKBENCH_HOME": str(folder / "home"), "WORKBENCH_DASK_ADDRESS": processes.address}
    get_settings.cache_clear()
    dask_setup(None)  # as its workers do
    try:
        processes.start_scheduler()
        for name in ("first", "second"):
            processes.start_worker(name, WORKBENCH_DASK_ADDRESS="")
        processes.wait_for_workers(2)
        return _steps(folder, WORKERS) | {
            "probabilities_apart": _farthest(_scores(folder, ALONE), _scores(folder, WORKERS))
        }
    finally:
        processes.stop()


def _steps(folder: Path, by: str) -> dict[str, Any]:
    """Seconds of each step, and what they found; the probabilities of all rows stay in the folder."""
    from core.ctr.data.file_quality import check_impressions_file
    from core.datasets.profiling import profile_parquet
    from core.datasets.records import get_dataset
    from core.security.policy import LOCAL_ANALYST

    dataset = get_dataset((folder / "dataset").read_text("utf-8"), principal=LOCAL_ANALYST)
    marks = [time.perf_counter()]
    findings = check_impressions_file(dataset.path)
    marks.append(time.perf_counter())
    profile = profile_parquet(dataset.path)
    marks.append(time.perf_counter())
    trained = train(folder)
    marks.append(time.perf_counter())
    score_rows(folder, _scores(folder, by).name)
    marks.append(time.perf_counter())
    seconds = [end - start for start, end in pairwise(marks)]
    return {
        "steps": dict(zip(("gate", "profile", "split, trained, tested", "scored"), seconds, strict=True)),
        "same": findings == dataset.findings,
        "rows": profile.rows,
        "log_loss": {name: one["log_loss"] for name, one in trained["scores"].items()},
    }


def _scores(folder: Path, by: str) -> Path:
    return folder / f"scores-{by}.parquet"


def _farthest(one: Path, other: Path) -> float:
    """The largest difference between two probabilities of the same row."""
    import numpy as np
    import polars as pl

    mine, theirs = (pl.read_parquet(path)["probability"].to_numpy() for path in (one, other))
    return float(np.abs(mine - theirs).max())


def _target(folder: Path) -> Any:
    import polars as pl

    return pl.read_parquet(folder / "impressions.parquet", columns=["clicked"])["clicked"].to_numpy()


STAGES: dict[str, Callable[[Path], dict[str, Any]]] = {
    "generate": generate, "store": store, "train": train, "score": score_rows,
    ALONE: alone, WORKERS: on_workers,
}  # fmt: skip

if __name__ == "__main__":
    print(json.dumps(STAGES[sys.argv[1]](Path(sys.argv[2]))))
