"""Average precision and log loss of the champion against the document's LSTM and other projects' click models.

Same split by time, same number of settings tried on the same validation rows, refitted on training and validation
rows (the document's LSTM as it says: one setting, ten epochs, no second fit); told on test rows nobody chose by, with
paired 95 % intervals. Synthetic data, three seeds.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.ctr_rivals import FuxiCtr, LightGbm
from benchmarks.report import write_section
from core.ctr.data.impressions import Impressions, read_impressions
from core.ctr.data.splits import split_by_time
from core.ctr.evaluating.bootstrap_intervals import resample
from core.ctr.evaluating.evaluation import best_share
from core.ctr.models.baselines import train
from core.ctr.models.sequence_training import SequenceConfig, train_sequence_model
from core.ctr.samples.guide import ORDER_EFFECTS, STATIC_AND_ORDER
from core.ctr.samples.impressions import make_impressions

CHAMPION, LSTM, LSTM_TUNED = "order_logistic", "LSTM of the document", "LSTM, tuned and refitted"
OURS = {"order_logistic": CHAMPION, "hashed_logistic": "hashed_logistic", "boosted_trees": "HistGradientBoosting"}
LSTM_SETTINGS: tuple[dict[str, Any], ...] = (
    {"batch_size": 1024},
    {},
    {"batch_size": 1024, "learning_rate": 3e-3},
    {"batch_size": 1024, "dropout": 0.4},
)
EFFECT_SETS = {
    "everything": STATIC_AND_ORDER,
    "no order effects": tuple(name for name in STATIC_AND_ORDER if name not in ORDER_EFFECTS),
    "order effects only": ORDER_EFFECTS,
}


def parts_of(seed: int, effects: tuple[str, ...] = STATIC_AND_ORDER) -> tuple[Any, Impressions, Impressions, Any, Any]:
    sample = make_impressions(seed=seed, effects=effects)
    split = split_by_time(sample.frame)
    rows = read_impressions(sample.frame)
    return *(rows.take(places) for places in split.parts.values()), sample.probability[split.test], split  # type: ignore[return-value]


def probabilities_of(
    training: Impressions, validation: Impressions, test: Impressions, trials: int, kept: Path | None
) -> dict[str, np.ndarray]:
    """Test probabilities of every model. kept: a folder in which finished models are found again."""
    makers: dict[str, Callable[[], Any]] = {
        shown: partial(_ours, name, training, validation, trials) for name, shown in OURS.items()
    }
    for rival in (LightGbm(), FuxiCtr("DIN"), FuxiCtr("DCNv2")):
        makers[rival.name] = partial(rival.fit, training, validation, trials)
    makers[LSTM] = partial(_network, training, validation)
    makers[LSTM_TUNED] = partial(_network, training, validation, trials=LSTM_SETTINGS[:trials], refit=True)
    return {name: _kept(kept, name, make, test) for name, make in makers.items()}


def _kept(folder: Path | None, name: str, make: Callable[[], Any], test: Impressions) -> np.ndarray:
    file = None if folder is None else folder / f"{name.replace(' ', '_')}.npy"
    if file is not None and file.exists():
        return np.asarray(np.load(file))
    begun = time.perf_counter()
    found = np.asarray(make().predict_proba(test), np.float64)
    print(f"{name}: {time.perf_counter() - begun:.0f} s", flush=True)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        np.save(file, found)
    return found


def _ours(name: str, training: Impressions, validation: Impressions, trials: int) -> Any:
    return train((name,), training, validation, trials=trials)[name].model


def _network(training: Impressions, validation: Impressions, **budget: Any) -> Any:
    config = SequenceConfig(patience=10)  # all ten epochs; the best one on validation rows is kept
    return train_sequence_model(training, validation, config=config, **budget).trained.model


def compare_models(seeds: list[int], trials: int, keep: Path | None) -> str:
    lines = [
        "| seed | model | AP (95 %) | share of best AP | AUC | log loss | challenge | challenge, prior-shifted | "
        f"AP of {CHAMPION} minus this (95 %) |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for seed in seeds:
        training, validation, test, truth, _ = parts_of(seed)
        base_rate = float(np.concatenate([training.labels, validation.labels]).mean())
        found = probabilities_of(training, validation, test, trials, keep and keep / f"seed{seed}-trials{trials}")
        resampled = resample(test.labels, found, base_rate=base_rate)
        for name in sorted(found, key=lambda one: -resampled.values[one]["average_precision"]):
            own, ap = resampled.values[name], resampled.interval(name, "average_precision")
            share = best_share(test.labels, found[name], truth, base_rate=base_rate).average_precision
            gap = resampled.difference(CHAMPION, name, "average_precision")
            cells = [
                str(seed),
                name,
                f"{ap.value:.4f} ({ap.low:.4f} to {ap.high:.4f})",
                f"{share:.2f}",
                f"{own['auc']:.3f}",
                f"{own['log_loss']:.5f}",
                f"{own['challenge']:.4f}",
                f"{own['challenge_prior_shifted']:.4f}",
                "-" if name == CHAMPION else f"{gap.value:+.4f} ({gap.low:+.4f} to {gap.high:+.4f})",
            ]
            lines.append(f"| {' | '.join(cells)} |")
        ratio = resampled.values[CHAMPION]["average_precision"] / resampled.values[LSTM]["average_precision"]
        lines.append(f"| {seed} | **champion's AP over the LSTM's** | **{ratio:.2f}** | | | | | | |")
    return "\n".join(lines)


def compare_order(seeds: list[int]) -> str:
    """Where the order-aware columns win: the same linear model with and without them, per set of planted effects."""
    lines = [
        "| planted effects | seed | AP without order | AP with order | difference (95 %) |",
        "| --- | --- | --- | --- | --- |",
    ]
    for title, effects in EFFECT_SETS.items():
        for seed in seeds:
            training, validation, test, _, _ = parts_of(seed, effects)
            names = ("block_logistic", "order_logistic")
            trained = train(names, training, validation)
            found = {name: np.asarray(trained[name].model.predict_proba(test), np.float64) for name in names}
            resampled = resample(test.labels, found, base_rate=float(training.labels.mean()))
            plain, ordered = (resampled.values[name]["average_precision"] for name in names)
            gap = resampled.difference("order_logistic", "block_logistic", "average_precision")
            lines.append(
                f"| {title} | {seed} | {plain:.4f} | {ordered:.4f} | "
                f"{gap.value:+.4f} ({gap.low:+.4f} to {gap.high:+.4f}) |"
            )
            print(lines[-1], flush=True)
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--trials", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="folder in which finished models are kept, to go on after a break")
    asked = parser.parse_args()
    body = (
        f"60,000 synthetic rows per seed, split by time; {asked.trials} setting(s) tried per model.\n\n"
        f"{compare_models(asked.seeds, asked.trials, asked.keep)}\n\n"
        "The challenge score is told for calibrated probabilities and, beside it, for prior-shifted ones, which only "
        "serve that score.\n\n### Where order pays\n\n"
        f"{compare_order(asked.seeds)}"
    )
    write_section("ctr-quality", "CTR: quality of the champion against other models", body)


if __name__ == "__main__":
    main()
