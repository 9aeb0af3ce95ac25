"""The shipped chain of click models with smaller numbers, through a real dispatcher: run, reused, published once."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.ctr import runs
from core.jobs.chains import chain_runs
from core.jobs.chains.records import ChainRun
from core.security.policy import LOCAL_ANALYST
from core.storage import champions
from core.storage.artifacts import open_artifact
from tests.ctr_runs import impressions
from tests.jobs.chain_homes import now, states
from tests.jobs.conftest import at_work, wait_until
from tests.quick_notebooks import quick_notebooks

PATIENCE_S = 900


@pytest.fixture
def dataset(home: Path, settings_from: object) -> str:
    """A small file of impressions; the notebooks are the shipped ones with smaller numbers."""
    from core.ctr.data.datasets import store_impressions
    from core.datasets.uploads import uploaded_from_frame

    folder = quick_notebooks(home / "notebooks")
    settings_from(WORKBENCH_NOTEBOOKS_DIR=str(folder), WORKBENCH_HEARTBEAT_S="0.5")  # type: ignore[operator]
    frame, _ = impressions()
    return store_impressions(uploaded_from_frame(frame), name="clicks", principal=LOCAL_ANALYST).id


def run_to_its_end(**parameters: object) -> ChainRun:
    run = chain_runs.start("ctr_retrain", parameters, principal=LOCAL_ANALYST)
    wait_until(lambda: now(run).has_ended, seconds=PATIENCE_S)
    return now(run)


@pytest.mark.soak
@pytest.mark.timeout(4 * PATIENCE_S)
def test_when_the_click_model_is_retrained_then_it_is_explained_reported_and_published_once(dataset: str) -> None:
    asked = {"dataset_id": dataset, "models": "hashed_logistic,block_logistic", "trials": 1, "split": "stratified"}
    with at_work():
        first = run_to_its_end(**asked)
        second = run_to_its_end(**asked)
        third = run_to_its_end(**asked, seed=7)

    assert {step.state for step in first.steps} == {"succeeded"}, [step.job and step.job.error for step in first.steps]
    train, explain, report, publish = (step.job for step in first.steps)
    assert train and explain and report and publish
    assert (explain.result or {})["explains"] == (report.result or {})["reports"] == train.id
    assert (report.result or {})["explained"]
    artifact = (report.result or {})["artifact"]
    kept = open_artifact(artifact["path"], artifact["sha256"], room=runs.ROOM)
    assert kept.read("report_ko.pdf").startswith(b"%PDF-")

    assert states(second) == {"train": "reused", "explain": "reused", "report": "reused", "publish": "succeeded"}
    assert "reused" not in states(third).values()
    decided = [(one.step("publish").job.result or {})["promoted"] for one in (first, second, third)]  # type: ignore[union-attr]
    published = [row.run_id for row in champions.history(runs.ROOM, runs.SLOT)]
    assert not decided[1]  # the same run again: nothing is done
    assert len(published) == len(set(published)) == sum(decided)
