"""The job that a notebook is, spoken to from inside: its id and owner, progress, result, and a line in the run history.

Inside a job these reach the job record. In JupyterLab the open notebook gets a record of its own; elsewhere
(a plain interpreter, a notebook test) they are printed.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import insert, select, update

from core.errors import Unavailable, WorkbenchError
from core.jobs.owners import principal_of
from core.jobs.process_groups import HOST, INTERACTIVE, JOB_CLAIM, JOB_ID
from core.jobs.states import ERROR, add_event
from core.security.policy import LOCAL_ANALYST, Principal
from core.settings.current import get_settings
from core.storage.database import reading, utc_now, writing
from core.storage.tables import jobs

LONGEST_CLAIM = 36
PATIENCE_S = 120.0  # for a database that is away when a run has its result

_interactive: dict[str, str] = {}  # the run of the notebook that this kernel has open


def current_run_id() -> str:
    """The run_id of this run: the job's id, or a new UUID4 outside a job."""
    if job_id := os.environ.get(JOB_ID):
        return job_id
    if "run_id" not in _interactive:
        _interactive["run_id"] = str(uuid4())
        if session := os.environ.get("JPY_SESSION_NAME"):
            _begin_interactive(_interactive["run_id"], Path(session).stem)
    return _interactive["run_id"]


def current_principal() -> Principal:
    """On whose behalf this notebook runs, with the role that the account has now. Raises NotAllowed."""
    with reading() as connection:
        owner = connection.execute(select(jobs.c.owner).where(jobs.c.id == os.environ.get(JOB_ID, ""))).scalar()
    return LOCAL_ANALYST if owner is None else principal_of(owner)


def checkpoint_folder() -> Path:
    """Where a run keeps what a retry of it goes on from; all attempts of one job share it."""
    job_id = current_run_id()
    with reading() as connection:
        while before := connection.execute(select(jobs.c.retry_of).where(jobs.c.id == job_id)).scalar():
            job_id = before
    folder = get_settings().data_dir / "checkpoints" / job_id
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def drop_checkpoints() -> None:
    """Nothing goes on from a run whose result is kept."""
    shutil.rmtree(checkpoint_folder(), ignore_errors=True)


def report_progress(step: str, fraction: float, **metrics: float) -> None:
    """Say which step the run is at and how far it has come (0..1); metrics go into its story."""
    run_id, claim = current_run_id(), _claim()
    print(f"[{fraction:4.0%}] {step}", *(f"{name}={value:.4g}" for name, value in metrics.items()))
    try:
        _tell_progress(run_id, claim, step, fraction, metrics)
    except Unavailable:  # telling is no reason to stop working
        print("(not told: the database does not answer)")


def _tell_progress(run_id: str, claim: str, step: str, fraction: float, metrics: dict[str, float]) -> None:
    with writing() as connection:
        mine = jobs.c.id == run_id, jobs.c.claim == claim, jobs.c.state == "running"
        changed = connection.execute(update(jobs).where(*mine).values(step=step, fraction=fraction))
        if changed.rowcount == 1:
            owner = connection.execute(select(jobs.c.owner).where(jobs.c.id == run_id)).scalar_one()
            payload = {"step": step, "fraction": fraction, **metrics}
            add_event(connection, run_id, owner, "progress", payload)


def finish(result: dict[str, Any]) -> None:
    """Keep the run's result (plain JSON values). The runner ends the job once the last cell is through.

    A database that is away is waited for, as the work is done by now. Raises Unavailable where it stays away.
    """
    run_id, claim = current_run_id(), _claim()
    values: dict[str, Any] = {"result": result}
    if claim.startswith(INTERACTIVE):
        values |= {"state": "succeeded", "finished_at": utc_now(), "fraction": 1.0}
    deadline = time.monotonic() + PATIENCE_S
    while not _is_kept(run_id, claim, values, deadline):
        time.sleep(1)
    _interactive.clear()


def _is_kept(run_id: str, claim: str, values: dict[str, Any], deadline: float) -> bool:
    mine = jobs.c.id == run_id, jobs.c.claim == claim, jobs.c.state == "running"
    try:
        with writing() as connection:
            connection.execute(update(jobs).where(*mine).values(**values))
    except Unavailable:
        if time.monotonic() > deadline:
            raise
        return False
    return True


