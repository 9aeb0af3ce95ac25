"""`workbench run`: every process of the workbench under one kept supervisor (circus).

Pages and API start first; the job dispatcher follows once they answer. What dies is started again. Ctrl-C,
SIGTERM or a closed terminal stops everything, and a last look finds whatever would have stayed behind.
"""

from __future__ import annotations

import logging
import os
import shutil
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from core.errors import Conflict, WorkbenchError
from core.settings.current import Settings, get_settings
from core.settings.paths import PROJECT
from core.telemetry import metric_files
from core.telemetry.ports import answers, reachable, wait_for_ports

MARK = "WORKBENCH_SUPERVISOR"  # in the environment of every process we start
WAIT_S = 60.0
STOP_S = 15  # then a process is killed
OPEN_STREAMS_S = 5  # an event stream ends only when its reader goes; a stop does not wait for that
UPKEEP_EVERY_S = 600
LOG_BYTES = 10_000_000
CLEAN_EVERY_S = 24 * 3600
CHECKS = "core.operations.checks:run_checks"  # alerts and measures, repeated beside the jobs
UPKEEP = "core.knowledge.upkeep:keep_up"  # of documents and their index, likewise
CLEANING = "core.operations.cleaning:keep_clean"  # of what nothing uses, as WORKBENCH_KEEP_RUN_DAYS says


def run() -> None:
    """Start everything and stay until it is stopped. Raises Conflict when a port is taken."""
    settings = get_settings()
    _end_leftovers(settings)
    _refuse_taken_ports(settings)
    os.environ[MARK] = _own_mark()
    _migrate(settings)
    metric_files.forget(metric_files.folder())  # counters begin with the workbench
    sockets = Path(tempfile.mkdtemp(prefix="wb-"))  # socket paths must stay short
    arbiter = _arbiter(settings, sockets)
    starting = threading.Thread(target=_announce, args=(settings,), daemon=True)
    starting.start()
    try:
        arbiter.start()
    finally:
        from core.jobs.process_groups import stop_marked

        stop_marked(MARK, os.environ[MARK])
        _end_leftovers(settings, runners=True)
        shutil.rmtree(sockets, ignore_errors=True)
        print("The workbench has stopped.", flush=True)


def commands(settings: Settings) -> dict[str, list[str]]:
    """The command of each process; each can also be started by hand, or on another machine."""
    python = sys.executable
    return {
        "ui": [
            *(python, "-m", "streamlit", "run", "app"),
            *("--server.port", str(settings.ui_port), "--server.address", settings.ui_host),
            *("--server.maxUploadSize", str(settings.upload_limit_mb)),
            *_with_certificate(settings, "--server.sslCertFile", "--server.sslKeyFile"),
        ],
        "api": [
            *(python, "-m", "uvicorn", "app.api.main:app", "--no-access-log"),
            *("--host", settings.api_host, "--port", str(settings.api_port)),
            *("--timeout-graceful-shutdown", str(OPEN_STREAMS_S)),
            *(("--workers", str(settings.api_workers)) if settings.api_workers > 1 else ()),
            *("--http", "app.api.server_protocol:BoundedHeads"),
            "--no-proxy-headers",  # core/security/forwarding reads them, by the setting trusted_proxies
            *_with_certificate(settings, "--ssl-certfile", "--ssl-keyfile"),
        ],
        "jobs": [
            python,
            "-m",
            "core.jobs.running.start",
            "--after",
            f"{settings.ui_host}:{settings.ui_port}",
            f"{settings.api_host}:{settings.api_port}",
            *("--every", f"{settings.check_every_s:g}", CHECKS),
            *("--every", str(UPKEEP_EVERY_S), UPKEEP),
            *("--every", str(CLEAN_EVERY_S), CLEANING),
        ],
    }


def _with_certificate(settings: Settings, certificate: str, key: str) -> tuple[str, ...]:
    if not settings.tls_certificate:
        return ()
    return certificate, str(Path(settings.tls_certificate).resolve()), key, str(Path(settings.tls_key).resolve())


