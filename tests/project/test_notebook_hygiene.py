"""Notebooks stay thin: one parameters cell, no logic, no stored output, `core` before anything heavy."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from core.jobs.notebooks.catalogue import describe
from tests.conftest import PROJECT

NOTEBOOKS = sorted((PROJECT / "notebooks").glob("*.ipynb"))


def code_cells(path: Path) -> list[dict[str, object]]:
    cells = json.loads(path.read_text("utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]


def test_when_the_workbench_is_shipped_then_it_has_notebooks() -> None:
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_when_a_notebook_is_committed_then_it_is_thin_and_clean(path: Path) -> None:
    cells = code_cells(path)
    tagged = [cell for cell in cells if "parameters" in cell["metadata"].get("tags", [])]  # type: ignore[attr-defined]

    assert len(tagged) == 1
    assert not [cell for cell in cells if cell["outputs"] or cell["execution_count"] is not None]
    for cell in cells:
        tree = ast.parse("".join(cell["source"]))  # type: ignore[arg-type]
        assert not [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_when_a_notebook_imports_then_core_comes_first_and_no_face(path: Path) -> None:
    source = "\n".join("".join(cell["source"]) for cell in code_cells(path))  # type: ignore[arg-type]
    names = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names.append(node.module or "")

    assert names[0].partition(".")[0] == "core"
    assert not [name for name in names if name.partition(".")[0] in {"app", "streamlit", "fastapi"}]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_when_a_notebook_declares_parameters_then_each_has_a_type_and_help(path: Path) -> None:
    described = describe(path.stem)

    assert described.parameters
    for one in described.parameters:
        assert one.type in {"bool", "int", "float", "str"}
        assert one.help, f"{path.stem}: {one.name} has no help"


def test_when_a_notebook_uses_a_name_then_it_was_imported_or_made_in_it() -> None:
    ruff = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "--select", "F"]
    done = subprocess.run([*ruff, str(PROJECT / "notebooks")], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout
