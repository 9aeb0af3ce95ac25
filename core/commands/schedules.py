"""`workbench schedules`: what is run when, as a person at a terminal makes and looks after it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from core.commands.given import Pairs, given
from core.security.policy import LOCAL_ANALYST

if TYPE_CHECKING:
    from core.jobs.notebooks.parameters_cell import Parameter

app = typer.Typer(no_args_is_help=True, help="Notebooks and chains that are run at fixed times.")


@app.command("list")
def list_all() -> None:
    """Every schedule: what is due first comes first."""
    from core.jobs.schedules.cron_times import logical_date
    from core.jobs.schedules.history import standings
    from core.jobs.schedules.schedules import list_schedules

    found = list_schedules(principal=LOCAL_ANALYST)
    fares = standings(found)
    for one in found:
        next_at = f"paused by {one.paused_by}" if one.paused_at else "no time left"
        if one.next_at is not None:
            next_at = f"next {logical_date(one.next_at, one.time_zone)}"
        last, missed = fares[one.id].last, fares[one.id].missed
        told = f"last {last.outcome or last.state}" if last else "never yet"
        told += f", {missed} missed" if missed else ""
        print(f"{one.id}  {one.name}  {one.what}  '{one.cron}' {one.time_zone}  {next_at}  {told}")
    if not found:
        print("There are no schedules yet; `workbench schedules add --help` tells how to make one.")


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="what it is called")],
    cron: Annotated[str, typer.Argument(help="five fields, for example '0 9 * * 1', or @daily")],
    notebook: Annotated[str, typer.Option(help="the notebook to run")] = "",
    chain: Annotated[str, typer.Option(help="the chain to run, instead of a notebook")] = "",
    zone: Annotated[str, typer.Option(help="time zone, for example Asia/Seoul; this machine's without it")] = "",
    parameter: Pairs = None,
    catch_up: Annotated[str, typer.Option(help="of times missed, which are run: all, last or none")] = "last",
    overlap: Annotated[str, typer.Option(help="while the run before goes on: skip, queue or replace")] = "skip",
    attempts: Annotated[int, typer.Option(help="how often a run is tried at most")] = 1,
    backoff: Annotated[float, typer.Option(help="wait before the second attempt, doubled with each further [s]")] = 60,
) -> None:
    """Make a schedule and show when it is due."""
    from core.jobs.chains import chains
    from core.jobs.notebooks import catalogue
    from core.jobs.schedules import schedules

    declared: tuple[Parameter, ...] = ()
    if notebook or chain:
        declared = catalogue.describe(notebook).parameters if notebook else chains.describe(chain).parameters
    order = schedules.Order(
        name, cron, notebook or None, chain or None, given(parameter, declared), zone,
        catch_up, overlap, attempts, backoff,  # type: ignore[arg-type]  # words are checked by `create`
    )  # fmt: skip
    made = schedules.create(order, principal=LOCAL_ANALYST)
    print(f"{made.id}  {made.name}")
    _preview(made)


@app.command("remove")
def remove(schedule_id: str) -> None:
    """Take a schedule away; `restore` brings it back."""
    from core.jobs.schedules import schedules

    removed = schedules.remove(schedule_id, principal=LOCAL_ANALYST)
    print(f"Removed '{removed.name}'. `workbench schedules restore {removed.id}` brings it back.")


@app.command("restore")
def restore(schedule_id: str) -> None:
    """Bring a removed schedule back."""
    from core.jobs.schedules import schedules

    _preview(schedules.restore(schedule_id, principal=LOCAL_ANALYST))


@app.command("pause")
def pause(schedule_id: str) -> None:
    """Queue nothing more until it is resumed."""
    from core.jobs.schedules import schedules

    paused = schedules.pause(schedule_id, principal=LOCAL_ANALYST)
    print(f"'{paused.name}' is paused.")


@app.command("resume")
def resume(schedule_id: str) -> None:
    """Go on from now."""
    from core.jobs.schedules import schedules

    _preview(schedules.resume(schedule_id, principal=LOCAL_ANALYST))


@app.command("run")
def run(schedule_id: str) -> None:
    """Queue one run now; a running workbench takes it."""
    from core.jobs.schedules import runs as schedule_runs

    started = schedule_runs.run_now(schedule_id, principal=LOCAL_ANALYST)
    print(f"{'job ' + started.job_id if started.job_id else 'chain ' + str(started.chain_run_id)} {started.outcome}")


@app.command("times")
def times(
    schedule_id: str, limit: Annotated[int, typer.Option(min=1, max=1000, help="how many, newest first")] = 20
) -> None:
    """The next five times, and what became of those that were due."""
    from core.jobs.schedules import history as schedule_history
    from core.jobs.schedules import schedules
    from core.jobs.schedules.cron_times import logical_date
    from core.messages import say_kept

    schedule = schedules.get(schedule_id, principal=LOCAL_ANALYST)
    if schedule.next_at is not None:
        _preview(schedule)
    for one in schedule_history.times(schedule_id, principal=LOCAL_ANALYST, limit=limit):
        local = logical_date(one.logical_at, schedule.time_zone)
        told = say_kept(one.reason) or one.job_id or one.chain_run_id
        print(f"{local}  {one.outcome or one.state:9}  {told or ''}".rstrip())


def _preview(schedule: object) -> None:
    from core.jobs.schedules.cron_times import logical_date, preview
    from core.jobs.schedules.schedules import Schedule

    assert isinstance(schedule, Schedule)
    for at in preview(schedule.cron, schedule.time_zone) if schedule.next_at else ():
        print(f"    {logical_date(at, schedule.time_zone)}  {at:%Y-%m-%d %H:%M} UTC")
