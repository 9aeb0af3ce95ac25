"""How far each cell is, told from the events; what a cell printed, and what a run used."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import nbformat
import pytest
from sqlalchemy import insert

from core.jobs.job import Job
from core.jobs.process_groups import run_folder
from core.jobs.records import get_job, submit
from core.jobs.runs.cells import cells_of, failing_cell, printed_by, resource_use
from core.jobs.states import add_event, change_state
from core.security.policy import LOCAL_ANALYST
from core.storage.database import utc_now, writing
from core.storage.tables import job_events

PARAMETERS, INJECTED, WORK = 1, 2, 3  # positions of the code cells of `demo_work`


@pytest.fixture
def job(home: Path, notebooks: Path) -> Job:
    """A job that has just begun to run."""
    queued = submit("demo_work", {}, principal=LOCAL_ANALYST)
    move(queued, "running")
    return get_job(queued.id, principal=LOCAL_ANALYST)


def move(job: Job, state: str, **values: Any) -> None:
    with writing() as connection:
        assert change_state(connection, job, state, expected=("queued", "running"), **values)


def tell(job: Job, kind: str, **payload: Any) -> None:
    with writing() as connection:
        add_event(connection, job.id, job.owner, kind, payload)


def states_of(job: Job) -> dict[int, str]:
    return {one.position: one.state for one in cells_of(job.id, principal=LOCAL_ANALYST)}


def test_when_nothing_has_begun_then_all_cells_wait_with_the_one_that_holds_the_parameters(job: Job) -> None:
    assert states_of(job) == {PARAMETERS: "waiting", INJECTED: "waiting", WORK: "waiting"}


def test_when_cells_end_then_each_says_how_and_how_long(job: Job) -> None:
    tell(job, "cell", cell=PARAMETERS, of=4, code="a")
    tell(job, "cell_end", cell=PARAMETERS, seconds=0.25, ok=True)
    tell(job, "cell", cell=INJECTED, of=4, code="b")

    first, second, third = cells_of(job.id, principal=LOCAL_ANALYST)

    assert (first.state, first.seconds) == ("done", 0.25)
    assert (second.state, second.seconds, second.started_at is not None) == ("running", None, True)
    assert third.state == "waiting"


@pytest.mark.parametrize(("ending", "state"), [("failed", "failed"), ("cancelled", "stopped"), ("lost", "stopped")])
def test_when_a_run_ends_within_a_cell_then_that_cell_tells(job: Job, ending: str, state: str) -> None:
    for place in (PARAMETERS, INJECTED):
        tell(job, "cell", cell=place, of=4, code="x")
    keep_notebook(job)
    move(job, ending)

    assert states_of(job) == {PARAMETERS: "done", INJECTED: state, WORK: "not_run"}


def keep_notebook(job: Job) -> None:
    """What papermill leaves of a run that did not get far."""
    run_folder(job.id).mkdir(parents=True)
    cells = [nbformat.v4.new_markdown_cell("# demo"), *(nbformat.v4.new_code_cell(one) for one in ("a", "b", "c"))]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), run_folder(job.id) / "notebook.ipynb")


def test_when_a_run_was_handed_back_then_its_cells_begin_anew(job: Job) -> None:
    tell(job, "cell", cell=PARAMETERS, of=4, code="a")
    tell(job, "cell_end", cell=PARAMETERS, seconds=1.0, ok=True)
    tell(job, "state", state="running")

    assert set(states_of(job).values()) == {"waiting"}


def test_when_cells_print_then_each_has_its_own_text(job: Job) -> None:
    for cell, text in ((PARAMETERS, "one "), (WORK, "three"), (PARAMETERS, "two")):
        tell(job, "log", cell=cell, text=text)

    assert printed_by(job.id, PARAMETERS, principal=LOCAL_ANALYST) == "one two"


def test_when_resources_are_told_then_processors_are_seconds_by_seconds(job: Job) -> None:
    began = utc_now()
    with writing() as connection:
        for place, seconds in enumerate((0.0, 10.0, 10.0)):
            payload = {"memory_mb": 100.0 + place, "processor_s": seconds}
            at = began + timedelta(seconds=5 * place)
            connection.execute(
                insert(job_events).values(job_id=job.id, owner=job.owner, at=at, kind="resources", payload=payload)
            )

    points = resource_use(job.id, principal=LOCAL_ANALYST)

    assert [one.memory_mb for one in points] == [100.0, 101.0, 102.0]
    assert [one.processors for one in points] == [None, pytest.approx(2.0), 0.0]


def test_when_a_job_failed_in_a_cell_then_its_error_names_the_position(job: Job) -> None:
    move(job, "failed", error={"key": "jobs.cell_failed", "details": {"cell": 3, "problem": "x"}, "cell": 3})

    assert failing_cell(get_job(job.id, principal=LOCAL_ANALYST)) == 3
    assert failing_cell(job) is None
