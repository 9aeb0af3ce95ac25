"""A training that is killed: lost within a heartbeat, nothing half-written, and a retry goes on where it was."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator

import pytest

from core.ctr import runs
from core.ctr.data.datasets import store_impressions
from core.datasets.uploads import uploaded_from_frame
from core.jobs import records
from core.jobs.job import ENDED
from core.jobs.running.dispatcher import Dispatcher
from core.security.policy import LOCAL_ANALYST
from core.settings.current import get_settings
from tests.ctr_runs import impressions
from tests.jobs.conftest import at_work, processes_of, wait_for, wait_until

EPOCHS = 15
NETWORK = {
    "models": "lstm", "epochs": EPOCHS, "patience": 50, "lstm_hidden": 8, "mlp_hidden": "16", "batch_size": 128,
    "max_events": 60, "explain": False, "publish_reason": "a test",
}  # fmt: skip


@pytest.fixture
def dispatcher(home: object, settings_from: Callable[..., object]) -> Iterator[Dispatcher]:
    settings_from(WORKBENCH_HEARTBEAT_S="0.5", WORKBENCH_SAMPLE_DATA="false")
    with at_work() as working:
        yield working


def epochs_told(job_id: str) -> list[int]:
    story = records.events(job_id, principal=LOCAL_ANALYST, limit=5000)
    return [int(one.payload["epoch"]) for one in story if one.kind == "progress" and "val_loss" in one.payload]


@pytest.mark.soak
@pytest.mark.notebook
@pytest.mark.fault(
    "SIGKILL of a training", "killed between checkpoints",
    "it is lost, and a retry goes on from the checkpoint",
)  # fmt: skip
def test_when_a_training_is_killed_then_it_is_lost_and_a_retry_goes_on_from_the_checkpoint(
    dispatcher: Dispatcher,
) -> None:
    dataset = store_impressions(uploaded_from_frame(impressions(2000)[0]), name="small", principal=LOCAL_ANALYST)
    first = records.submit("ctr_train", {"dataset_id": dataset.id, **NETWORK}, principal=LOCAL_ANALYST)
    wait_until(lambda: len(epochs_told(first.id)) >= 2, seconds=120)
    running = records.get_job(first.id, principal=LOCAL_ANALYST)

    os.kill(running.pid or 0, signal.SIGKILL)

    wait_for(first.id, "lost", seconds=20)
    wait_until(lambda: processes_of(running.claim or "") == [])
    assert not (get_settings().models_dir / "ctr" / first.id).exists()
    told = epochs_told(first.id)
    again = wait_for(records.retry(first.id, principal=LOCAL_ANALYST).id, *ENDED, seconds=180)
    assert again.state == "succeeded", again.error
    assert epochs_told(again.id)[0] >= told[-1]  # the last one told may have died before it was kept
    history = runs.report_of(again.id, principal=LOCAL_ANALYST).document["history"]["lstm"]
    assert [one["epoch"] for one in history] == list(range(1, EPOCHS + 1))
    assert not (get_settings().data_dir / "checkpoints" / first.id).exists()
