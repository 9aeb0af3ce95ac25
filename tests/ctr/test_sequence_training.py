"""Training of the sequence network: seeded, stopped early, resumed after a kill with the same result."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.ctr.data.impressions import Impressions
from core.ctr.models import sequence_epochs
from core.ctr.models.sequence_config import SequenceConfig
from core.ctr.models.sequence_epochs import batches_of, fit_epochs
from core.ctr.models.sequence_model import SequenceClassifier
from core.ctr.models.sequence_training import train_sequence_model
from core.errors import BadInput
from tests.ctr.test_sequence_model import some_rows

CONFIG = SequenceConfig(
    lstm_hidden=8, embedding=6, mlp_hidden=(12, 8), epochs=4, patience=4, batch_size=32, learning_rate=0.01
)
TRAINING, VALIDATION = some_rows(120, seed=1), some_rows(80, seed=2)


class Killed(BaseException):
    """Stands for a process that ends in the middle."""


def figures_of(history: tuple[Any, ...]) -> list[dict[str, Any]]:
    return [{**vars(one), "seconds": 0} for one in history]


def killed_after(epochs: int, checkpoint: Path, config: SequenceConfig = CONFIG) -> None:
    def progress(step: str, fraction: float, **figures: Any) -> None:
        if figures.get("val_loss") is not None and figures["epoch"] == epochs:
            raise Killed

    with pytest.raises(Killed):
        fit_epochs(TRAINING, VALIDATION, config=config, checkpoint=checkpoint, progress=progress)


def test_when_training_runs_twice_with_one_seed_then_figures_and_probabilities_are_equal() -> None:
    first, second = (train_sequence_model(TRAINING, VALIDATION, config=CONFIG) for _ in range(2))

    assert abs(first.history[-1].auc - second.history[-1].auc) <= 1e-6
    assert np.allclose(first.trained.validation, second.trained.validation, atol=1e-6)


def test_when_the_seed_is_another_then_the_result_is_another() -> None:
    first = fit_epochs(TRAINING, VALIDATION, config=CONFIG)
    second = fit_epochs(TRAINING, VALIDATION, config=replace(CONFIG, seed=1))

    assert first.history[-1].train_loss != second.history[-1].train_loss


def test_when_epochs_pass_then_the_training_loss_falls() -> None:
    history = fit_epochs(TRAINING, None, config=replace(CONFIG, epochs=12, dropout=0.0)).history

    assert history[-1].train_loss < 0.9 * history[0].train_loss


def test_when_training_is_killed_then_it_goes_on_with_the_result_of_an_unbroken_one(tmp_path: Path) -> None:
    unbroken = fit_epochs(TRAINING, VALIDATION, config=CONFIG)
    killed_after(2, tmp_path / "lstm.npz")
    epochs_told = []

    resumed = fit_epochs(
        TRAINING, VALIDATION, config=CONFIG, checkpoint=tmp_path / "lstm.npz",
        progress=lambda step, fraction, **figures: epochs_told.append(figures["epoch"]),
    )  # fmt: skip

    assert epochs_told == [3, 4]
    assert figures_of(resumed.history) == figures_of(unbroken.history)
    assert np.array_equal(resumed.validation, unbroken.validation)


def test_when_a_checkpoint_is_of_other_rows_or_settings_then_training_starts_afresh(tmp_path: Path) -> None:
    killed_after(2, tmp_path / "lstm.npz")
    other = replace(CONFIG, seed=5)

    afresh = fit_epochs(TRAINING, VALIDATION, config=other, checkpoint=tmp_path / "lstm.npz")

    assert figures_of(afresh.history) == figures_of(fit_epochs(TRAINING, VALIDATION, config=other).history)


def test_when_a_checkpoint_is_damaged_then_training_starts_afresh(tmp_path: Path) -> None:
    path = tmp_path / "lstm.npz"
    killed_after(2, path)
    path.write_bytes(path.read_bytes()[:500])

    assert len(fit_epochs(TRAINING, VALIDATION, config=CONFIG, checkpoint=path).history) == CONFIG.epochs


def test_when_training_has_finished_then_its_checkpoint_gives_the_result_without_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finished = fit_epochs(TRAINING, VALIDATION, config=CONFIG, checkpoint=tmp_path / "lstm.npz")
    monkeypatch.setattr(sequence_epochs, "train_epoch", lambda *about: pytest.fail("trained again"))

    again = fit_epochs(TRAINING, VALIDATION, config=CONFIG, checkpoint=tmp_path / "lstm.npz")

    assert np.array_equal(again.validation, finished.validation)


def losses_in_turn(monkeypatch: pytest.MonkeyPatch, losses: list[float]) -> None:
    given = iter(losses)
    scores = {"val_accuracy": 0.5, "auc": 0.5, "average_precision": 0.5}
    monkeypatch.setattr(sequence_epochs, "_scores", lambda *about: {"val_loss": next(given), **scores})


def test_when_validation_loss_no_longer_falls_then_training_stops_and_keeps_the_best_epoch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    losses_in_turn(monkeypatch, [0.5, 0.4, 0.45, 0.41, 0.3])

    fit = fit_epochs(TRAINING, VALIDATION, config=replace(CONFIG, epochs=5, patience=2))

    assert (len(fit.history), fit.best_epoch) == (4, 2)
    monkeypatch.undo()
    two = fit_epochs(TRAINING, VALIDATION, config=replace(CONFIG, epochs=2))
    assert np.array_equal(fit.validation, two.validation)


def test_when_rows_without_a_click_are_left_out_then_probabilities_keep_the_click_rate() -> None:
    rows = some_rows(900, seed=3)
    rare = rows.take(np.flatnonzero((rows.labels == 0) | (np.arange(900) % 5 == 0)))
    config = replace(CONFIG, downsampling=True, others_per_click=1, epochs=15, dropout=0.0, learning_rate=0.003)

    probability = SequenceClassifier(config).fit(rare).predict_proba(rare)

    assert rare.labels.mean() < 0.12
    assert abs(probability.mean() - rare.labels.mean()) < 0.05


def test_when_there_are_trials_then_the_one_with_the_lowest_loss_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    losses_in_turn(monkeypatch, [0.5, 0.3, 0.4])

    found = train_sequence_model(
        TRAINING, VALIDATION, config=replace(CONFIG, epochs=1), trials=[{}, {"learning_rate": 0.02}, {"dropout": 0.0}]
    )

    assert found.trained.settings == {"learning_rate": 0.02, "epochs": 1}
    assert found.trained.model.config.learning_rate == 0.02


def test_when_a_refit_is_asked_for_then_the_model_learns_from_all_rows_for_the_best_number_of_epochs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    losses_in_turn(monkeypatch, [0.5, 0.4, 0.45, 0.46])
    seen: list[tuple[int, int]] = []
    fit = sequence_epochs.fit_epochs

    def told(training: Impressions, *about: Any, **settings: Any) -> Any:
        seen.append((len(training), settings["config"].epochs))
        return fit(training, *about, **settings)

    monkeypatch.setattr("core.ctr.models.sequence_training.fit_epochs", told)
    train_sequence_model(TRAINING, VALIDATION, config=CONFIG, refit=True)

    assert seen == [(120, 4), (200, 2)]


def test_when_an_epoch_ends_then_progress_tells_all_its_figures() -> None:
    told: list[dict[str, Any]] = []

    train_sequence_model(
        TRAINING, VALIDATION, config=replace(CONFIG, epochs=2),
        progress=lambda step, fraction, **figures: told.append({"fraction": fraction, **figures}),
    )  # fmt: skip

    assert [one["fraction"] for one in told] == [0.5, 1.0]
    assert told[0].keys() >= {"epoch", "epochs", "train_loss", "val_loss", "train_accuracy", "val_accuracy", "auc",
                              "average_precision"}  # fmt: skip


def test_when_batches_are_due_to_be_told_then_each_says_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sequence_epochs, "TELL_EVERY_S", 0.0)
    told: list[dict[str, Any]] = []

    fit_epochs(TRAINING, VALIDATION, config=replace(CONFIG, epochs=1),
               progress=lambda step, fraction, **figures: told.append(figures))  # fmt: skip

    batches = [(one["batch"], one["batches"]) for one in told if "batch" in one]
    assert batches == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_when_one_row_is_left_over_then_it_joins_the_last_batch() -> None:
    assert [len(one) for one in batches_of(np.arange(9), 4)] == [4, 5]


def test_when_the_loss_is_no_longer_a_number_then_training_stops_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "core.ctr.models.sequence_gradients.gradients_of_loss", lambda *about: (float("nan"), np.zeros(1))
    )

    with pytest.raises(BadInput, match="lower learning rate"):
        fit_epochs(TRAINING, VALIDATION, config=CONFIG)
