"""The operating-system side of a job: starting its process group, knowing whether it lives, leaving nothing behind.

A kernel puts itself into a session of its own, so a process group alone does not reach it. Every process of a
job carries the job's claim in its environment and is found by that.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil

from core.settings.current import get_settings

JOB_ID = "WORKBENCH_JOB_ID"
JOB_CLAIM = "WORKBENCH_JOB_CLAIM"
INTERACTIVE = "interactive-"  # claims of notebooks open in JupyterLab; their kernels are never killed
RUNNER_LOG = "runner.log"
GRACE_S = 3.0

HOST = socket.gethostname()


def run_folder(job_id: str) -> Path:
    """Where a job keeps its executed notebook, HTML copy and log."""
    return get_settings().data_dir / "runs" / job_id


def start_runner(job_id: str, claim: str) -> subprocess.Popen[bytes]:
    """Start `python -m core.jobs.running.runner` in a session of its own, its output going to the job's log."""
    folder = run_folder(job_id)
    folder.mkdir(parents=True, exist_ok=True)
    return _start([job_id], {**runner_environment(), JOB_ID: job_id, JOB_CLAIM: claim}, folder / RUNNER_LOG)


def start_runner_ahead(claim: str, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start a runner that reads its job's id from a pipe later; it ends when this process lets go of the pipe."""
    log = ahead_log(claim)
    log.parent.mkdir(parents=True, exist_ok=True)
    return _start(["--ahead", str(log)], {**environment, JOB_CLAIM: claim}, log, stdin=subprocess.PIPE)


def ahead_log(claim: str) -> Path:
    """Where a runner writes that has no job yet."""
    return get_settings().data_dir / "cache" / "runners" / f"{claim}.log"


def runner_environment() -> dict[str, str]:
    """What runners started now are given, but for the job and its claim."""
    threads = str(get_settings().threads)
    given = {name: value for name, value in os.environ.items() if name not in (JOB_ID, JOB_CLAIM)}
    return given | {
        "WORKBENCH_HOME": str(get_settings().home),
        "OMP_NUM_THREADS": threads,
        "OPENBLAS_NUM_THREADS": threads,
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }


def _start(
    arguments: list[str], environment: dict[str, str], log: Path, stdin: int = subprocess.DEVNULL
) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "core.jobs.running.runner", *arguments],
            stdin=stdin,
            stdout=output,
            stderr=output,
            env=environment,
            start_new_session=True,
        )


def is_alive(pid: int | None, claim: str) -> bool:
    """Whether the process that holds `claim` still runs on this host."""
    if pid is None:
        return False
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        return claim.startswith(INTERACTIVE) or process.environ().get(JOB_CLAIM) == claim
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True


def stop(claim: str) -> None:
    """End every process that carries `claim`: politely, then by force."""
    if claim.startswith(INTERACTIVE):
        return
    for kind in (signal.SIGTERM, signal.SIGKILL):  # the second round also finds what was started meanwhile
        found = carrying(claim)
        if not found:
            return
        for process in found:
            _signal(process, kind)
        psutil.wait_procs(found, timeout=GRACE_S)


def carrying(claim: str) -> list[psutil.Process]:
    """Every process on this machine that carries the claim."""
    return [one for one in psutil.process_iter() if environment_of(one).get(JOB_CLAIM) == claim]


def stop_marked(variable: str, value: str) -> None:
    """Kill every process of ours whose environment holds variable=value, except this one."""
    for process in psutil.process_iter():
        if process.pid != os.getpid() and environment_of(process).get(variable) == value:
            _signal(process, signal.SIGKILL)


def environment_of(process: psutil.Process) -> dict[str, str]:
    """What it was started with; nothing for one that is gone or not ours."""
    try:
        return process.environ()
    except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess, OSError):
        return {}


def _signal(process: psutil.Process, kind: signal.Signals) -> None:
    try:
        process.send_signal(kind)
    except psutil.NoSuchProcess:
        return
