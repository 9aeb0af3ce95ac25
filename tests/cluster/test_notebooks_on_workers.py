"""Notebooks on a cluster's workers, whose home is not ours: machines share the database and a place for files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from core.cluster import connection, worker_facts
from core.datasets.records import save_dataset
from core.datasets.uploads import read_upload
from core.jobs import run_files
from core.jobs.job import Job
from core.jobs.records import Plan, cancel, get_job, submit
from core.jobs.running.dask_place import DaskPlace
from core.jobs.running.dispatcher import Dispatcher
from core.jobs.runs.executed_notebook import read_executed
from core.security.policy import LOCAL_ANALYST
from core.settings.current import get_settings
from core.storage.artifacts import open_artifact
from core.storage.database import reading
from core.storage.tables import jobs
from tests.cluster.dask_processes import PATIENCE_S, DaskProcesses, wait_until
from tests.cluster.pinned_code import CODE
from tests.conftest import process_home
from tests.jobs.conftest import WORK, at_work, processes_of, wait_for, write_notebook

MEASURE_PARAMETERS = 'dataset_id: str = ""  # which table to measure'
MEASURE = """from dataclasses import asdict
from core.datasets.records import get_dataset, load_frame
from core.jobs.own_job import current_principal, current_run_id, finish
from core.settings.current import get_settings
from core.storage.artifacts import save_artifact
frame = load_frame(get_dataset(dataset_id, principal=current_principal()))
print("rows", frame.height)
saved = save_artifact("demo", current_run_id(), {"rows.json": str(frame.height).encode()}, {"seed": 0})
finish({"artifact": asdict(saved), "home": str(get_settings().home)})"""


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskProcesses]:
    """Two workers at one home, this process at another; notebooks `demo_work` and `demo_measure`."""
    folder = tmp_path_factory.mktemp("machines")
    processes = DaskProcesses(folder)
    write_notebook(folder / "notebooks", "demo_work", WORK)
    write_notebook(folder / "notebooks", "demo_measure", MEASURE, parameters=MEASURE_PARAMETERS)
    ours, theirs = folder / "ours", folder / "theirs"
    shared = {
        "WORKBENCH_DATABASE_URL": f"sqlite:///{ours / 'data' / 'workbench.db'}",
        "WORKBENCH_FILES_URL": (folder / "shared").as_uri(),
        "WORKBENCH_NOTEBOOKS_DIR": str(folder / "notebooks"),
        "WORKBENCH_HEARTBEAT_S": "0.5",
        "WORKBENCH_DASK_ADDRESS": processes.address,
    }
    with process_home(ours, **shared) as patch:
        patch.setattr(worker_facts, "code", lambda: CODE)
        processes.start_scheduler()
        for name in ("first", "second"):
            processes.start_worker(name, WORKBENCH_HOME=str(theirs))
        try:
            processes.wait_for_workers(2)
            yield processes
        finally:
            connection.forget()
            processes.stop()


@pytest.fixture
def dispatcher(machines: DaskProcesses) -> Iterator[Dispatcher]:
    """In this process, with the cluster as its place."""
    with at_work() as working:
        yield working


def worker_of(job: Job, machines: DaskProcesses) -> str:
    """The name of the worker that started the job's runner."""
    assert job.pid is not None
    parent = psutil.Process(job.pid).ppid()
    return next(name for name, one in machines.workers.items() if one.pid == parent)


def running(job: Job) -> Job:
    """The job once its runner is at the cell that waits."""
    wait_until(lambda: get_job(job.id, principal=LOCAL_ANALYST).step == "step 1", "the notebook did not begin")
    return get_job(job.id, principal=LOCAL_ANALYST)


def attempts() -> list[tuple[str, int]]:
    """State and number of each attempt in the database, in order."""
    with reading() as connection:
        rows = connection.execute(jobs.select().where(jobs.c.most_attempts == 2).order_by(jobs.c.attempt)).mappings()
        return [(row["state"], row["attempt"]) for row in rows]


