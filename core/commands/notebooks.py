"""`workbench notebook`: the notebooks that can be run, and running one as a job."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from core.commands.given import Key, Pairs, given
from core.security.policy import LOCAL_ANALYST

app = typer.Typer(no_args_is_help=True, help="The notebooks that can be run as jobs.")


@app.command("list")
def list_notebooks() -> None:
    """Every notebook with its parameters, defaults and ranges, and those that are refused with the reason."""
    from core.jobs.notebooks.catalogue import broken_notebooks
    from core.jobs.notebooks.catalogue import list_notebooks as catalogue

    for notebook in catalogue():
        print(f"{notebook.name}  {notebook.title}")
        for one in notebook.parameters:
            unit = f" [{one.unit}]" if one.unit else ""
            print(f"    {one.name}: {one.type} = {one.default!r}  {one.help}{unit}")
    for broken in broken_notebooks():
        print(f"{broken.name}  REFUSED")
        print(f"    {broken.text(language())}")


@app.command("new")
def new_notebook(
    name: Annotated[str, typer.Argument(metavar="ROOM_VERB", help="such as ctr_compare")],
    title: Annotated[str, typer.Option(help="its heading; without one the name in words")] = "",
) -> None:
    """Copy the template to a new notebook, which can be run at once and is written in JupyterLab."""
    from core.errors import Conflict
    from core.jobs.notebooks.template import from_template
    from core.settings.current import get_settings

    text, path = from_template(name, title), get_settings().notebooks_dir / f"{name}.ipynb"
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise Conflict("notebooks.exists", file=path.name) from error
    print(f"{path}\nIt is in the catalogue; `workbench lab` opens it.")


def language() -> str:
    """Of whoever reads the terminal."""
    return "ko" if os.environ.get("LANG", "").startswith("ko") else "en"


@app.command("run")
def run_notebook(
    name: str,
    parameter: Pairs = None,
    key: Key = "",
    detach: Annotated[bool, typer.Option(help="only queue it; a running workbench takes it")] = False,
) -> None:
    """Run a notebook as an ordinary job and wait for its end; the exit status tells whether it succeeded."""
    from core.jobs import records
    from core.jobs.notebooks.catalogue import describe
    from core.jobs.running.waiting import follow

    values = given(parameter, describe(name).parameters)
    job = records.submit(name, values, principal=LOCAL_ANALYST, idempotency_key=key or None)
    print(f"job {job.id} {job.state}", flush=True)
    if detach:
        return
    ended = follow(job.id, say=lambda line: print(line, flush=True))
    if ended.state != "succeeded":
        raise typer.Exit(1)