class _StopIsNoError(logging.Filter):
    """While everything is being stopped, circus reports its own skipped round of checks as an error."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not (record.exc_info and type(record.exc_info[1]).__name__ == "ConflictError")


def _arbiter(settings: Settings, sockets: Path) -> Any:
    from circus import get_arbiter

    logging.getLogger("tornado.application").addFilter(_StopIsNoError())
    logs = settings.data_dir / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    environment = {
        **os.environ,
        "WORKBENCH_HOME": str(settings.home),
        "OMP_NUM_THREADS": str(settings.threads),
        "OPENBLAS_NUM_THREADS": str(settings.threads),
        "PYTHONUNBUFFERED": "1",
        "FORWARDED_ALLOW_IPS": "",  # or the pages' server would believe any header sent from this machine
    }
    watchers = []
    for name, command in commands(settings).items():
        stream = {
            "class": "FileStream",
            "filename": str(logs / f"{name}.log"),
            "max_bytes": LOG_BYTES,
            "backup_count": 3,
        }
        watchers.append(
            {
                "name": name,
                "cmd": command[0],
                "args": command[1:],
                "working_dir": str(PROJECT),
                "env": environment,
                "stdout_stream": stream,
                "stderr_stream": stream,
                "graceful_timeout": STOP_S,
                "max_retry": -1,  # a killed process is started again, however often
                "stop_children": True,
            }
        )
    return get_arbiter(
        watchers,
        controller=f"ipc://{sockets}/control",
        pubsub_endpoint=f"ipc://{sockets}/events",
        check_delay=1.0,
    )


def _migrate(settings: Settings) -> None:
    """Bring the database up to date; a SQLite file that is needs no library to say so."""
    from core.storage import migrations

    _finish_restore(settings)
    if not migrations.is_current_sqlite(settings.resolved_database_url):
        print("Preparing the database ...", flush=True)
        migrations.migrate()


def _finish_restore(settings: Settings) -> None:
    """A restore that was killed half way is finished before anything reads the home folder."""
    if (settings.data_dir / ".restoring").is_dir():
        from core.operations.restoring import finish_interrupted

        print("Finishing a restore that was interrupted ...", flush=True)
        finish_interrupted()


def _announce(settings: Settings) -> None:
    """Print where the pages and the API are, once they answer, and on the first start who may sign in."""
    scheme = "https" if settings.tls_certificate else "http"
    pages = f"{scheme}://{reachable(settings.ui_host)}:{settings.ui_port}"
    api = f"{scheme}://{reachable(settings.api_host)}:{settings.api_port}"
    answered = wait_for_ports(
        (settings.ui_host, settings.ui_port), (settings.api_host, settings.api_port), seconds=WAIT_S
    )
    logs = settings.data_dir / "logs"
    if answered:
        print(f"Pages  {pages}\nAPI    {api}/docs\nLogs   {logs}\nPress Ctrl-C to stop everything.", flush=True)
    else:
        print(f"Pages or API did not answer within {WAIT_S:.0f} s; see {logs}.", flush=True)
    _tell_first_accounts()


def _tell_first_accounts() -> None:
    """On the first start there are accounts, and this is the only time their passwords are told.

    The results of the person the sample analyst stands for are then brought in, by a job like anybody's.
    """
    from core.accounts.sample_analyst import LOGIN_NAME, ensure_first_accounts

    try:
        made = ensure_first_accounts()
    except WorkbenchError as error:
        print(f"No account to sign in with could be made. {error}", flush=True)
        return
    for one in made:
        print(f"Sign in as {one.login_name} with password {one.password}", flush=True)
        print(f"(shown only now; `workbench account password {one.login_name}` makes another)", flush=True)
        if one.login_name == LOGIN_NAME:
            _queue_results_of(one.login_name)


def _queue_results_of(name: str) -> None:
    from core.accounts.accounts import find_account
    from core.knowledge.aptitude.records import SAMPLE_ANALYST_RECORD, begin_processing
    from core.knowledge.ingestion.jobs import start_ingestion
    from core.security.policy import LOCAL_ANALYST

    try:
        person = find_account(name, principal=LOCAL_ANALYST).principal
        planned = begin_processing(person, SAMPLE_ANALYST_RECORD)
        start_ingestion(planned.id, principal=person)
    except WorkbenchError as error:
        print(f"The results of {name} could not be brought in. {error}", flush=True)


def _own_mark() -> str:
    """This process, told apart from any later one of the same number."""
    import psutil

    return f"{os.getpid()} {psutil.Process().create_time():.2f}"


def _end_leftovers(settings: Settings, *, runners: bool = False) -> None:
    """End what a killed supervisor left on this home; its jobs go on, watched by our dispatcher, until we stop."""
    import psutil

    from core.jobs.process_groups import JOB_CLAIM, environment_of

    left = []
    for process in psutil.process_iter():
        given = environment_of(process)
        is_ours = given.get("WORKBENCH_HOME") == str(settings.home) and process.pid != os.getpid()
        if is_ours and MARK in given and (runners or JOB_CLAIM not in given) and not _is_supervised(given[MARK]):
            left.append(process)
    for process in left:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    deadline = time.monotonic() + STOP_S
    # Its last thread closes the socket, which may be a moment after the process is said to be gone.
    while left and (any(map(_is_alive, left)) or _taken_ports(settings)) and time.monotonic() < deadline:
        time.sleep(0.05)


def _is_supervised(mark: str) -> bool:
    """Whether the supervisor that gave this mark still runs."""
    import psutil

    pid, _, begun = mark.partition(" ")
    try:
        process = psutil.Process(int(pid))
        return f"{process.create_time():.2f}" == begun and _is_alive(process)
    except (ValueError, psutil.NoSuchProcess):
        return False


def _is_alive(process: Any) -> bool:
    import psutil

    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _refuse_taken_ports(settings: Settings) -> None:
    for name, port in _taken_ports(settings).items():
        raise Conflict("workbench.port_taken", port=port, setting=f"WORKBENCH_{name}_PORT")


def _taken_ports(settings: Settings) -> dict[str, int]:
    wanted = ("UI", settings.ui_host, settings.ui_port), ("API", settings.api_host, settings.api_port)
    return {name: port for name, host, port in wanted if answers((host, port))}
