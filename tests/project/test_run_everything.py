"""`workbench run` as a person meets it: real processes, real signals, in a home of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from core.jobs import records
from core.jobs.process_groups import JOB_CLAIM, environment_of
from core.knowledge.collections import create_collection
from core.knowledge.ingestion.plans import plan
from core.knowledge.ingestion.sources import files
from core.security.policy import LOCAL_ANALYST
from core.storage import champions
from tests.conftest import PROJECT
from tests.faults.fire import processes_of, words_of
from tests.jobs.conftest import wait_until, write_notebook
from tests.quick_notebooks import FIRST_START, SMALLER, quick_notebooks
from tests.workers import free_port

WAIT = """from pathlib import Path
import time
from core.jobs.own_job import finish, report_progress
report_progress("wait", 0.0)
while not Path("{path}").exists():
    time.sleep(0.1)
finish({{}})"""
SAMPLE_PATIENCE_S = 480  # the shipped notebooks train beside other tests


class House:
    """One running workbench."""

    def __init__(self, home: Path) -> None:
        self.home, self.ui, self.api = home, free_port(), free_port()
        self.environment = {
            **os.environ,
            "WORKBENCH_HOME": str(home),
            "WORKBENCH_UI_PORT": str(self.ui),
            "WORKBENCH_API_PORT": str(self.api),
        }
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "core.cli", "run"],
            cwd=PROJECT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        wait_until(lambda: status(self.url("/health")) == 200 and status(self.page()) == 200, seconds=90)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.api}{path}"

    def page(self) -> str:
        return f"http://127.0.0.1:{self.ui}/"

    def processes(self) -> list[psutil.Process]:
        return processes_of(self.home)

    def find(self, words: str) -> psutil.Process | None:
        return next((one for one in self.processes() if words in " ".join(words_of(one))), None)

    def stop(self, kind: signal.Signals = signal.SIGINT) -> str:
        assert self.process is not None
        self.process.send_signal(kind)
        output, _ = self.process.communicate(timeout=60)
        return output


def status(url: str) -> int | None:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None


@pytest.fixture
def house(home: Path) -> Iterator[House]:
    running = House(home)
    yield running
    for process in running.processes():
        process.kill()


@pytest.mark.timeout(1200)
@pytest.mark.parametrize(
    "smaller", [pytest.param(tuple(SMALLER), id="smaller"), pytest.param((), marks=pytest.mark.soak, id="as shipped")]
)
def test_when_started_twice_then_samples_are_trained_once_and_ctrl_c_leaves_nothing(
    house: House, tmp_path: Path, smaller: tuple[str, ...]
) -> None:
    quick = quick_notebooks(tmp_path / "quick", smaller=smaller)
    house.environment |= {"WORKBENCH_NOTEBOOKS_DIR": str(quick)}
    house.start()
    wait_until(lambda: champions.current("customers"), seconds=SAMPLE_PATIENCE_S)
    wait_until(lambda: champions.current("ctr"), seconds=SAMPLE_PATIENCE_S)
    wait_until(lambda: all(job.has_ended for job in records.list_jobs(principal=LOCAL_ANALYST)), seconds=240)
    wait_until(lambda: status(house.url("/readyz")) == 200)
    trained = records.list_jobs(principal=LOCAL_ANALYST)
    assert {job.state for job in trained} == {"succeeded"}
    by_key: dict[str, list[str]] = {}
    for job in reversed(trained):
        by_key.setdefault((job.idempotency_key or "").partition(":")[0], []).append(job.notebook)
    assert by_key == {
        "sample": [
            "customers_train_clusters",
            "knowledge_ingest",
            "images_build_prototypes",
            "ctr_train",
            "fragrance_prepare",
        ],
        "ingestion": ["knowledge_ingest"],  # the sample analyst's own results
        "explain": ["ctr_explain"],
    }
    assert {job.notebook for job in trained} == FIRST_START  # which make test leaves to this test
    output = house.stop()
    assert f"http://127.0.0.1:{house.ui}" in output.replace("localhost", "127.0.0.1")
    assert house.processes() == []

    house.start()
    jobs_log = house.home / "data" / "logs" / "jobs.log"
    wait_until(lambda: jobs_log.read_text("utf-8").count("dispatcher_ready") == 2)  # samples were asked for again
    house.stop(signal.SIGTERM)

    assert house.processes() == []
    assert [job.id for job in records.list_jobs(principal=LOCAL_ANALYST)] == [job.id for job in trained]


@pytest.mark.timeout(300)
def test_when_pages_and_api_are_killed_during_a_run_then_they_come_back_and_the_run_goes_on(
    house: House, notebooks: Path
) -> None:
    house.environment |= {"WORKBENCH_NOTEBOOKS_DIR": str(notebooks)}
    may_end = house.home / "may end"
    write_notebook(notebooks, "demo_wait", WAIT.format(path=may_end))
    house.start()
    job = records.submit("demo_wait", {}, principal=LOCAL_ANALYST)
    wait_until(lambda: records.get_job(job.id, principal=LOCAL_ANALYST).step, seconds=60)

    for words in ("uvicorn", "streamlit"):
        killed = house.find(words)
        assert killed is not None
        killed.kill()

    def came_back() -> bool:
        return all((found := house.find(words)) is not None for words in ("uvicorn", "streamlit")) and bool(found)

    wait_until(lambda: came_back() and status(house.url("/health")) == 200 and status(house.page()) == 200, seconds=60)
    may_end.touch()
    wait_until(lambda: records.get_job(job.id, principal=LOCAL_ANALYST).has_ended, seconds=60)
    ended = records.get_job(job.id, principal=LOCAL_ANALYST)
    assert (ended.state, ended.attempt) == ("succeeded", 1)
    house.stop()
    assert house.processes() == []


@pytest.mark.fault(
    "SIGKILL of the supervisor", "`workbench run` is killed while a job runs, and started again",
    "what it left behind ends, the ports are free, and the job goes on to its end in its first attempt",
)  # fmt: skip
@pytest.mark.timeout(300)
def test_when_the_supervisor_itself_is_killed_then_the_next_start_finds_the_ports_and_the_run_goes_on(
    house: House, notebooks: Path
) -> None:
    house.environment |= {"WORKBENCH_NOTEBOOKS_DIR": str(notebooks), "WORKBENCH_PRELOAD": ""}
    may_end = house.home / "may end"
    write_notebook(notebooks, "demo_wait", WAIT.format(path=may_end))
    house.start()
    job = records.submit("demo_wait", {}, principal=LOCAL_ANALYST)
    wait_until(lambda: records.get_job(job.id, principal=LOCAL_ANALYST).step, seconds=60)
    assert house.process is not None
    house.process.kill()
    house.process.wait()
    left = [one.pid for one in house.processes() if JOB_CLAIM not in environment_of(one)]
    assert len(left) >= 3  # pages, API and dispatcher

    house.start()
    wait_until(lambda: not {one.pid for one in house.processes()} & set(left))
    wait_until(lambda: status(house.url("/health")) == 200 and status(house.page()) == 200, seconds=90)
    may_end.touch()

    wait_until(lambda: records.get_job(job.id, principal=LOCAL_ANALYST).has_ended, seconds=90)
    ended = records.get_job(job.id, principal=LOCAL_ANALYST)
    assert (ended.state, ended.attempt) == ("succeeded", 1)
    house.stop()
    assert house.processes() == []


@pytest.mark.timeout(200)
def test_when_an_event_stream_is_open_then_the_api_ends_by_itself_all_the_same(house: House) -> None:
    house.environment |= {"WORKBENCH_SAMPLE_DATA": "0", "WORKBENCH_PRELOAD": ""}
    house.start()
    collection = create_collection("rules", principal=LOCAL_ANALYST)
    waiting = plan(collection.id, files({"rules.md": b"# Rules"}), principal=LOCAL_ANALYST)

    with urllib.request.urlopen(house.url(f"/api/etl/jobs/{waiting.id}/progress"), timeout=60) as stream:
        assert stream.readline().startswith(b"id: 1")
        house.stop()

    assert "Application shutdown complete" in (house.home / "data" / "logs" / "api.log").read_text("utf-8")
    assert house.processes() == []


def test_when_a_port_is_taken_then_one_sentence_says_which_setting_to_change(house: House) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", house.api))
        taken.listen()
        done = subprocess.run(
            [sys.executable, "-m", "core.cli", "run"],
            env=house.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    assert done.returncode == 1
    assert "WORKBENCH_API_PORT" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_when_a_notebook_is_run_from_the_command_line_then_it_ends_without_a_dispatcher(
    notebooks: Path, home: Path
) -> None:
    started: Callable[..., subprocess.CompletedProcess[str]] = subprocess.run
    done = started(
        [sys.executable, "-m", "core.cli", "notebook", "run", "demo_work", "-p", "times=2", "-p", "word=published"],
        env={**os.environ, "WORKBENCH_NOTEBOOKS_DIR": str(notebooks)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "100% step 2" in done.stdout
    (job,) = records.list_jobs(principal=LOCAL_ANALYST)
    assert (job.state, job.result) == ("succeeded", {"word": "published"})
    assert time.time() - job.created_at.timestamp() < 120
