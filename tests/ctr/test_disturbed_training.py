"""Trainings that are disturbed: a deleted dataset, a quick cancel, two at once; nothing half-written is left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.ctr import runs
from core.ctr.data.datasets import store_impressions
from core.ctr.training.config import TrainingConfig
from core.ctr.training.rows import load_impressions
from core.datasets.records import Dataset, delete_dataset
from core.datasets.uploads import uploaded_from_frame
from core.errors import Conflict, NotFound
from core.jobs import records
from core.jobs.job import ENDED
from core.jobs.running.dispatcher import Dispatcher
from core.messages import say
from core.security.policy import LOCAL_ANALYST
from core.storage import champions
from tests.api.conftest import make_client
from tests.ctr.test_bad_input import assert_says, half_written, stored_models, table, upload
from tests.ctr_runs import succeed, trained
from tests.jobs.conftest import at_work, processes_of, wait_for, wait_until

QUICK = {"models": "hashed_logistic", "trials": 1, "split": "stratified", "explain": False}


def test_when_the_dataset_is_deleted_after_it_was_read_then_training_goes_on_and_the_report_stays(home: Path) -> None:
    dataset = upload(home, table())
    job = records.submit("ctr_train", {"dataset_id": dataset.id, **QUICK}, principal=LOCAL_ANALYST)
    config = TrainingConfig.from_parameters(job.parameters)
    data = load_impressions(config, principal=LOCAL_ANALYST)

    delete_dataset(dataset.id, principal=LOCAL_ANALYST)
    succeed(job, trained(job.id, config, data, reason="a test"))

    report = runs.report_of(job.id, principal=LOCAL_ANALYST).document
    assert (report["data"]["dataset_id"], report["data"]["source"]) == (dataset.id, "clicks.csv")
    with pytest.raises(NotFound) as gone:
        runs.data_of(job.id, principal=LOCAL_ANALYST)
    assert_says(gone.value, dataset.id)


def test_when_the_dataset_is_deleted_before_a_training_is_asked_for_then_the_sentence_names_it(home: Path) -> None:
    dataset = upload(home, table())
    delete_dataset(dataset.id, principal=LOCAL_ANALYST)

    answer = make_client().post("/api/train", json={"file_id": dataset.id}, headers={"Accept-Language": "ko"})

    assert (answer.status_code, answer.json()["code"]) == (404, "DATASETS_NOT_FOUND")
    assert dataset.id in answer.json()["message"]
    assert records.list_jobs(principal=LOCAL_ANALYST) == ()


@pytest.fixture
def dispatcher(home: Path, settings_from: Callable[..., object]) -> Iterator[Dispatcher]:
    settings_from(WORKBENCH_HEARTBEAT_S="0.5", WORKBENCH_SAMPLE_DATA="false", WORKBENCH_JOBS_PARALLEL="2")
    with at_work() as working:
        yield working


def submit(dataset: Dataset, **parameters: Any) -> records.Job:
    asked = {"dataset_id": dataset.id, **QUICK, "publish_reason": "a test", **parameters}
    return records.submit("ctr_train", asked, principal=LOCAL_ANALYST)


def small_dataset() -> Dataset:
    return store_impressions(uploaded_from_frame(table()), name="small", principal=LOCAL_ANALYST)


@pytest.mark.notebook
def test_when_a_training_is_cancelled_in_its_first_second_then_it_leaves_no_model_and_no_process(
    home: Path, dispatcher: Dispatcher
) -> None:
    job = submit(small_dataset())
    claim = wait_for(job.id, "running").claim

    records.cancel(job.id, principal=LOCAL_ANALYST)

    cancelled = wait_for(job.id, "cancelled", seconds=20)
    wait_until(lambda: processes_of(claim or "") == [])
    assert (cancelled.error, cancelled.result) == (None, None)
    assert (stored_models(home), half_written(home)) == ([], [])
    with pytest.raises(Conflict) as unfinished:
        runs.report_of(job.id, principal=LOCAL_ANALYST)
    assert_says(unfinished.value, job.id)
    assert champions.current("ctr") is None


@pytest.mark.notebook
def test_when_the_dataset_of_a_waiting_training_is_deleted_then_the_run_fails_and_names_it(
    home: Path, settings_from: Callable[..., object], request: pytest.FixtureRequest
) -> None:
    dataset = small_dataset()
    job = submit(dataset)
    delete_dataset(dataset.id, principal=LOCAL_ANALYST)

    request.getfixturevalue("dispatcher")

    failed = wait_for(job.id, *ENDED, seconds=90)
    assert failed.state == "failed"
    assert failed.error is not None
    assert failed.error["key"] == "datasets.not_found"
    assert dataset.id in say(failed.error["key"], "ko", **failed.error["details"])
    assert (stored_models(home), half_written(home)) == ([], [])


@pytest.mark.notebook
def test_when_two_trainings_run_at_once_then_both_succeed_and_one_of_them_is_published(
    home: Path, dispatcher: Dispatcher
) -> None:
    dataset = small_dataset()
    jobs = [submit(dataset, seed=seed) for seed in (1, 2)]

    for job in jobs:
        wait_for(job.id, "running", seconds=20)  # the second does not wait for the first
    ended = [wait_for(job.id, *ENDED, seconds=120) for job in jobs]

    assert [(job.state, job.error) for job in ended] == [("succeeded", None)] * 2
    reports = [runs.report_of(job.id, principal=LOCAL_ANALYST).document for job in jobs]
    assert [report["run_id"] for report in reports] == [job.id for job in jobs]
    assert reports[0]["evaluation"]["scores"] != reports[1]["evaluation"]["scores"]
    published = champions.history("ctr")
    assert {one.run_id for one in published} == {job.id for job in jobs}
    assert (stored_models(home), half_written(home)) == (sorted(job.id for job in jobs), [])
