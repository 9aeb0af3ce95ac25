"""One training as a real job: it begins, is stopped with its processes, goes on under its key, and is complete."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from core.fragrance.tuning import trainings
from core.jobs.records import get_job
from core.security.policy import LOCAL_ANALYST
from tests.jobs.conftest import at_work, processes_of, wait_until

PATIENCE_S = 140  # two kernels that import torch, on a busy machine
ITEMS = [
    {"input": f"a brief of number {number}", "output": f"Rose {number} over musk, {number} petals on wet cedar."}
    for number in range(60)
]


def start() -> trainings.Training:
    return trainings.start(
        ITEMS, principal=LOCAL_ANALYST, num_epochs=10, batch_size=1, lora_r=4, learning_rate=0.002, key="real"
    )


@pytest.mark.soak  # two kernels that import torch; resuming itself is tested in test_tuning_generator
def test_when_a_training_is_stopped_and_asked_for_again_then_it_goes_on_to_its_end(
    home: Path, settings_from: Callable[..., object]
) -> None:
    settings_from(WORKBENCH_HEARTBEAT_S="0.5", WORKBENCH_SAMPLE_DATA="0")

    def look(training: trainings.Training) -> trainings.Training:
        return trainings.status(training.id, principal=LOCAL_ANALYST)

    with at_work():
        first = start()
        assert first.state == "initializing"
        wait_until(lambda: look(first).eval_loss is not None, PATIENCE_S)
        claim = get_job(first.id, principal=LOCAL_ANALYST).claim or ""
        assert look(first).state == "running"
        assert processes_of(claim)
        trainings.stop(first.id, principal=LOCAL_ANALYST)
        wait_until(lambda: look(first).state == "stopped", PATIENCE_S)
        wait_until(lambda: not processes_of(claim))

        again = start()
        wait_until(lambda: look(again).state in ("completed", "failed"), PATIENCE_S)

    done = look(again)
    assert (done.state, done.progress, done.epoch) == ("completed", 1.0, 10), done.error
    result = get_job(again.id, principal=LOCAL_ANALYST).result or {}
    assert result["resumed_after"] >= 1
    assert len(result["course"]) == 10
    assert (home / (done.place or "") / "adapter_model.safetensors").exists()
    assert not done.published  # the tiny base never is
    assert not (home / "data" / "checkpoints" / first.id).exists()
