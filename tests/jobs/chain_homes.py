"""Chains of small notebooks, and jobs brought to their ends without a kernel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import select

from core.jobs.chains import chain_runs
from core.jobs.chains.records import ChainRun, get_chain_run
from core.jobs.job import Job
from core.jobs.process_groups import run_folder
from core.jobs.states import change_state
from core.security.policy import LOCAL_ANALYST
from core.storage.database import reading, utc_now, writing
from core.storage.tables import jobs
from tests.jobs.conftest import write_notebook

THREE = """
title = { ko = "세 단계", en = "Three steps" }
about = { ko = "세 단계를 차례로 실행합니다.", en = "Three steps in a row." }

[parameters.word]
to = ["middle.word"]

[parameters.dataset_id]
to = ["first.dataset_id"]

[steps.first]
notebook = "demo_data"

[steps.middle]
notebook = "demo_after"
parameters = { run_id = "{first.run_id}" }

[steps.last]
notebook = "demo_after"
needs = ["middle"]
parameters = { run_id = "{middle.run_id}" }
"""
# Two branches that need nothing of each other, and a step that needs both.
BRANCHES = """
title = { ko = "갈래", en = "Branches" }
about = { ko = "두 갈래를 실행합니다.", en = "Two branches." }

[steps.left]
notebook = "demo_data"
parameters = { word = "left" }
most_attempts = 2

[steps.right]
notebook = "demo_data"

[steps.after_left]
notebook = "demo_after"
parameters = { run_id = "{left.run_id}" }

[steps.both]
notebook = "demo_after"
needs = ["after_left", "right"]
"""


READS = """dataset_id: str = ""  # what is read
word: str = "done"  # what to return"""
AFTER = """run_id: str = ""  # the run before
word: str = "done"  # what to return (done|published)
times: int = 1  # how often [times] (1..50)"""
RETURN = """from core.jobs.own_job import finish
finish({"word": word})"""


def fill(notebooks: Path) -> None:
    """The chains `three` and `branches`, and what these run."""
    write_notebook(notebooks, "demo_data", RETURN, parameters=READS, reads={"dataset_id": "dataset"})
    write_notebook(notebooks, "demo_after", RETURN, parameters=AFTER, reads={"run_id": "run"})
    write_chain(notebooks, "three", THREE)
    write_chain(notebooks, "branches", BRANCHES)


def write_chain(notebooks: Path, name: str, content: str) -> Path:
    folder = notebooks / "chains"
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.toml"
    path.write_text(content, "utf-8")
    return path


def started(chain: str = "three", parameters: dict[str, Any] | None = None, **options: Any) -> ChainRun:
    """A run that was begun, and whose first steps were queued."""
    run = chain_runs.start(chain, parameters or {}, principal=LOCAL_ANALYST, **options)
    chain_runs.advance()
    return now(run)


def now(run: ChainRun) -> ChainRun:
    return get_chain_run(run.id, principal=LOCAL_ANALYST)


def states(run: ChainRun) -> dict[str, str]:
    return {step.name: step.state for step in now(run).steps}


def jobs_of(run: ChainRun) -> list[Job]:
    """Every job of a run, oldest first."""
    with reading() as connection:
        rows = connection.execute(select(jobs).where(jobs.c.chain_run_id == run.id).order_by(jobs.c.created_at))
        return [Job(**row) for row in rows.mappings()]


def end_step(run: ChainRun, name: str, state: str = "succeeded", result: dict[str, Any] | None = None) -> None:
    """Bring the job of a step to its end as a runner does, and let the chain go on."""
    job = now(run).step(name).job
    assert job is not None
    with writing() as connection:
        change_state(connection, job, "running", expected=("queued",), started_at=utc_now())
        change_state(connection, job, state, expected=("running",), result=result)
    if state == "succeeded":
        folder = run_folder(job.id)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "notebook.ipynb").write_text("{}", "utf-8")
    chain_runs.advance()


def end_all(run: ChainRun) -> ChainRun:
    """Every step that can run succeeds, one after the other."""
    while waiting := [step.name for step in now(run).steps if step.state == "running"]:
        end_step(run, waiting[0])
    return now(run)
