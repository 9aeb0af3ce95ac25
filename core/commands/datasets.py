"""`workbench datasets`: the stored tables, and taking in files from this machine's disk, of any length."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from core.errors import BadInput
from core.security.policy import LOCAL_ANALYST

app = typer.Typer(no_args_is_help=True, help="Stored tables, and files that become some.")


@app.command("list")
def list_tables(room: Annotated[str, typer.Option(help="only of this room, such as ctr")] = "") -> None:
    """Every stored table, the newest first."""
    from core.datasets.records import list_datasets

    for one in list_datasets(principal=LOCAL_ANALYST, room=room or None):
        print(
            f"{one.id}  {one.room:10}  {one.rows:>12,} x {len(one.columns):<4}  {one.bytes / 1e6:10.1f} MB  {one.name}"
        )


@app.command("add")
def add(
    file: Path,
    name: Annotated[str, typer.Option(help="how the table is called in lists; left out, as the file is")] = "",
    target: Annotated[str, typer.Option(help="the column of clicks; left out, the one that is recognised")] = "",
    positive: Annotated[str, typer.Option(help="value of it that is a click, where it is not 0 and 1")] = "",
) -> None:
    """Store a file of impressions with profile and findings; a file too long for memory is read piece by piece.

    The limit of uploads does not hold here: the file lies on this machine already.
    """
    from core.ctr.data.datasets import store_impressions
    from core.ctr.data.long_files import is_long, store_impressions_file
    from core.datasets.uploads import read_upload

    if not file.is_file():
        raise BadInput("datasets.no_such_file", name=str(file))
    called, column, value = name or file.name, target or None, positive or None
    if is_long(file):
        dataset = store_impressions_file(
            file, name=called, principal=LOCAL_ANALYST, target=column, positive=value, progress=_Steps()
        )
    else:
        table = read_upload(file, file.name, limit_bytes=file.stat().st_size)
        dataset = store_impressions(table, name=called, principal=LOCAL_ANALYST, target=column, positive=value)
    print(f"{dataset.id}  {dataset.rows:,} rows, {len(dataset.columns)} columns, {dataset.bytes / 1e6:.1f} MB")
    for finding in dataset.findings:
        print(f"{finding.severity:8}  {finding.text('en')}")


class _Steps:
    """Tells each step once."""

    def __init__(self) -> None:
        self.told = ""

    def __call__(self, step: str, _fraction: float) -> None:
        if step != self.told:
            self.told = step
            print(step, flush=True)