def log_history(
    room: str, parameters: dict[str, Any], metrics: dict[str, float], tags: dict[str, str] | None = None
) -> str:
    """Write the run into MLflow, under the room's experiment, tagged with its run_id; MLflow's own run id.

    Raises Unavailable for a server that does not answer.
    """
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
    if not get_settings().resolved_mlflow_uri.startswith("http"):
        return _logged(room, parameters, metrics, tags or {})
    from mlflow.exceptions import MlflowException

    from core.resilience.guarded_call import guarded_call

    down = (MlflowException, OSError)  # it tries again itself, see above
    return guarded_call("mlflow", lambda _: _logged(room, parameters, metrics, tags or {}), failures=down, retries=0)


def _logged(room: str, parameters: dict[str, Any], metrics: dict[str, float], tags: dict[str, str]) -> str:
    import mlflow

    settings = get_settings()
    settings.models_dir.mkdir(parents=True, exist_ok=True)
    mlflow.set_tracking_uri(settings.resolved_mlflow_uri)
    with _one_at_a_time(settings.models_dir / ".mlflow.lock"):
        if mlflow.get_experiment_by_name(room) is None:
            mlflow.create_experiment(room, artifact_location=(settings.models_dir / "mlflow").as_uri())
        mlflow.set_experiment(room)
    with mlflow.start_run(run_name=current_run_id()[:8], tags={"run_id": current_run_id(), **tags}) as run:
        mlflow.log_params(parameters)
        mlflow.log_metrics(metrics)
    return str(run.info.run_id)


@contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    """The first use of a run history makes its tables; of two jobs that end together, one would find them half made."""
    import fcntl

    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # let go when the file is closed, also by a killed process
        yield


def _keep_key_of(shell: Any, kind: type[BaseException], error: BaseException, trace: Any, tb_offset: Any) -> None:
    """Tell the job which of our errors ended a cell; the notebook shows it as it would have."""
    assert isinstance(error, WorkbenchError)
    details = {
        name: value if isinstance(value, int | float | str) else str(value) for name, value in error.details.items()
    }
    with suppress(WorkbenchError), writing() as connection:  # without it the runner tells the error in plain words
        job = connection.execute(select(jobs.c.owner).where(jobs.c.id == os.environ[JOB_ID])).scalar()
        if job is not None:
            told = {"key": error.key, "details": details, "kind": type(error).__name__}
            add_event(connection, os.environ[JOB_ID], job, ERROR, told)
    shell.showtraceback((kind, error, trace), tb_offset=tb_offset)


def _listen_for_errors() -> None:
    # Only a kernel has IPython loaded; importing it for a plain interpreter would be a waste.
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules and JOB_ID in os.environ else None
    if shell is not None:
        shell.set_custom_exc((WorkbenchError,), _keep_key_of)


def enter(job_id: str) -> None:
    """A kernel that was started before its job was known now works for that one."""
    os.environ[JOB_ID] = job_id
    _listen_for_errors()


def _claim() -> str:
    return os.environ.get(JOB_CLAIM) or _claim_of(_interactive.get("run_id", ""))


def _claim_of(run_id: str) -> str:
    """The claim of a notebook that is open in JupyterLab, as long as the column is."""
    return f"{INTERACTIVE}{run_id}"[:LONGEST_CLAIM]


def _begin_interactive(run_id: str, notebook: str) -> None:
    now = utc_now()
    values = {
        "id": run_id,
        "owner": LOCAL_ANALYST.id,
        "notebook": notebook,
        "room": notebook.partition("_")[0],
        "parameters": {},
        "state": "running",
        "claim": _claim_of(run_id),
        "attempt": 1,
        "created_at": now,
        "started_at": now,
        "heartbeat_at": now,
        "host": HOST,
        "pid": os.getpid(),
        "cancel_requested": 0,
        "step": "",
        "fraction": 0.0,
    }
    with writing() as connection:
        connection.execute(insert(jobs).values(**values))
        add_event(connection, run_id, LOCAL_ANALYST.id, "state", {"state": "running", "where": "JupyterLab"})


_listen_for_errors()
