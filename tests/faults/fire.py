"""A workbench at work while its processes die at random: `python -m tests.faults.fire HOME SECONDS SEED`.

`workbench run`, a second dispatcher, and fifty jobs of several kinds. Meanwhile processes are killed or frozen, the
database is held, and, where HOME is a small file system of its own, the disk is filled. Afterwards everything has
time to end. Prints one JSON object: what was done, and what `fire_account` says of every job.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil

JOBS = 50
OWN_DISK_BYTES = 4_000_000_000  # a file system smaller than this was made for the fire, and may be filled
ENDING_S = 420  # everything that waits has ended by then
WORDS = {
    "runner": "core.jobs.running.runner", "kernel": "ipykernel", "dispatcher": "core.jobs.running.start",
    "second dispatcher": "core.jobs.running.dispatcher", "API": "uvicorn", "pages": "streamlit",
}  # fmt: skip
PARAMETERS = """seconds: float = 1.0  # how long to work [s] (0..600)
fail: bool = False  # end with an error
lines: int = 0  # lines to print [lines] (0..100000)
notifications: str = ""  # who is told when it ends"""
# Tells in a file, not in the database that burns, when it began, that it still works, and that it ended.
WORK = """import os, time
from pathlib import Path
from core.jobs import own_job
from core.settings.current import get_settings
evidence = Path(os.environ["WORKBENCH_FIRE_EVIDENCE"]) / own_job.current_run_id()
claim = os.environ["WORKBENCH_JOB_CLAIM"]
def tell(word):
    with evidence.open("a") as file:
        file.write(f"{claim} {word} {time.time():.3f}\\n")
tell("begin")
for number in range(lines):
    print(number)
until = time.monotonic() + seconds
while time.monotonic() < until:
    tell("beat")
    time.sleep(0.1)
assert not fail, "asked to fail"
tell("end")
own_job.finish({"run": own_job.current_run_id()})"""


@dataclass
class Done:
    """What the fire did: how often which kind, and what befell which job when (seconds since the epoch)."""

    counts: Counter[str] = field(default_factory=Counter)
    befell: list[tuple[str, str, float]] = field(default_factory=list)  # what, job id or "", when
    cancelled: set[str] = field(default_factory=set)
    keys: dict[str, str] = field(default_factory=dict)  # idempotency key -> job id that the API answered

    def note(self, what: str, job_id: str = "") -> None:
        self.counts[what] += 1
        self.befell.append((what, job_id, time.time()))


class Fire:
    """Does something bad every few seconds until it is put out."""

    def __init__(self, home: Path, seed: int, done: Done) -> None:
        self.home, self.done, self.random = home, done, random.Random(seed)
        self.out = threading.Event()

    def burn(self) -> None:
        deeds: list[tuple[int, Callable[[], None]]] = [
            (6, lambda: self.kill("runner")), (5, lambda: self.kill("kernel")), (3, lambda: self.kill("dispatcher")),
            (3, lambda: self.kill("second dispatcher")), (2, lambda: self.kill("API")), (1, lambda: self.kill("pages")),
            (2, lambda: self.freeze("runner")), (2, lambda: self.freeze("dispatcher")),
            (2, lambda: self.hold_database(self.random.uniform(2, 8))), (2, self.fill_disk),
        ]  # fmt: skip
        while not self.out.wait(self.random.uniform(3, 9)):
            (deed,) = self.random.choices([one for _, one in deeds], [weight for weight, _ in deeds])
            with suppress(psutil.Error, OSError):
                deed()

    def kill(self, kind: str) -> None:
        process = self._pick(kind)
        if process is not None:
            job_id = _job_of(process)
            process.kill()
            self.done.note(f"{kind} killed", job_id)

    def freeze(self, kind: str) -> None:
        process = self._pick(kind)
        if process is not None:
            self.done.note(f"{kind} frozen for some seconds", _job_of(process))
            process.suspend()
            self.out.wait(self.random.uniform(2, 6))
            process.resume()

    def hold_database(self, seconds: float) -> None:
        self.done.note("database held for a minute" if seconds >= 60 else "database held for some seconds")
        path = self.home / "data" / "workbench.db"
        with closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as connection:
            connection.execute("BEGIN EXCLUSIVE")
            time.sleep(seconds)
            connection.execute("ROLLBACK")

    def fill_disk(self) -> None:
        place = os.statvfs(self.home)
        if place.f_blocks * place.f_frsize > OWN_DISK_BYTES:
            return
        self.done.note("disk full for some seconds")
        filler = self.home / "filler"
        try:
            with filler.open("wb") as file, suppress(OSError):
                while True:
                    file.write(bytes(1_000_000))
            self.out.wait(self.random.uniform(2, 5))
        finally:
            filler.unlink(missing_ok=True)

    def _pick(self, kind: str) -> psutil.Process | None:
        found = [one for one in processes_of(self.home) if WORDS[kind] in " ".join(words_of(one))]
        return self.random.choice(found) if found else None


def processes_of(home: Path) -> list[psutil.Process]:
    """Living processes of the workbench in `home`, this one excluded."""
    found = []
    for one in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            is_ours = one.environ().get("WORKBENCH_HOME") == str(home) and one.pid != os.getpid()
            if is_ours and one.status() != psutil.STATUS_ZOMBIE:
                found.append(one)
    return found


