"""SIGKILL of every process of a running workbench in turn, and two people who work meanwhile."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from core.jobs import records
from core.jobs.job import ENDED
from core.security.policy import LOCAL_ANALYST, Role
from core.storage import audit
from tests.api.accounts import PASSWORD, person_named
from tests.jobs.conftest import notebooks, processes_of, wait_for, wait_until
from tests.project.test_run_everything import House, house, status

__all__ = ["house", "notebooks"]
QUIET = {
    "WORKBENCH_SAMPLE_DATA": "0", "WORKBENCH_PRELOAD": "", "WORKBENCH_PASSWORD_MEMORY_MB": "1",
    "WORKBENCH_PASSWORD_PASSES": "1", "WORKBENCH_RATE_LIMITS": "",
}  # fmt: skip


def signed_in(house: House) -> httpx.Client:
    client = httpx.Client(base_url=house.url(""), timeout=60)
    tokens = client.post("/api/auth/login", json={"username": "boss", "password": PASSWORD}).json()["tokens"]
    client.headers["Authorization"] = f"Bearer {tokens['access']}"
    return client


@pytest.mark.soak
@pytest.mark.timeout(600)
@pytest.mark.fault(
    "SIGKILL of every process in turn", "API, pages, jobs process and a runner are killed one after the other under"
    " `workbench run` while a job works",
    "each comes back, the sign-in stands, the job whose runner died is lost and says so, a later one succeeds, and the"
    " audit log is whole",
)  # fmt: skip
def test_when_each_process_is_killed_then_it_comes_back_and_nothing_is_lost(house: House, notebooks: Path) -> None:
    house.environment |= {**QUIET, "WORKBENCH_NOTEBOOKS_DIR": str(notebooks)}
    person_named("boss", role=Role.ADMIN)
    house.start()
    client = signed_in(house)

    for words in ("uvicorn", "streamlit"):
        killed = house.find(words)
        assert killed is not None
        killed.kill()
        wait_until(lambda was=killed.pid, words=words: (now := house.find(words)) and now.pid != was, seconds=60)
        wait_until(lambda: status(house.url("/health")) == 200 and status(house.page()) == 200, seconds=90)
        assert client.get("/api/auth/me").status_code == 200

    job = records.submit("demo_work", {"seconds": 300.0}, principal=LOCAL_ANALYST)
    wait_until(lambda: records.get_job(job.id, principal=LOCAL_ANALYST).step, seconds=90)
    running = records.get_job(job.id, principal=LOCAL_ANALYST)
    dispatcher = house.find("core.jobs.running.start") or house.find("core.cli jobs")
    assert dispatcher is not None, [one.cmdline() for one in house.processes()]
    dispatcher.kill()
    os.kill(running.pid or 0, signal.SIGKILL)
    lost = wait_for(job.id, "lost", seconds=120)
    wait_until(lambda: processes_of(running.claim or "") == [], seconds=60)
    later = records.submit("demo_work", {"word": "published"}, principal=LOCAL_ANALYST)
    assert wait_for(later.id, *ENDED, seconds=120).result == {"word": "published"}

    assert lost.error is not None and lost.error["key"] == "jobs.runner_lost"
    assert client.get("/api/auth/me").status_code == 200
    client.close()
    house.stop()
    assert audit.verify(principal=LOCAL_ANALYST).is_intact
    assert house.processes() == []


@pytest.mark.fault(
    "two users at once", "forty requests of two people against one API that change the same account and write the log",
    "nothing is lost or doubled, nobody gets an answer of the other, the audit log is whole",
)  # fmt: skip
def test_when_two_people_work_at_once_then_each_gets_their_own_and_nothing_is_lost(home: Path) -> None:
    from tests.network.processes import SECRET, running_apis

    people = [person_named(name, role=Role.ADMIN) for name in ("boss", "deputy")]
    target = person_named("target")
    settings = {**QUIET, "WORKBENCH_ROUTES": "", "DISABLE_AUTH": "0", "WORKBENCH_TOKEN_SECRET": SECRET}
    with running_apis(home, **settings) as (port,), ThreadPoolExecutor(8) as pool:
        url = f"http://127.0.0.1:{port}"
        tokens = [
            httpx.post(f"{url}/api/auth/login", json={"username": one.login_name, "password": PASSWORD}, timeout=60)
            .json()["tokens"]["access"] for one in people
        ]  # fmt: skip

        def work(number: int) -> tuple[str, str, int]:
            header = {"Authorization": f"Bearer {tokens[number % 2]}"}
            who = httpx.get(f"{url}/api/auth/me", headers=header, timeout=60).json()["id"]
            change = {"name": f"target {number}"}
            done = httpx.patch(f"{url}/api/users/{target.id}", json=change, headers=header, timeout=60)
            return who, people[number % 2].id, done.status_code

        told = list(pool.map(work, range(20)))

    assert [who for who, _, _ in told] == [whose for _, whose, _ in told]
    assert {code for _, _, code in told} == {200}
    noted = [one for one in audit.search_entries(principal=LOCAL_ANALYST) if one.target == target.id]
    assert len([one for one in noted if one.owner in {person.id for person in people}]) == len(told)
    assert audit.verify(principal=LOCAL_ANALYST).is_intact
