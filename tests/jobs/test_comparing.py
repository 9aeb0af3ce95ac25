"""Two runs side by side, lists of runs narrowed down, and how runs belong together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest

from core.errors import BadInput, NotFound
from core.jobs.job import Job, Plan
from core.jobs.process_groups import run_folder
from core.jobs.records import submit
from core.jobs.runs.comparing import compare, numbers_in
from core.jobs.runs.lineage import attempts_of, changed_runs
from core.jobs.runs.listing import RunSearch, count_jobs, known_values, search_jobs
from core.jobs.states import change_state
from core.security.policy import LOCAL_ANALYST, Principal, Role
from core.storage.artifacts import save_artifact
from core.storage.database import writing

ANN = Principal("ann", Role.ANALYST, "ann")
BEN = Principal("ben", Role.ANALYST, "ben")


def asked(principal: Principal = LOCAL_ANALYST, plan: Plan | None = None, **parameters: Any) -> Job:
    return submit("demo_work", parameters, principal=principal, plan=plan or Plan())


def end(job: Job, state: str = "succeeded", **values: Any) -> None:
    with writing() as connection:
        assert change_state(connection, job, state, expected=("queued", "running"), **values)


@pytest.fixture
def two(notebooks: Path) -> tuple[Job, Job]:
    """A run and another with one other value; both ended with figures, files and a notebook."""
    pair = asked(times=2), asked(times=3)
    for job, loss in zip(pair, (0.5, 0.25), strict=True):
        files = {"model.json": b"same", "report.json": str(loss).encode()}
        save_artifact("demo", job.id, files, {})
        run_folder(job.id).mkdir(parents=True)
        cells = [nbformat.v4.new_code_cell("print(1)"), nbformat.v4.new_code_cell(f"times = {job.parameters['times']}")]
        cells[1].metadata["tags"] = ["injected-parameters"]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), run_folder(job.id) / "notebook.ipynb")
        end(job, result={"metrics": {"loss": loss}, "zero": 0, "rows": [{"name": "a", "n": 1}], "published": True})
    return pair


def test_when_two_runs_are_compared_then_differences_come_first_with_figures_and_files(two: tuple[Job, Job]) -> None:
    found = compare(two[0].id, two[1].id, principal=LOCAL_ANALYST)

    assert [(one.name, one.left, one.right) for one in found.parameters if not one.is_same] == [("times", 2, 3)]
    assert not found.parameters[0].is_same
    assert [(one.name, one.difference, one.relative) for one in found.metrics] == [
        ("metrics.loss", -0.25, -0.5), ("zero", 0, None), ("rows.a.n", 0, 0.0),
    ]  # fmt: skip
    assert [(one.name, one.verdict) for one in found.artifacts] == [
        ("demo/champion/report.json", "changed"), ("demo/champion/model.json", "same"),
    ]  # fmt: skip


def test_when_only_parameters_differ_then_the_code_counts_as_the_same(two: tuple[Job, Job]) -> None:
    assert compare(two[0].id, two[1].id, principal=LOCAL_ANALYST).is_same_code is True


def test_when_a_file_is_of_one_run_alone_then_the_comparison_says_of_which(two: tuple[Job, Job]) -> None:
    (run_folder(two[1].id) / "scores.parquet").write_bytes(b"more")

    verdicts = {one.name: one.verdict for one in compare(two[0].id, two[1].id, principal=LOCAL_ANALYST).artifacts}

    assert verdicts["scores.parquet"] == "only_right"


def test_when_a_file_is_still_being_written_then_it_is_no_file_of_the_run(two: tuple[Job, Job]) -> None:
    (run_folder(two[0].id) / ".report.html.0a1b").write_bytes(b"hal")

    found = compare(two[0].id, two[1].id, principal=LOCAL_ANALYST)

    assert all(".report.html" not in one.name for one in found.artifacts)


def test_when_a_run_left_no_notebook_then_nothing_is_said_about_its_code(two: tuple[Job, Job]) -> None:
    assert compare(two[0].id, asked().id, principal=LOCAL_ANALYST).is_same_code is None


def test_when_a_run_is_compared_with_itself_or_out_of_sight_then_it_is_refused(two: tuple[Job, Job]) -> None:
    with pytest.raises(BadInput):
        compare(two[0].id, two[0].id, principal=LOCAL_ANALYST)
    with pytest.raises(NotFound):
        compare(two[0].id, two[1].id, principal=ANN)


def test_when_a_list_is_long_then_it_counts_as_a_curve_and_not_as_figures() -> None:
    assert dict(numbers_in({"curve": list(range(51)), "pair": [1, True, 2.5]})) == {"pair.0": 1, "pair.2": 2.5}


def test_when_runs_are_searched_then_every_condition_narrows_and_others_runs_stay_hidden(notebooks: Path) -> None:
    own, chained = asked(ANN), asked(ANN, Plan(chain_run_id="c1", schedule_id="s1"))
    planned, others = asked(ANN, Plan(schedule_id="s1")), asked(BEN)
    end(own)

    def found(search: RunSearch, principal: Principal = ANN) -> set[str]:
        jobs = search_jobs(search, principal=principal)
        assert len(jobs) == count_jobs(search, principal=principal)
        return {job.id for job in jobs}

    assert found(RunSearch()) == {own.id, chained.id, planned.id}
    assert found(RunSearch(origin="person")) == {own.id}
    assert found(RunSearch(origin="schedule")) == {planned.id}
    assert found(RunSearch(origin="chain")) == {chained.id}
    assert found(RunSearch(states=("succeeded",))) == {own.id}
    assert found(RunSearch(owner="ben")) == set()
    assert found(RunSearch(owner="ben", notebook="demo_work", room="demo"), LOCAL_ANALYST) == {others.id}
    assert known_values(principal=ANN)["owner"] == ("ann",)


def test_when_there_are_more_runs_than_a_page_then_each_stands_on_one_page(notebooks: Path) -> None:
    jobs = {asked().id for _ in range(5)}

    pages = [search_jobs(principal=LOCAL_ANALYST, limit=2, offset=2 * page) for page in range(3)]

    assert [len(page) for page in pages] == [2, 2, 1]
    assert {job.id for page in pages for job in page} == jobs


def test_when_a_job_is_tried_again_then_every_attempt_knows_all_of_them(notebooks: Path) -> None:
    first = asked(plan=Plan(most_attempts=3))
    end(first, "failed")
    second = attempts_of(first.id, principal=LOCAL_ANALYST)[-1]
    end(second, "lost")

    line = attempts_of(second.id, principal=LOCAL_ANALYST)

    assert [(job.attempt, job.state) for job in line] == [(1, "failed"), (2, "lost"), (3, "queued")]
    assert attempts_of(line[2].id, principal=LOCAL_ANALYST) == line


def test_when_a_run_was_changed_then_it_knows_what_became_of_it(notebooks: Path) -> None:
    first = asked()
    second = asked(plan=Plan(changed_from=first.id), times=4)

    assert [job.id for job in changed_runs(first.id, principal=LOCAL_ANALYST)] == [second.id]
    assert changed_runs(first.id, principal=ANN) == ()
