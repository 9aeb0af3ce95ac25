"""The job that a notebook is, spoken to from inside: its id and owner, progress, result, and a line in the run history.

Inside a job these reach the job record. In JupyterLab the open notebook gets a record of its own; elsewhere
(a plain interpreter, a notebook test) they are printed.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import insert, select, update

from core.errors import NotAllowed, WorkbenchError
from core.jobs.process_groups import HOST, INTERACTIVE, JOB_CLAIM, JOB_ID
from core.jobs.records import ERROR, add_event
from core.security.policy import LOCAL_ANALYST, Principal, Role
from core.settings.current import get_settings
from core.storage.database import reading, utc_now, writing
from core.storage.tables import jobs

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
    """On whose behalf this notebook runs, with the role that the account has now. Raises NotAllowed.

    Somebody without an account is a person of the Supabase project, where the settings name one: an analyst.
    """
    from core.accounts.accounts import find_account_by_id

    with reading() as connection:
        owner = connection.execute(select(jobs.c.owner).where(jobs.c.id == os.environ.get(JOB_ID, ""))).scalar()
    if owner is None or owner == LOCAL_ANALYST.id:
        return LOCAL_ANALYST
    account = find_account_by_id(owner)
    if account is not None and account.disabled_at is not None:
        raise NotAllowed("jobs.owner_disabled", name=account.login_name)
    if account is not None:
        return account.principal
    if not get_settings().supabase_jwt_secret.get_secret_value():
        raise NotAllowed("jobs.owner_gone", id=owner)
    return Principal(owner, Role.ANALYST)


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
    with writing() as connection:
        mine = jobs.c.id == run_id, jobs.c.claim == claim, jobs.c.state == "running"
        changed = connection.execute(update(jobs).where(*mine).values(step=step, fraction=fraction))
        if changed.rowcount == 1:
            owner = connection.execute(select(jobs.c.owner).where(jobs.c.id == run_id)).scalar_one()
            payload = {"step": step, "fraction": fraction, **metrics}
            add_event(connection, run_id, owner, "progress", payload)


def finish(result: dict[str, Any]) -> None:
    """Keep the run's result (plain JSON values). The runner ends the job once the last cell is through."""
    run_id, claim = current_run_id(), _claim()
    values: dict[str, Any] = {"result": result}
    if claim.startswith(INTERACTIVE):
        values |= {"state": "succeeded", "finished_at": utc_now(), "fraction": 1.0}
    with writing() as connection:
        mine = jobs.c.id == run_id, jobs.c.claim == claim, jobs.c.state == "running"
        connection.execute(update(jobs).where(*mine).values(**values))
    _interactive.clear()


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
    with writing() as connection:
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


def _claim() -> str:
    return os.environ.get(JOB_CLAIM) or f"{INTERACTIVE}{_interactive.get('run_id', '')}"


def _begin_interactive(run_id: str, notebook: str) -> None:
    now = utc_now()
    values = {
        "id": run_id,
        "owner": LOCAL_ANALYST.id,
        "notebook": notebook,
        "room": notebook.partition("_")[0],
        "parameters": {},
        "state": "running",
        "claim": f"{INTERACTIVE}{run_id}",
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
