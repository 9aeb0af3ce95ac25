"""A database that another process holds, and one that is damaged, under a running API."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest

from core.accounts.token_pairs import open_client_session
from core.security.policy import Role
from tests.api.accounts import PASSWORD, header_of, person_named
from tests.conftest import process_home
from tests.network.processes import SECRET, running_apis

pytestmark = pytest.mark.sqlite

LIGHT = {
    "WORKBENCH_ROUTES": "chat", "WORKBENCH_RATE_LIMITS": "", "WORKBENCH_PASSWORD_MEMORY_MB": "1",
    "WORKBENCH_PASSWORD_PASSES": "1", "DISABLE_AUTH": "0", "WORKBENCH_TOKEN_SECRET": SECRET,
}  # fmt: skip
HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.readline()
connection.execute("ROLLBACK")
"""


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[httpx.Client, Path]]:
    """A client that is signed in, and the database behind the process that it asks."""
    home = tmp_path_factory.mktemp("locked")
    with process_home(home, **LIGHT):
        token = open_client_session(person_named("boss", role=Role.ADMIN)).access
        with (
            running_apis(home, **LIGHT) as (port,),
            httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=header_of(token), timeout=120) as client,
        ):
            yield client, home / "data" / "workbench.db"


@contextmanager
def held(database: Path) -> Iterator[None]:
    """Another process holds the database as nobody else may write it."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(database)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None and process.stdout is not None
    try:
        assert process.stdout.readline() == "held\n"
        yield
    finally:
        process.stdin.close()
        process.wait(20)
        process.stdout.close()


def sign_in(client: httpx.Client) -> httpx.Response:
    return client.post("/api/auth/login", json={"username": "boss", "password": PASSWORD})


@pytest.mark.fault(
    "database locked", "another process holds the write lock while somebody reads and somebody signs in;"
    " then it lets go",
    "reads answer meanwhile; the write waits and succeeds",
)  # fmt: skip
def test_when_another_process_holds_the_database_then_reads_answer_and_writes_wait(
    api: tuple[httpx.Client, Path],
) -> None:
    client, database = api
    with ThreadPoolExecutor(1) as pool:
        with held(database):
            waiting = pool.submit(sign_in, client)
            read = [client.get(path).status_code for path in ("/api/auth/me", "/api/users", "/readyz", "/livez")]
            had_waited = not waiting.done()
        answer = waiting.result(60)

    assert (read, had_waited, answer.status_code) == ([200, 200, read[2], 200], True, 200)
    assert read[2] in (200, 503)


@pytest.mark.soak
@pytest.mark.fault(
    "database locked", "another process holds the write lock for longer than anybody waits, against four"
    " sign-ins at once",
    "each is told 503 in one sentence, reads and liveness go on, and the next sign-in after it works",
)  # fmt: skip
def test_when_the_database_stays_locked_then_writes_are_told_so_and_work_again_afterwards(
    api: tuple[httpx.Client, Path],
) -> None:
    client, database = api
    with held(database), ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(sign_in, client) for _ in range(4)]
        read = client.get("/livez").status_code
        answers = [one.result(110) for one in waiting]

    assert read == 200
    assert {(one.status_code, one.json()["code"]) for one in answers} == {(503, "STORAGE_DATABASE_DOWN")}
    assert sign_in(client).status_code == 200


@pytest.mark.fault(
    "database damaged", "the database file is overwritten with noise while the API runs",
    "requests are answered without a fault in our own shape, liveness holds, and the good file put back serves again",
)  # fmt: skip
def test_when_the_database_is_noise_then_that_is_said_and_the_good_file_serves_again(tmp_path: Path) -> None:
    with process_home(tmp_path, **LIGHT):
        token = open_client_session(person_named("boss", role=Role.ADMIN)).access
    database = tmp_path / "data" / "workbench.db"
    with (
        running_apis(tmp_path, **LIGHT) as (port,),
        httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=header_of(token), timeout=60) as client,
    ):
        before = client.get("/api/auth/me").status_code
        kept = _emptied_log(database)
        _put(database, b"noise " * (len(kept) // 6))
        during = [client.get(path) for path in ("/api/auth/me", "/livez")]
        _put(database, kept)
        after = client.get("/api/auth/me").status_code

    assert (before, after) == (200, 200)
    assert during[1].status_code == 200
    assert during[0].status_code == 503, during[0].text
    assert during[0].json()["code"] == "STORAGE_DATABASE_DOWN"


def _emptied_log(database: Path) -> bytes:
    """The whole database, once everything of its log is in it."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return database.read_bytes()


def _put(database: Path, content: bytes) -> None:
    """Into the file that is open elsewhere."""
    with database.open("r+b") as written:
        written.write(content)
