"""The `workbench` command: run everything, run notebooks, look at jobs, and say what is missing."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from core.errors import WorkbenchError
from core.security.policy import LOCAL_ANALYST, Role

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)
notebook_app = typer.Typer(no_args_is_help=True, help="The notebooks that can be run as jobs.")
app.add_typer(notebook_app, name="notebook")
account_app = typer.Typer(no_args_is_help=True, help="Accounts that people sign in with.")
app.add_typer(account_app, name="account")


def main() -> None:
    """Entry point: an expected problem is one sentence on standard error and exit status 1."""
    try:
        app()
    except WorkbenchError as error:
        language = "ko" if os.environ.get("LANG", "").startswith("ko") else "en"
        print(error.text(language), file=sys.stderr)
        sys.exit(1)


@app.command()
def run() -> None:
    """Start pages, API and jobs under one supervisor; Ctrl-C stops everything."""
    from core.supervisor import run as run_everything

    run_everything()


@app.command()
def migrate() -> None:
    """Bring the database to the newest schema."""
    from core.storage.migrations import migrate as migrate_database

    migrate_database()
    print("The database is up to date.")


@app.command()
def doctor() -> None:
    """Say what is missing, which offline default is in use, and where each setting comes from."""
    from core.doctor import report

    lines, healthy = report()
    print("\n".join(lines))
    if not healthy:
        raise typer.Exit(1)


@app.command()
def jobs(
    limit: Annotated[int, typer.Option(help="how many, newest first")] = 20,
    cancel: Annotated[str, typer.Option(help="ask this job to stop")] = "",
    retry: Annotated[str, typer.Option(help="run this failed, cancelled or lost job again")] = "",
) -> None:
    """List jobs, or cancel or retry one."""
    from core.jobs import records

    if cancel:
        records.cancel(cancel, principal=LOCAL_ANALYST)
    if retry:
        records.retry(retry, principal=LOCAL_ANALYST)
    for job in records.list_jobs(principal=LOCAL_ANALYST, limit=limit):
        seconds = f"{job.seconds:7.1f} s" if job.seconds is not None else " " * 9
        created = f"{job.created_at.astimezone():%Y-%m-%d %H:%M}"
        print(f"{job.id}  {job.state:9}  {job.fraction:4.0%}  {seconds}  {created}  {job.notebook}")


@notebook_app.command("list")
def list_notebooks() -> None:
    """Every notebook with its parameters, defaults and ranges."""
    from core.jobs.catalogue import list_notebooks as catalogue

    for notebook in catalogue():
        print(f"{notebook.name}  {notebook.title}")
        for one in notebook.parameters:
            unit = f" [{one.unit}]" if one.unit else ""
            print(f"    {one.name}: {one.type} = {one.default!r}  {one.help}{unit}")


@notebook_app.command("run")
def run_notebook(
    name: str,
    parameter: Annotated[list[str] | None, typer.Option("-p", help="key=value, as often as needed")] = None,
    key: Annotated[str, typer.Option(help="idempotency key: the same key runs once")] = "",
    detach: Annotated[bool, typer.Option(help="only queue it; a running workbench takes it")] = False,
) -> None:
    """Run a notebook as an ordinary job and wait for its end; the exit status tells whether it succeeded."""
    from core.jobs import records
    from core.jobs.catalogue import describe, parse_text
    from core.jobs.waiting import follow

    declared = {one.name: one for one in describe(name).parameters}
    given: dict[str, object] = {}
    for pair in parameter or []:
        known, _, text = pair.partition("=")
        given[known] = parse_text(declared[known], text) if known in declared else text
    job = records.submit(name, given, principal=LOCAL_ANALYST, idempotency_key=key or None)
    print(f"job {job.id} {job.state}", flush=True)
    if detach:
        return
    ended = follow(job.id, say=lambda line: print(line, flush=True))
    if ended.state != "succeeded":
        raise typer.Exit(1)


@account_app.command("add")
def add_account(
    name: str,
    display_name: Annotated[str, typer.Option(help="name that is shown; the sign-in name where none is given")] = "",
    role: Annotated[Role, typer.Option(help="what the account may do")] = Role.ANALYST,
) -> None:
    """Make an account and print its password, once."""
    from core.accounts.accounts import create_account
    from core.accounts.sample_analyst import new_password

    password = new_password()
    create_account(name, password, display_name=display_name or name, role=role, principal=LOCAL_ANALYST)
    print(f"Sign in as {name} with password {password}. It is shown only now.")


@account_app.command("password")
def renew_password(name: str) -> None:
    """Give an account a new password and print it, once; every sign-in of the account ends."""
    from core.accounts.accounts import find_account
    from core.accounts.changing import change_password
    from core.accounts.sample_analyst import new_password

    account = find_account(name, principal=LOCAL_ANALYST)
    password = new_password()
    change_password(account.id, password, principal=LOCAL_ANALYST)
    print(f"Sign in as {account.login_name} with password {password}. It is shown only now.")


if __name__ == "__main__":
    main()
