"""Runs of chains, their jobs brought to their ends by hand: what follows what, and what is never done twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import pytest

from core.errors import BadInput, Conflict, NotAllowed, NotFound
from core.jobs.chains import chain_runs
from core.jobs.chains.records import get_chain_run, list_chain_runs
from core.jobs.chains.reuse import find_reusable
from core.jobs.process_groups import run_folder
from core.jobs.states import change_state
from core.notifications.inbox import list_notices
from core.security.policy import LOCAL_ANALYST, Principal, Role
from core.settings.current import get_settings
from core.storage.artifacts import save_artifact
from core.storage.audit import search_entries
from core.storage.database import writing
from core.storage.job_tables import chain_runs as rows
from tests.jobs.chain_homes import READS, THREE, end_all, end_step, jobs_of, now, started, states, write_chain
from tests.jobs.conftest import write_notebook

ANA = Principal("ana", Role.ANALYST)


def test_when_a_chain_runs_then_each_step_waits_for_what_it_needs_and_gets_its_run(chained: Path) -> None:
    run = started(parameters={"word": "published"})
    assert states(run) == {"first": "running", "middle": "waiting", "last": "waiting"}

    end_step(run, "first")
    (first, middle) = jobs_of(run)
    assert states(run) == {"first": "succeeded", "middle": "running", "last": "waiting"}
    assert middle.parameters == {"run_id": first.id, "word": "published", "times": 1}
    assert (middle.chain_run_id, middle.owner) == (run.id, "local")

    done = end_all(run)
    assert (done.state, {step.state for step in done.steps}) == ("succeeded", {"succeeded"})
    assert done.finished_at is not None


def test_when_many_dispatchers_look_at_once_then_each_step_begins_once(chained: Path) -> None:
    runs = [chain_runs.start("branches", {}, principal=LOCAL_ANALYST, fresh=True) for _ in range(3)]
    with ThreadPoolExecutor(8) as many:
        list(many.map(lambda _: chain_runs.advance(), range(24)))

    for run in runs:
        assert sorted(job.notebook for job in jobs_of(run)) == ["demo_data", "demo_data"]
        assert states(run) == {"left": "running", "right": "running", "after_left": "waiting", "both": "waiting"}


def test_when_a_step_fails_then_what_depends_on_it_is_skipped_and_the_other_branch_goes_on(chained: Path) -> None:
    run = started("branches")
    end_step(run, "left", "failed")
    assert states(run)["left"] == "running"  # it may be tried a second time
    end_step(run, "left", "lost")
    assert states(run) == {"left": "failed", "right": "running", "after_left": "skipped", "both": "skipped"}
    assert now(run).state == "running"

    end_step(run, "right")

    assert states(run)["right"] == "succeeded"
    assert now(run).state == "failed"
    assert [job.attempt for job in jobs_of(run) if job.notebook == "demo_data"] == [1, 1, 2]


def test_when_a_failed_run_is_taken_up_again_then_only_what_did_not_succeed_runs(chained: Path) -> None:
    run = started("branches")
    end_step(run, "right")
    end_step(run, "left", "failed")
    end_step(run, "left", "failed")
    before = {job.id for job in jobs_of(run)}

    for _ in range(2):
        assert chain_runs.retry(run.id, principal=LOCAL_ANALYST).state == "running"
        chain_runs.advance()

    (again,) = [job for job in jobs_of(run) if job.id not in before]
    assert (again.attempt, again.retry_of in before) == (3, True)  # of the same step: it goes on from its checkpoints
    end_step(run, "left", "failed")
    assert states(run)["left"] == "running"  # with as many attempts as the first time
    assert end_all(run).state == "succeeded"
    with pytest.raises(Conflict):
        chain_runs.retry(run.id, principal=LOCAL_ANALYST)


def test_when_nothing_changed_then_every_step_is_reused_and_says_of_which_run(chained: Path) -> None:
    first = end_all(started())
    second = started()

    assert (second.state, {step.state for step in second.steps}) == ("succeeded", {"reused"})
    assert [step.job_id for step in second.steps] == [step.job_id for step in first.steps]
    assert jobs_of(second) == []


def test_when_a_value_in_the_middle_changes_then_it_and_what_follows_run_anew(chained: Path) -> None:
    end_all(started())
    changed = end_all(started(parameters={"word": "published"}))

    assert states(changed) == {"first": "reused", "middle": "succeeded", "last": "succeeded"}
    back = end_all(started())
    assert {step.state for step in back.steps} == {"reused"}


@pytest.mark.parametrize("spoilt", ["notebook", "fresh", "code_meanwhile"])
def test_when_an_earlier_result_is_not_to_be_had_then_the_step_runs(chained: Path, spoilt: str) -> None:
    first = started()
    if spoilt == "code_meanwhile":
        write_notebook(chained, "demo_data", "1", parameters=READS, reads={"dataset_id": "dataset"})
    first = end_all(first)
    if spoilt == "notebook":
        (run_folder(first.step("first").job_id or "") / "notebook.ipynb").unlink()

    assert states(started(fresh=spoilt == "fresh"))["first"] == "running"


def test_when_an_artifact_is_not_what_was_saved_or_the_run_is_anothers_then_it_is_not_reused(chained: Path) -> None:
    run = started()
    saved = save_artifact("demo", "a-run", {"model.json": b"{}"}, {})
    end_step(run, "first", result={"models": [{"artifact": asdict(saved)}]})
    step = now(run).step("first")
    known = {"parameters": step.parameters or {}, "fingerprint": step.fingerprint or ""}

    assert find_reusable(**known, owner="ana") is None
    assert [one.id for one in [find_reusable(**known, owner="local")] if one] == [step.job_id]
    (get_settings().home / saved.path / "model.json").write_bytes(b"[]")
    assert find_reusable(**known, owner="local") is None


def test_when_an_earlier_run_is_another_one_then_what_explains_the_one_is_not_shown_beside_the_other(
    chained: Path,
) -> None:
    end_all(started())
    newer = started(fresh=True)
    end_step(newer, "first")
    end_step(newer, "middle", "failed")

    third = started()

    assert states(third) == {"first": "reused", "middle": "running", "last": "waiting"}
    assert third.step("first").job_id == newer.step("first").job_id


def test_when_a_key_comes_again_then_it_is_the_same_run_until_it_has_failed(chained: Path) -> None:
    run = started(idempotency_key="nightly")
    assert started(idempotency_key="nightly").id == run.id
    assert chain_runs.start("three", {}, principal=ANA, idempotency_key="nightly").id != run.id
    end_step(run, "first", "failed")

    again = started(idempotency_key="nightly")

    assert again.id != run.id
    chain_runs.retry(run.id, principal=LOCAL_ANALYST)  # the key stays with the newer run
    assert started(idempotency_key="nightly").id == again.id


def test_when_a_run_is_cancelled_then_nothing_more_begins_and_it_ends_once_all_has_stopped(chained: Path) -> None:
    run = started("branches")
    left = now(run).step("left").job
    assert left is not None
    with writing() as connection:
        change_state(connection, left, "running", expected=("queued",))

    cancelled = chain_runs.cancel(run.id, principal=LOCAL_ANALYST)

    assert (cancelled.state, cancelled.is_stopping) == ("running", True)
    assert states(run) == {"left": "running", "right": "cancelled", "after_left": "cancelled", "both": "cancelled"}
    left = now(run).step("left").job
    assert left is not None
    assert left.cancel_requested == 1
    with writing() as connection:
        change_state(connection, left, "failed", expected=("running",))
    chain_runs.advance()
    assert now(run).state == "cancelled"
    assert [job for job in jobs_of(run) if job.retry_of] == []  # what was asked to stop is not tried again

    chain_runs.retry(run.id, principal=LOCAL_ANALYST)
    chain_runs.advance()
    assert end_all(run).state == "succeeded"


def test_when_a_step_cannot_begin_then_it_has_failed_with_the_reason(chained: Path) -> None:
    write_chain(chained, "results", THREE.replace("{first.run_id}", "{first.result.name}"))
    missing = started("results")
    end_step(missing, "first", result={"other": 1})
    gone = started(fresh=True)
    (chained / "demo_after.ipynb").unlink()
    end_step(gone, "first")

    for run, key in ((missing, "chains.no_such_result"), (gone, "jobs.no_such_notebook")):
        failed = now(run)
        error = failed.step("middle").error or {}
        assert (failed.state, error.get("key")) == ("failed", key)
        assert states(run)["last"] == "skipped"


def test_when_a_result_is_referred_to_then_its_value_is_filled_in(chained: Path) -> None:
    write_chain(chained, "results", THREE.replace('"{first.run_id}"', '"{first.result.kept.name}"'))
    run = started("results")
    end_step(run, "first", result={"kept": {"name": "shapes"}})

    assert now(run).step("middle").parameters == {"run_id": "shapes", "word": "done", "times": 1}


def test_when_the_file_changes_while_a_run_goes_on_then_the_run_keeps_the_steps_it_began_with(chained: Path) -> None:
    run = started()
    write_chain(chained, "three", "title = broken")

    assert end_all(run).state == "succeeded"


def test_when_somebody_may_not_or_asks_wrongly_then_nothing_is_stored(chained: Path) -> None:
    write_notebook(chained, "demo_after", parameters='run_id: str = ""  # run', permission="fragrance.write")
    write_chain(chained, "three", THREE.replace('[parameters.word]\nto = ["middle.word"]', ""))

    with pytest.raises(NotAllowed):
        chain_runs.start("three", {}, principal=ANA)
    with pytest.raises(NotAllowed):
        chain_runs.start("three", {}, principal=Principal("guest", Role.GUEST))
    with pytest.raises(BadInput):
        chain_runs.start("three", {"dataset_id": 3}, principal=LOCAL_ANALYST)
    assert list_chain_runs(principal=LOCAL_ANALYST) == ()


def test_when_a_run_is_somebody_elses_then_it_is_not_there(chained: Path) -> None:
    run = started()

    for act in (get_chain_run, chain_runs.cancel, chain_runs.retry):
        with pytest.raises(NotFound):
            act(run.id, principal=ANA)
    assert list_chain_runs(principal=ANA) == ()
    assert [one.id for one in list_chain_runs(principal=LOCAL_ANALYST, chain="three")] == [run.id]


def test_when_one_run_cannot_go_on_then_the_others_do(chained: Path) -> None:
    stuck = started()
    with writing() as connection:
        connection.execute(rows.update().where(rows.c.id == stuck.id).values(owner="nobody-any-more"))

    other = started()

    assert states(other)["first"] == "running"


def test_when_a_chain_ends_then_it_is_told_once_and_what_people_did_is_noted(chained: Path) -> None:
    run = started(parameters={"notifications": "email"})
    chain_runs.cancel(run.id, principal=LOCAL_ANALYST)
    chain_runs.retry(run.id, principal=LOCAL_ANALYST)
    chain_runs.advance()
    done = end_all(run)
    chain_runs.advance()

    first, last = done.steps[0].job, done.steps[-1]
    assert first is not None
    assert {one.about for one in list_notices(LOCAL_ANALYST)} == {first.retry_of, last.job_id}
    assert len(list_notices(LOCAL_ANALYST)) == 2  # it ended twice
    noted = [entry.action for entry in search_entries(principal=LOCAL_ANALYST, action="chain")]
    assert sorted(noted) == ["chain.cancelled", "chain.retried", "chain.started"]
