"""`workbench chains`: chains of notebooks started, looked at, gone on with and stopped at a terminal."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Annotated

import typer

from core.commands.given import Key, Pairs, given
from core.security.policy import LOCAL_ANALYST

if TYPE_CHECKING:
    from core.jobs.chains.records import ChainRun
    from core.jobs.running.dispatcher import Dispatcher

app = typer.Typer(no_args_is_help=True, help="Several notebooks, one after the other.")
PATIENCE_S = 5.0  # how long the first step may wait for a dispatcher before we become one
LOOK_S = 0.5


@app.command("list")
def list_all() -> None:
    """Every chain with its parameters and steps, and the files that are none."""
    from core.jobs.chains import chains

    for chain in chains.list_chains():
        print(f"{chain.name}  {chain.title()}")
        for one in chain.parameters:
            print(f"    {one.name}: {one.type} = {one.default!r}  {one.help}{f' [{one.unit}]' if one.unit else ''}")
        for step in chain.steps:
            after = f"  after {', '.join(step.needs)}" if step.needs else ""
            print(f"    {step.name}: {step.notebook}{after}")
    for refused in chains.list_refused():
        print(f"{refused.name}  refused: {refused.error.text()}")


@app.command("run")
def run(
    name: str,
    parameter: Pairs = None,
    key: Key = "",
    fresh: Annotated[bool, typer.Option("--fresh", help="reuse no earlier result")] = False,
    detach: Annotated[bool, typer.Option(help="only begin it; a running workbench carries it on")] = False,
) -> None:
    """Run a chain and wait for its end; the exit status tells whether it succeeded."""
    from core.jobs.chains import chain_runs
    from core.jobs.chains.chains import describe

    values = given(parameter, describe(name).parameters)
    begun = chain_runs.start(name, values, principal=LOCAL_ANALYST, idempotency_key=key or None, fresh=fresh)
    print(f"chain run {begun.id} {begun.state}", flush=True)
    if not detach and _follow(begun).state != "succeeded":
        raise typer.Exit(1)


@app.command("status")
def status(
    run_id: Annotated[str, typer.Argument(help="of one run; without it the last ones are listed")] = "",
    limit: Annotated[int, typer.Option(min=1, max=500, help="how many, newest first")] = 20,
) -> None:
    """The last runs of chains, or the steps of one."""
    from core.jobs.chains.records import get_chain_run, list_chain_runs

    if run_id:
        _print_steps(get_chain_run(run_id, principal=LOCAL_ANALYST))
        return
    for one in list_chain_runs(principal=LOCAL_ANALYST, limit=limit):
        done = sum(step.state in ("succeeded", "reused") for step in one.steps)
        created = f"{one.created_at.astimezone():%Y-%m-%d %H:%M}"
        print(f"{one.id}  {one.state:9}  {done} of {len(one.steps)}  {one.seconds:7.1f} s  {created}  {one.chain}")


@app.command("retry")
def retry(run_id: str) -> None:
    """Go on from what failed or was cancelled; what has succeeded is kept. A running workbench carries it on."""
    from core.jobs.chains import chain_runs

    print(f"chain run {run_id} {chain_runs.retry(run_id, principal=LOCAL_ANALYST).state}")


@app.command("cancel")
def cancel(run_id: str) -> None:
    """Let nothing more begin, and stop what runs."""
    from core.jobs.chains import chain_runs

    _print_steps(chain_runs.cancel(run_id, principal=LOCAL_ANALYST))


def _print_steps(run: ChainRun) -> None:
    from core.messages import say_kept

    print(f"{run.id}  {run.state}  {run.seconds:.1f} s  {run.chain}")
    for step in run.steps:
        error = step.error or (step.job.error if step.job is not None and step.state == "failed" else None)
        took = f"{step.seconds:7.1f} s" if step.seconds is not None else " " * 9
        why = say_kept(error) or ""
        print(f"  {step.state:9}  {took}  {step.job_id or '-':36}  {step.name}  {why}".rstrip())


def _follow(run: ChainRun) -> ChainRun:
    """The run once it has ended; a step that comes to another state is said as a line meanwhile."""
    from core.jobs.chains.records import get_chain_run
    from core.jobs.running.dispatcher import Dispatcher

    told: dict[str, str] = {}
    own: tuple[Dispatcher, threading.Thread] | None = None
    started = time.monotonic()
    try:
        while True:
            now = get_chain_run(run.id, principal=LOCAL_ANALYST)
            for step in now.steps:
                if step.state not in ("waiting", told.get(step.name)):
                    told[step.name] = step.state
                    print(f"{time.strftime('%H:%M:%S')} {step.name}: {step.state}", flush=True)
            if now.has_ended:
                return now
            begun = [step.job for step in now.steps if step.job is not None and step.job.state != "queued"]
            if own is None and not begun and time.monotonic() - started > PATIENCE_S:
                dispatcher = Dispatcher()
                own = (dispatcher, threading.Thread(target=dispatcher.serve))
                own[1].start()
            time.sleep(LOOK_S)
    finally:
        if own is not None:
            own[0].stopping.set()
            own[1].join()
