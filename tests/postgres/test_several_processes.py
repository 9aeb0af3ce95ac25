"""Two API workers and two dispatchers on one PostgreSQL: each job once, each time of a schedule once, nothing lost."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import psutil
import pytest
from sqlalchemy import select

from core.jobs import records
from core.jobs.schedules import schedules
from core.jobs.schedules.schedules import Order
from core.security.policy import LOCAL_ANALYST
from core.storage.audit import verify
from core.storage.database import reading
from core.storage.job_tables import schedule_times
from tests.conftest import PROJECT
from tests.jobs.conftest import WORK, wait_until, write_notebook
from tests.network.processes import SECRET, running_apis
from tests.postgres import server as servers
from tests.postgres.conftest import home_on
from tests.postgres.server import Server

START = datetime(2026, 1, 5, 8, 30, tzinfo=UTC)
CLAIM = """
import sys
from core.jobs.running.claiming import claim_next
print("ready", flush=True)
sys.stdin.readline()
while job := claim_next():
    print(job.id, flush=True)
"""
DUE = """
import sys
from datetime import datetime
from core.jobs.schedules.due import submit_due
print("ready", flush=True)
sys.stdin.readline()
for moment in sys.argv[1:]:
    print(submit_due(datetime.fromisoformat(moment)), flush=True)
"""
COUNTED = """
import os
with open({place!r}, "a") as file:
    file.write(word + "\\n")
    file.flush()
    os.fsync(file.fileno())
"""


def at_once(script: str, *arguments: str, count: int = 2) -> list[list[str]]:
    """What each of several processes printed that ran the script at the same time."""
    order = [sys.executable, "-c", script, *arguments]
    started = [
        subprocess.Popen(order, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(count)
    ]
    for one in started:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    for one in started:
        assert one.stdin is not None
        one.stdin.write("\n")
        one.stdin.flush()
    return [one.communicate(timeout=100)[0].split() for one in started]


@pytest.fixture
def demo(postgres_home: Path, settings_from) -> Path:
    folder = postgres_home / "notebooks"
    write_notebook(folder, "demo_work", WORK)
    settings_from(WORKBENCH_NOTEBOOKS_DIR=str(folder))
    return folder


def test_when_two_processes_claim_and_two_look_for_what_is_due_then_each_job_and_time_is_taken_once(demo: Path) -> None:
    submitted = [records.submit("demo_work", {}, principal=LOCAL_ANALYST).id for _ in range(20)]

    claimed = [one for told in at_once(CLAIM) for one in told]

    assert sorted(claimed) == sorted(submitted)
    for number in range(4):
        order = Order(f"s{number}", "0 * * * *", notebook="demo_work", time_zone="UTC", overlap="queue")
        schedules.create(order, principal=LOCAL_ANALYST, now=START)
    moments = [(START + timedelta(minutes=31 + 60 * number)).isoformat() for number in range(3)]
    told = at_once(DUE, *moments)
    with reading() as connection:
        rows = connection.execute(select(schedule_times.c.schedule_id, schedule_times.c.logical_at)).all()
    assert len(rows) == len(set(rows)) == 12
    jobs = [one for one in records.list_jobs(principal=LOCAL_ANALYST, limit=500) if one.schedule_id]
    assert (
        len(jobs)
        == len({(one.schedule_id, one.logical_at) for one in jobs})
        == sum(int(one) for some in told for one in some)
    )


@contextmanager
def dispatchers(log: Path, count: int = 2) -> Iterator[None]:
    """As the supervisor starts them, without what they do beside jobs."""
    with ExitStack() as stack:
        for number in range(count):
            written = stack.enter_context((log / f"jobs-{number}.log").open("ab"))
            process = subprocess.Popen(
                [sys.executable, "-m", "core.jobs.running.dispatcher"], cwd=PROJECT, env=os.environ, stdout=written,
                stderr=written,
            )  # fmt: skip
            stack.callback(_end, process)
        yield


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(40)
    except subprocess.TimeoutExpired:
        for one in psutil.Process(process.pid).children(recursive=True):
            one.kill()
        process.kill()
        process.wait()


@pytest.mark.parametrize(
    ("count", "away_s"), [(3, 1.0), pytest.param(30, 60.0, marks=pytest.mark.soak)], ids=["some", "thirty"]
)
@pytest.mark.timeout(900)
def test_when_the_database_goes_away_in_the_middle_then_one_sentence_says_so_and_every_job_runs_once(
    own_server: Server, tmp_path: Path, count: int, away_s: float
) -> None:
    """away_s: how long it is stopped; what began before goes on, and ends, when it is back."""
    place, folder = tmp_path / "ran.txt", tmp_path / "notebooks"
    write_notebook(
        folder, "demo_count", COUNTED.format(place=str(place)), parameters='word: str = "x"  # what is written'
    )
    settings = {
        "WORKBENCH_NOTEBOOKS_DIR": str(folder), "WORKBENCH_HEARTBEAT_S": "1", "WORKBENCH_SAMPLE_DATA": "0",
        "WORKBENCH_API_WORKERS": "2", "WORKBENCH_ROUTES": "customers", "DISABLE_AUTH": "1",
        "WORKBENCH_TOKEN_SECRET": SECRET,
    }  # fmt: skip
    url = servers.fresh_database(own_server)
    words = [f"w{number}" for number in range(count)]
    with (
        home_on(url, tmp_path, **settings),
        running_apis(tmp_path, **settings) as (port,),
        dispatchers(tmp_path),
    ):
        ids = [_submitted(port, word) for word in words[: count // 2]]
        wait_until(lambda: _lines(place), seconds=200)

        own_server.stop()
        ends_at = time.monotonic() + away_s
        refused = [_asked(port, "GET", "/api/jobs"), _asked(port, "POST", "/api/jobs", json=_order(words[0]))]
        alive = _asked(port, "GET", "/livez").status_code
        time.sleep(max(0.0, ends_at - time.monotonic()))
        own_server.start()

        ids += [_submitted(port, word) for word in words[count // 2 :]]
        wait_until(lambda: {_state(port, one) for one in ids} == {"succeeded"}, seconds=600)
        intact = verify(principal=LOCAL_ANALYST).is_intact
        listed = {_asked(port, "GET", f"/api/jobs?limit={count}").json()[0]["id"] for _ in range(6)}

    assert {(one.status_code, one.json()["code"]) for one in refused} == {(503, "STORAGE_DATABASE_DOWN")}
    assert (alive, intact, len(listed)) == (200, True, 1)
    assert Counter(_lines(place)) == Counter(words)


def _lines(place: Path) -> Sequence[str]:
    return place.read_text("utf-8").split() if place.exists() else ()


def _order(word: str) -> dict[str, object]:
    return {"notebook": "demo_count", "parameters": {"word": word}}


def _submitted(port: int, word: str) -> str:
    """Under a key of its own, so that a request whose answer got lost may be sent again."""
    answer = _asked(port, "POST", "/api/jobs", json=_order(word), headers={"Idempotency-Key": word})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def _state(port: int, job_id: str) -> str:
    return str(_asked(port, "GET", f"/api/jobs/{job_id}").json()["state"])


def _asked(port: int, method: str, path: str, **options: object) -> httpx.Response:
    """Over a connection of its own, which either worker may take."""
    return httpx.request(method, f"http://127.0.0.1:{port}{path}", timeout=60, **options)  # type: ignore[arg-type]
