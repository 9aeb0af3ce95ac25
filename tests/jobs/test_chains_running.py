"""A chain through real dispatchers, runners and kernels: run, reused, and changed in the middle."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.jobs.chains import chain_runs
from core.jobs.chains.records import ChainRun
from core.jobs.process_groups import run_folder
from core.security.policy import LOCAL_ANALYST
from tests.jobs.chain_homes import jobs_of, now, states
from tests.jobs.conftest import at_work, wait_until


@pytest.fixture
def two_dispatchers(chained: Path) -> Iterator[None]:
    with at_work(), at_work():
        yield


def run_to_its_end(**parameters: object) -> ChainRun:
    run = chain_runs.start("three", parameters, principal=LOCAL_ANALYST)
    wait_until(lambda: now(run).has_ended, seconds=240)
    return now(run)


def test_when_a_chain_is_started_again_then_only_what_changed_runs_and_the_rest_leads_to_its_earlier_run(
    two_dispatchers: None,
) -> None:
    first = run_to_its_end()
    assert states(first) == {"first": "succeeded", "middle": "succeeded", "last": "succeeded"}
    executed = json.loads((run_folder(first.step("middle").job_id or "") / "notebook.ipynb").read_text("utf-8"))
    (given,) = [cell for cell in executed["cells"] if "injected-parameters" in cell["metadata"].get("tags", [])]
    assert first.step("first").job_id in "".join(given["source"])

    second = run_to_its_end()
    assert [(step.state, step.job_id) for step in second.steps] == [("reused", step.job_id) for step in first.steps]

    changed = run_to_its_end(word="published")
    assert states(changed) == {"first": "reused", "middle": "succeeded", "last": "succeeded"}
    assert [len(jobs_of(one)) for one in (first, second, changed)] == [3, 0, 2]
    middle = changed.step("middle").job
    assert middle is not None
    assert middle.result == {"word": "published"}
    assert middle.parameters["run_id"] == first.step("first").job_id
