"""The path most users need (read, gate, split, train the champion, score, evaluate) against ten plain epochs.

The plain recipe (per-row dataset, padding, packed sequences) is timed on sampled rows and scaled by rows and lengths.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.report import write_section

ROUNDS = 3
GOAL = 1000  # times faster than ten plain epochs
EPOCHS = 10
SAMPLED_ROWS, SAMPLES = 512, 2
STEPS = ("imports", "read", "gate", "split", "arrays", "train", "score", "evaluate")


def whole_path(path: Path) -> dict[str, list[float]]:
    """Step -> wall and processor seconds. Meant for a fresh process: imports are a step."""
    found: dict[str, list[float]] = {}
    last = [time.perf_counter(), time.process_time()]

    def done(step: str) -> None:
        now = [time.perf_counter(), time.process_time()]
        found[step] = [new - old for new, old in zip(now, last, strict=True)]
        last[:] = now

    from core.ctr.data.impressions import read_impressions
    from core.ctr.data.quality import check_impressions, check_split
    from core.ctr.data.splits import split_by_time
    from core.ctr.evaluating.evaluation import evaluate
    from core.ctr.models.baselines import train
    from core.datasets.uploads import read_upload

    done("imports")
    frame = read_upload(path, path.name, limit_bytes=1 << 30).frame
    done("read")
    check_impressions(frame)
    done("gate")
    split = split_by_time(frame)
    check_split(frame, split.parts)
    done("split")
    rows = read_impressions(frame)
    training, validation, test = (rows.take(places) for places in split.parts.values())
    done("arrays")
    model = train(["order_logistic"], training, validation)["order_logistic"].model
    done("train")
    probability = model.predict_proba(test)
    done("score")
    evaluate("order_logistic", test.labels, probability, base_rate=float(training.labels.mean()), by=test.categories)
    done("evaluate")
    return found


def plain_epochs() -> tuple[float, float, int]:
    """Wall and processor seconds of EPOCHS plain epochs, scaled, and the training rows."""
    import numpy as np

    from benchmarks.ctr_sequence_epoch import SequenceConfig, data, new_network, numeric_threads, plain_seconds

    dataset, random = data(), np.random.default_rng(0)
    _, network = new_network(dataset.rows, SequenceConfig())
    found = []
    with numeric_threads():
        for _ in range(SAMPLES):
            places = random.permutation(len(dataset))[:SAMPLED_ROWS]
            wall, processor, _ = plain_seconds(network, dataset, places)
            share = dataset.events.lengths[places].sum() / len(dataset.events.values)
            found.append((EPOCHS * wall / share, EPOCHS * processor / share))
    wall, processor = (statistics.median(column) for column in zip(*found, strict=True))
    return wall, processor, len(dataset)


def main() -> None:
    from core.ctr.samples.impressions import make_impressions

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "impressions.csv"
        make_impressions().frame.write_csv(path)
        megabytes = path.stat().st_size / 1e6
        one_thread = os.environ | {"OMP_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1"}
        command = [sys.executable, "-m", "benchmarks.ctr_whole_path", str(path)]
        runs = []
        for _ in range(ROUNDS + 1):  # the first one compiles what is compiled once per installation
            answer = subprocess.run(command, check=True, capture_output=True, text=True, env=one_thread)
            runs.append(json.loads(answer.stdout.splitlines()[-1]))
    first, runs = sum(one[0] for one in runs[0].values()), runs[1:]
    steps = {step: [statistics.median(run[step][kind] for run in runs) for kind in (0, 1)] for step in STEPS}
    wall, processor = (statistics.median(sum(one[kind] for one in run.values()) for run in runs) for kind in (0, 1))
    plain_wall, plain_processor, rows = plain_epochs()
    table = "\n".join(f"| {step} | {one[0]:.2f} | {one[1]:.2f} |" for step, one in steps.items())
    body = f"""
| step | wall, s | processor, s |
| --- | --- | --- |
{table}
| whole path | {wall:.1f} | {processor:.1f} |
| {EPOCHS} plain epochs of the sequence network (scaled) | {plain_wall:,.0f} | {plain_processor:,.0f} |
| ratio | {plain_wall / wall:,.0f}x | {plain_processor / processor:,.0f}x |

Target: at least {GOAL:,} times faster. 60,000 synthetic rows x 119 columns, {megabytes:.0f} MB of CSV; medians of
{ROUNDS} runs in fresh processes with one thread, imports included; the champion (`order_logistic`) is fitted twice, on
training rows and on training and validation rows, and evaluated with 400 bootstrap draws. The run before those took
{first:.0f} s; where the compiled loops are not on disk yet, it compiles them. The plain recipe ({rows:,} training rows,
batch normalisation, packed sequences, one row of the dataset at a time) was timed on {SAMPLES} batches of
{SAMPLED_ROWS} rows and scaled by events; a whole epoch of it was not run. Load average at the
end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} CPUs.
"""
    write_section("ctr_whole_path", "From a CSV of impressions to an evaluated model", body)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(whole_path(Path(sys.argv[1]))))
    else:
        main()
