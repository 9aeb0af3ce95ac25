"""The `workbench` command: run everything, run notebooks, look at jobs, and say what is missing."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from core.commands import accounts, audit, chains, datasets, notebooks, schedules
from core.errors import WorkbenchError
from core.security.policy import LOCAL_ANALYST

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)
app.add_typer(notebooks.app, name="notebook")
app.add_typer(accounts.app, name="account")
app.add_typer(audit.app, name="audit")
app.add_typer(datasets.app, name="datasets")
app.add_typer(chains.app, name="chains")
app.add_typer(schedules.app, name="schedules")


def main() -> None:
    """Entry point: an expected problem is one sentence on standard error and exit status 1."""
    try:
        app()
    except WorkbenchError as error:
        language = "ko" if os.environ.get("LANG", "").startswith("ko") else "en"
        print(error.text(language), file=sys.stderr)
        sys.exit(1)
    except ValueError as error:
        _tell_refused_settings(error)
        sys.exit(1)


def _tell_refused_settings(error: ValueError) -> None:
    """What a person can set otherwise, a line each. Raises the error again where it is none of that."""
    from pydantic import ValidationError

    from core.settings.current import Settings, refusals

    if not (isinstance(error, ValidationError) and error.title == Settings.__name__):
        raise error
    print("The workbench does not start as it is set:", file=sys.stderr)
    for line in refusals(error):
        print(f"- {line}", file=sys.stderr)


@app.command()
def run() -> None:
    """Start pages, API and jobs under one supervisor; Ctrl-C stops everything."""
    from core.supervisor import run as run_everything

    run_everything()


@app.command()
def lab(
    browser: Annotated[bool, typer.Option(help="open it in the browser as well")] = True,
) -> None:
    """Open JupyterLab on the notebooks, on this machine alone (WORKBENCH_LAB_PORT)."""
    from core.commands.lab import open_lab

    open_lab(open_browser=browser)


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


@app.command()
def backup(
    to: Annotated[Path | None, typer.Option(help="folder to write into, instead of WORKBENCH_BACKUP_DIR")] = None,
) -> None:
    """Put all rows and files into one archive that `workbench restore` brings back, also on another machine."""
    from core.operations.backup import back_up

    made = back_up(to, principal=LOCAL_ANALYST)
    manifest = made.manifest
    assert manifest is not None
    print(f"{made.path}  {made.bytes / 1e6:.1f} MB, {manifest.rows} rows, {len(manifest.files)} files")
    for name in manifest.missing:
        print(f"not in it, it went meanwhile: {name}")
    if manifest.has_key:
        print("It holds data/token.key, which signs in and seals the audit log: keep it as safe as a password.")
    print("Settings are not in it (.env and the environment): keep these apart.")


@app.command()
def restore(
    file: Path,
    replace: Annotated[bool, typer.Option("--replace", help="set aside what is here, instead of refusing")] = False,
) -> None:
    """Bring a backup back into an empty home folder, while the workbench is stopped."""
    from core.operations.restoring import restore as bring_back

    restored = bring_back(file, replace=replace, principal=LOCAL_ANALYST)
    made_at = f"{restored.manifest.made_at:%Y-%m-%d %H:%M} UTC"
    print(f"Brought back {restored.rows} rows and {restored.files} files of {made_at}.")
    if restored.migrated_from:
        print(f"The database was brought up from revision {restored.migrated_from}.")
    for folder in restored.set_aside:
        print(f"What was here lies in {folder}; remove it once all is well.")


@app.command()
def clean(
    days: Annotated[float | None, typer.Option(help="files of unused runs older than this; 0 leaves them")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="remove what is listed; without it nothing is")] = False,
) -> None:
    """List files that nothing needs any more, and why; with --yes remove exactly these."""
    from core.operations import cleaning

    agreed = cleaning.plan(older_than_days=days, principal=LOCAL_ANALYST)
    for item in agreed.items:
        print(f"{item.bytes / 1e6:10.1f} MB  {item.path}  {item.reason()}")
    if not yes:
        print(f"{agreed.bytes / 1e6:.1f} MB in {len(agreed.items)} places could go; --yes removes them.")
        return
    cleaned = cleaning.clean(agreed, principal=LOCAL_ANALYST)
    print(f"Removed {cleaned.bytes / 1e6:.1f} MB in {len(cleaned.removed)} places.")


if __name__ == "__main__":
    main()