def words_of(process: psutil.Process) -> list[str]:
    """Its command line; nothing for one that is gone."""
    with suppress(psutil.Error, OSError):
        return process.cmdline()
    return []


def _job_of(process: psutil.Process) -> str:
    """The job that a runner or kernel works on; a runner started ahead of its job is asked for by its claim later."""
    with suppress(psutil.Error, OSError):
        return process.environ().get("WORKBENCH_JOB_ID", "") or f"pid {process.pid}"
    return ""


def keep_second_dispatcher(out: threading.Event) -> None:
    """As a second machine's supervisor would: started again whenever it ended."""
    while not out.is_set():
        process = subprocess.Popen([sys.executable, "-m", "core.jobs.running.dispatcher"], stdout=subprocess.DEVNULL)
        while process.poll() is None and not out.wait(0.5):
            pass
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def submit_all(api: str, seconds: float, done: Done, draw: random.Random) -> None:
    """Fifty jobs over the first half of the time: by the API with a key until it answers, or by a page's process."""
    from core.errors import WorkbenchError
    from core.jobs.job import Plan
    from core.jobs.records import submit
    from core.security.policy import LOCAL_ANALYST

    for number in range(JOBS):
        length = round(draw.uniform(0.5, 12), 1)
        parameters: dict[str, Any] = {"seconds": length, "fail": number % 10 == 3, "notifications": "push"}
        parameters["lines"] = 20_000 if number % 10 == 7 else 0
        key = f"fire-{number}"
        while True:
            try:
                if number % 2:
                    order = {"notebook": "fire_work", "parameters": parameters}
                    answer = httpx.post(f"{api}/api/jobs", json=order, headers={"Idempotency-Key": key}, timeout=60)
                    if answer.status_code == 202:
                        done.keys[key] = answer.json()["id"]
                        break
                else:
                    plan = Plan(most_attempts=4, backoff_s=0.5)
                    job = submit(
                        "fire_work", parameters, principal=LOCAL_ANALYST, idempotency_key=key, plan=plan
                    )  # fmt: skip
                    done.keys[key] = job.id
                    break
            except (httpx.HTTPError, WorkbenchError):
                pass
            time.sleep(1)
        if number % 10 == 5:
            threading.Timer(draw.uniform(0, 15), cancel_until_told, (done.keys[key], done)).start()
        time.sleep(seconds / 2 / JOBS * draw.uniform(0.2, 1.8))


def cancel_until_told(job_id: str, done: Done) -> None:
    from core.errors import WorkbenchError
    from core.jobs.records import cancel
    from core.security.policy import LOCAL_ANALYST

    for _ in range(60):
        with suppress(WorkbenchError):
            done.cancelled.add(job_id)
            cancel(job_id, principal=LOCAL_ANALYST)
            return
        time.sleep(1)


def has_ended() -> bool:
    """Whether no job waits or runs any more."""
    from core.errors import WorkbenchError
    from core.jobs.records import list_jobs
    from core.security.policy import LOCAL_ANALYST

    try:
        return not list_jobs(principal=LOCAL_ANALYST, states=("queued", "running"))
    except WorkbenchError:
        return False


def main(home: Path, seconds: float, seed: int) -> None:
    # First of all: what tests share sets an environment of its own as it is loaded.
    from tests.jobs.conftest import wait_until, write_notebook
    from tests.project.test_run_everything import House

    evidence = home / "evidence"
    evidence.mkdir(parents=True)
    os.environ.update(
        WORKBENCH_HOME=str(home), WORKBENCH_NOTEBOOKS_DIR=str(home / "notebooks"), WORKBENCH_SAMPLE_DATA="0",
        WORKBENCH_PRELOAD="", WORKBENCH_JOBS_PARALLEL="2", WORKBENCH_HEARTBEAT_S="0.5", WORKBENCH_LOG_LEVEL="warning",
        WORKBENCH_RATE_LIMITS="", WORKBENCH_WARM_RUNNERS="1", WORKBENCH_FIRE_EVIDENCE=str(evidence),
    )  # fmt: skip
    from core.storage.migrations import migrate
    from tests.faults.fire_account import account

    migrate()
    write_notebook(home / "notebooks", "fire_work", WORK, parameters=PARAMETERS)
    done, house = Done(), House(home)
    house.environment |= {name: value for name, value in os.environ.items() if name.startswith("WORKBENCH_FIRE")}
    house.start()
    fire = Fire(home, seed, done)
    draw = random.Random(seed + 1)
    second = threading.Thread(target=keep_second_dispatcher, args=(fire.out,))
    work = [threading.Thread(target=fire.burn), second]
    for one in work:
        one.start()
    began = time.monotonic()
    submit_all(house.url(""), seconds, done, draw)
    if seconds >= 300:
        fire.hold_database(60)
    time.sleep(max(0, seconds - (time.monotonic() - began)))
    fire.out.set()
    work[0].join()
    with suppress(AssertionError):  # then the account tells what has not
        wait_until(has_ended, seconds=ENDING_S)
    second.join()
    house.stop()
    left = [" ".join(words_of(one)) for one in processes_of(home)]
    told = account(done, evidence)
    print(json.dumps({"seconds": round(time.monotonic() - began), "done": done.counts, "left": left, **told}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]))
