"""`workbench audit`: who did what, and whether the log is as it was written."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from core.security.policy import LOCAL_ANALYST

app = typer.Typer(help="Who did what to which thing, and whether the log of it is whole.")


@app.callback(invoke_without_command=True)
def show(
    context: typer.Context,
    words: Annotated[str, typer.Option(help="only entries with these words in who, what or target")] = "",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="how many, newest first")] = 20,
) -> None:
    """List entries of the audit log, newest first."""
    if context.invoked_subcommand is not None:
        return
    from core.storage.audit import search_entries, sentence

    for entry in search_entries(principal=LOCAL_ANALYST, words=words, limit=limit):
        who = f"{entry.name or entry.owner} ({entry.owner})" if entry.name != entry.owner else entry.owner
        details = json.dumps(entry.details, ensure_ascii=False) if entry.details else ""
        when = f"{entry.at.astimezone():%Y-%m-%d %H:%M:%S}"
        print(f"{entry.id:6}  {when}  {who}  {sentence(entry.action, 'en')}  {entry.target}  {details}".rstrip())


@app.command("verify")
def verify(
    number: Annotated[int, typer.Option(help="of the last entry when somebody looked before")] = 0,
    seal: Annotated[str, typer.Option(help="the seal of that entry, as this command told it")] = "",
) -> None:
    """Compute every seal anew; the exit status tells whether the log is whole."""
    from core.storage import audit

    found = audit.verify(principal=LOCAL_ANALYST, expected_number=number, expected_seal=seal)
    if found.broken_at is not None:
        print(
            f"Entry {found.broken_at} does not fit its seal: from there on something was changed, put in or taken out."
        )
    elif found.is_cut_off:
        print(f"Entry {number} is gone or is another one: the end of the log was cut off, or written anew.")
    elif not found.entries:
        print("The log holds no entry yet.")
    else:
        print(f"All {found.entries} entries are as they were written.")
        print("Keep these outside this machine, to see later whether the end was cut off:")
        print(f"workbench audit verify --number {found.entries} --seal {found.last_seal}")
    if not found.is_intact:
        raise typer.Exit(1)