def test_when_a_notebook_runs_on_a_worker_then_data_result_and_files_travel_between_homes(
    dispatcher: Dispatcher, tmp_path: Path
) -> None:
    source = tmp_path / "rows.csv"
    source.write_text("a,b\n1,2\n3,4\n5,6\n")
    table = read_upload(source, source.name, limit_bytes=10_000)
    dataset = save_dataset(table, name="rows", room="customers", principal=LOCAL_ANALYST)

    queued = submit("demo_measure", {"dataset_id": dataset.id}, principal=LOCAL_ANALYST)
    job = wait_for(queued.id, "succeeded", "failed", "lost", seconds=PATIENCE_S)

    assert (job.state, job.error) == ("succeeded", None)
    assert job.result is not None
    home = get_settings().home
    assert job.result["home"] != str(home)
    assert not (home / "models" / "demo").exists()
    assert not (home / "data" / "runs" / job.id).exists()
    place = job.result["artifact"]
    assert open_artifact(place["path"], place["sha256"], room="demo").read("rows.json") == b"3"
    executed = read_executed(job.id, principal=LOCAL_ANALYST)
    assert executed is not None
    assert "rows 3" in str([cell.outputs for cell in executed.cells])
    wait_until(lambda: run_files.fetched(job.id, "notebook.html").is_file(), "the HTML copy did not come")
    assert run_files.fetched(job.id, "runner.log").is_file()


@pytest.mark.soak
def test_when_a_run_is_cancelled_then_its_worker_keeps_no_process_of_it(dispatcher: Dispatcher) -> None:
    job = running(submit("demo_work", {"seconds": 60.0}, principal=LOCAL_ANALYST))
    assert job.claim is not None

    cancel(job.id, principal=LOCAL_ANALYST)

    wait_for(job.id, "cancelled", seconds=PATIENCE_S)
    wait_until(lambda: not processes_of(job.claim), "processes of the claim stayed")


@pytest.mark.soak
def test_when_the_dispatcher_stops_then_the_run_is_handed_back(machines: DaskProcesses) -> None:
    with at_work():
        job = running(submit("demo_work", {"seconds": 60.0}, principal=LOCAL_ANALYST))
    assert job.claim is not None

    left = get_job(job.id, principal=LOCAL_ANALYST)

    assert (left.state, left.claim, left.pid) == ("queued", None, None)
    assert not processes_of(job.claim)
    cancel(job.id, principal=LOCAL_ANALYST)


def test_when_a_worker_is_killed_during_a_run_then_it_is_lost_and_its_next_attempt_runs_elsewhere(
    dispatcher: Dispatcher, machines: DaskProcesses
) -> None:
    plan = Plan(most_attempts=2)
    job = running(submit("demo_work", {"seconds": 4.0, "word": "published"}, principal=LOCAL_ANALYST, plan=plan))
    assert job.claim is not None

    machines.kill(worker_of(job, machines))

    wait_for(job.id, "lost", seconds=PATIENCE_S)
    wait_until(lambda: not processes_of(job.claim), "the dead worker's runner stayed")
    wait_until(lambda: ("succeeded", 2) in attempts(), "the second attempt did not end well")
    assert attempts() == [("lost", 1), ("succeeded", 2)]


def test_when_the_scheduler_is_away_then_jobs_wait_in_the_queue(
    home: Path, settings_from: Callable[..., object], tmp_path: Path
) -> None:
    write_notebook(tmp_path / "notebooks", "demo_work", WORK)
    settings_from(
        WORKBENCH_NOTEBOOKS_DIR=str(tmp_path / "notebooks"),
        WORKBENCH_DASK_ADDRESS="tcp://127.0.0.1:9",
        WORKBENCH_OUTSIDE_TIMEOUT_S="1",
    )
    job = submit("demo_work", {}, principal=LOCAL_ANALYST)
    dispatcher = Dispatcher()

    dispatcher.fill_slots()

    assert isinstance(dispatcher.place, DaskPlace)
    assert dispatcher.slots == 0
    assert get_job(job.id, principal=LOCAL_ANALYST).state == "queued"
