"""Which room may import which: the contracts in pyproject.toml, kept by import-linter."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import PROJECT

FACES = {"streamlit", "fastapi", "starlette"}


def imported(path: Path) -> set[str]:
    """Full names of everything a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def test_when_rooms_import_then_only_from_floors_below() -> None:
    lint = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(lint, cwd=PROJECT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("page", sorted((PROJECT / "pages").glob("*.py")), ids=lambda path: path.stem)
def test_when_a_page_imports_then_only_its_face_and_the_core(page: Path) -> None:
    ours = {name for name in imported(page) if name.partition(".")[0] in {"core", "app", "pages", "notebooks", "tests"}}

    assert all(name.startswith(("core.", "app.ui")) for name in ours), ours
    assert len(page.read_text("utf-8").splitlines()) <= 120


def test_when_a_room_opens_then_its_init_holds_one_docstring_and_no_imports() -> None:
    exceptions = {
        PROJECT / "core" / "__init__.py",  # installs the torchvision guard before anything of ours is imported
        PROJECT / "core" / "messages" / "__init__.py",
        PROJECT / "core" / "storage" / "migrations" / "__init__.py",
    }
    for init in [*(PROJECT / "core").rglob("__init__.py"), *(PROJECT / "app").rglob("__init__.py")]:
        if init not in exceptions:
            (only,) = ast.parse(init.read_text("utf-8")).body
            assert isinstance(only, ast.Expr), init


def test_when_folders_hold_files_then_they_hold_no_python() -> None:
    for folder in ("data", "models"):
        assert list((PROJECT / folder).rglob("*.py")) == []
