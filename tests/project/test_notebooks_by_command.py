"""Notebooks from the command line: those that are refused, new ones from the template, and what the check-up says."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from core import cli, doctor
from core.errors import BadInput, Conflict
from core.jobs.notebooks.catalogue import broken_notebooks, describe, list_notebooks
from core.jobs.notebooks.template import TEMPLATE
from core.settings.current import get_settings
from tests.conftest import PROJECT
from tests.jobs.conftest import write_notebook


def told_by(*words: str) -> str:
    done = CliRunner().invoke(cli.app, ["notebook", *words], catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout


def checked_up() -> str:
    mark, sentence = doctor._notebooks(get_settings())
    return f"{mark} {sentence}"


def test_when_a_notebook_is_refused_then_the_list_and_the_check_up_tell_the_reason(notebooks: Path) -> None:
    assert checked_up() == "ok   notebooks: 1 can be run, none is refused"
    write_notebook(notebooks, "demo_broken", parameters="rows = 5")

    told = told_by("list")

    (broken,) = broken_notebooks()
    assert "demo_work  demo_work" in told
    assert f"demo_broken  REFUSED\n    {broken.text()}" in told
    assert checked_up() == f"BAD  notebooks that are refused: {broken.text()}"


def test_when_a_folder_holds_no_notebook_then_the_check_up_names_the_setting(notebooks: Path) -> None:
    (notebooks / "demo_work.ipynb").unlink()

    assert checked_up().startswith("BAD  there is no notebook")
    assert "WORKBENCH_NOTEBOOKS_DIR" in checked_up()


def test_when_a_notebook_is_begun_from_the_template_then_it_can_be_run_under_its_title(notebooks: Path) -> None:
    told = told_by("new", "demo_compare", "--title", "Compare two runs")

    assert str(notebooks / "demo_compare.ipynb") in told
    made = describe("demo_compare")
    assert (made.title, made.room, made.permission) == ("Compare two runs", "demo", "jobs.submit")
    assert [one.group for one in made.parameters] == ["data", "data", "drawing"]
    told_by("new", "demo_plain")
    assert describe("demo_plain").title == "Demo plain"


def test_when_a_new_notebook_cannot_be_called_so_then_nothing_is_written(notebooks: Path) -> None:
    before = (notebooks / "demo_work.ipynb").read_bytes()

    for name, problem in (("Compare", BadInput), ("../demo_up", BadInput), ("demo_work", Conflict)):
        with pytest.raises(problem):
            told_by("new", name)

    assert [one.name for one in notebooks.iterdir()] == ["demo_work.ipynb"]
    assert (notebooks / "demo_work.ipynb").read_bytes() == before


def test_when_the_catalogue_is_read_then_the_template_is_none_of_its_notebooks() -> None:
    assert TEMPLATE.is_file()
    assert TEMPLATE.parent.parent == PROJECT / "notebooks"
    assert TEMPLATE.stem not in {one.name for one in (*list_notebooks(), *broken_notebooks())}


def test_when_the_template_is_committed_then_it_is_as_thin_and_clean_as_what_it_becomes() -> None:
    cells = [cell for cell in json.loads(TEMPLATE.read_text("utf-8"))["cells"] if cell["cell_type"] == "code"]

    assert "".join(cells[0]["source"]).startswith("from core")
    assert [cell["metadata"].get("tags") for cell in cells].count(["parameters"]) == 1
    assert not [cell for cell in cells if cell["outputs"] or cell["execution_count"] is not None]
    for cell in cells:
        tree = ast.parse("".join(cell["source"]))
        assert not [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)]
