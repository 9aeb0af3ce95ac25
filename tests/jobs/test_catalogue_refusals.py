"""A notebook that cannot be understood is refused with the exact reason, and only that one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core.errors import BadInput, NotFound
from core.jobs.notebooks.catalogue import broken_notebooks, describe, list_notebooks
from tests.jobs.conftest import write_notebook

CELLS: dict[str, tuple[str, str, int, str]] = {
    # case: cell, key, line, what the sentence must name
    "not python": ("rows: int = 5\nepochs: int = = 3", "not_python", 2, "epochs: int = = 3"),
    "never closed": ("rows: int = (5", "not_python", 1, "rows: int = (5"),
    "a magic": ("%matplotlib inline\nrows: int = 5", "not_python", 1, "%matplotlib"),
    "without type": ("# data\nrows = 5", "no_type", 2, "bool, int, float, str"),
    "without default": ("rows: int", "no_default", 1, "rows"),
    "a call": ("rows: int = 5\nprint(rows)", "not_a_parameter", 2, "print(rows)"),
    "an import": ("import os\nrows: int = 5", "not_a_parameter", 1, "import os"),
    "an attribute": ("one.rows: int = 5", "not_a_parameter", 1, "one.rows"),
    "unknown type": ("when: datetime = 5", "unknown_type", 1, "bool, int, float, str"),
    "a list": ("names: list[str] = []", "unknown_type", 1, "list[str]"),
    "computed": ("rows: int = 5 * 1000", "not_literal", 1, "5 * 1000"),
    "of another name": ("rows: int = many", "not_literal", 1, "many"),
    "wrong type": ('rows: int = "5"', "default_not_allowed", 1, "allowed is int."),
    "a yes for a number": ("rows: int = True", "default_not_allowed", 1, "allowed is int."),
    "not finite": ("share: float = 1e999", "default_not_allowed", 1, "allowed is float."),
    "out of range": ("rows: int = 5\n\nepochs: int = 99  # (1..50)", "default_not_allowed", 3, "int 1..50"),
    "not a choice": ('mode: str = "c"  # how (a|b)', "default_not_allowed", 1, "str a|b"),
    "twice": ("rows: int = 5\nepochs: int = 1\nrows: int = 6", "duplicate_name", 3, "after line 1"),
    "hides a function": ("print: int = 5", "reserved_name", 1, "print"),
    "hides the job": ('own_job: str = ""', "reserved_name", 1, "own_job"),
    "private": ("_rows: int = 5", "reserved_name", 1, "_rows"),
    "range turned round": ("rows: int = 5  # (50..1)", "bad_range", 1, "(50..1)"),
    "range without numbers": ("rows: int = 5  # (1e..+)", "bad_range", 1, "(1e..+)"),
    "range of a text": ('mode: str = "a"  # (1..5)', "limits_of_other_type", 1, "(1..5)"),
    "choices of a number": ("rows: int = 1  # (1|2)", "limits_of_other_type", 1, "(1|2)"),
}


@pytest.mark.parametrize("case", CELLS)
def test_when_a_parameters_cell_cannot_be_read_then_file_line_and_what_is_allowed_are_told(
    notebooks: Path, case: str
) -> None:
    cell, key, line, named = CELLS[case]
    write_notebook(notebooks, "demo_broken", parameters=cell)

    (broken,) = broken_notebooks()
    with pytest.raises(BadInput) as refused:
        describe("demo_broken")

    assert (broken.name, broken.key, broken.details["line"]) == ("demo_broken", f"notebooks.{key}", line)
    assert refused.value.key == broken.key
    assert str(refused.value) == broken.text("en")
    for language in ("en", "ko"):
        assert "demo_broken.ipynb" in broken.text(language)
        assert str(line) in broken.text(language)
    assert named in broken.text("en")
    assert [one.name for one in list_notebooks()] == ["demo_work"]


def changed(folder: Path, **parts: Any) -> None:
    """`demo_broken`: the notebook `demo_work` with other parts."""
    notebook = json.loads((folder / "demo_work.ipynb").read_text("utf-8"))
    (folder / "demo_broken.ipynb").write_text(json.dumps({**notebook, **parts}), "utf-8")


def code(source: str, *tags: str, kind: str = "code") -> dict[str, Any]:
    return {"cell_type": kind, "metadata": {"tags": list(tags)}, "source": source, "outputs": []}


TAGGED = code("rows: int = 5  # how many (1..9)", "parameters")
FILES: dict[str, tuple[dict[str, Any], str, str]] = {
    "no cells": ({"cells": None}, "not_a_notebook", "cells"),
    "a cell without source": ({"cells": [{"cell_type": "code", "metadata": {}}]}, "not_a_notebook", "cells[0]"),
    "no metadata": ({"metadata": []}, "not_a_notebook", "metadata"),
    "two parameters cells": ({"cells": [TAGGED, code("1"), TAGGED]}, "two_cells", "1, 3"),
    "no code": ({"cells": [code("rows", "parameters", kind="markdown")]}, "not_code", "cell 1"),
    "the tag is gone": ({"cells": [code("import core"), code("rows: int = 5")]}, "no_tag", "cell 2"),
    "a sample without cell": (
        {"cells": [code("1")], "metadata": {"workbench": {"sample": {"rows": 1}}}},
        "sample_without_cell",
        "rows",
    ),
    "a sample of another": (
        {"cells": [TAGGED], "metadata": {"workbench": {"sample": {"columns": 1}}}},
        "sample_unknown",
        "columns",
    ),
    "a sample out of range": (
        {"cells": [TAGGED], "metadata": {"workbench": {"sample": {"rows": 10}}}},
        "bad_metadata",
        "int 1..9",
    ),
    "a turn that is no number": (
        {"cells": [TAGGED], "metadata": {"workbench": {"sample_turn": "first"}}},
        "bad_metadata",
        "sample_turn",
    ),
    "metadata that is a list": ({"cells": [TAGGED], "metadata": {"workbench": []}}, "bad_metadata", "workbench"),
    "an unknown permission": (
        {"cells": [TAGGED], "metadata": {"workbench": {"permission": "ctr.everything"}}},
        "unknown_permission",
        "ctr.predict",
    ),
}


@pytest.mark.parametrize("case", FILES)
def test_when_a_notebook_is_not_as_it_must_be_then_the_place_is_told_and_the_others_are_listed(
    notebooks: Path, case: str
) -> None:
    parts, key, named = FILES[case]
    changed(notebooks, **parts)

    (broken,) = broken_notebooks()

    assert (broken.name, broken.key) == ("demo_broken", f"notebooks.{key}")
    assert named in broken.text("en")
    assert "demo_broken.ipynb" in broken.text("ko")
    assert [one.name for one in list_notebooks()] == ["demo_work"]


@pytest.mark.parametrize(
    ("content", "key", "named"),
    [
        (b'{"cells": [\n  oops', "not_json", "line 2, column 3"),
        (b"", "not_json", "line 1"),
        (b'{"cells": "\xff"}', "not_readable", "UTF-8"),
    ],
)
def test_when_a_file_is_no_json_then_its_line_and_column_are_told(
    notebooks: Path, content: bytes, key: str, named: str
) -> None:
    (notebooks / "demo_broken.ipynb").write_bytes(content)

    (broken,) = broken_notebooks()

    assert broken.key == f"notebooks.{key}"
    assert named in broken.text("en")


def test_when_a_link_leads_nowhere_then_the_list_stands_all_the_same(notebooks: Path) -> None:
    (notebooks / "demo_gone.ipynb").symlink_to(notebooks / "nowhere.ipynb")

    (broken,) = broken_notebooks()

    assert (broken.name, broken.key) == ("demo_gone", "notebooks.not_readable")
    assert [one.name for one in list_notebooks()] == ["demo_work"]


@pytest.mark.parametrize("name", ["Untitled", "demo_work-Copy1", "demo", "Demo_Work", "demo__work", "2_demo"])
def test_when_a_file_is_called_otherwise_then_the_pattern_of_names_is_told(notebooks: Path, name: str) -> None:
    write_notebook(notebooks, name)

    (broken,) = broken_notebooks()
    with pytest.raises(BadInput, match=r"room_verb\.ipynb"):
        describe(name)

    assert (broken.name, broken.key) == (name, "notebooks.bad_name")


def test_when_a_broken_notebook_is_mended_then_it_is_listed_again(notebooks: Path) -> None:
    write_notebook(notebooks, "demo_broken", parameters="rows = 5")
    assert [one.name for one in broken_notebooks()] == ["demo_broken"]

    write_notebook(notebooks, "demo_broken", parameters="rows: int = 5")

    assert broken_notebooks() == ()
    assert [one.name for one in list_notebooks()] == ["demo_broken", "demo_work"]


def test_when_a_notebook_takes_nothing_then_it_needs_no_parameters_cell(notebooks: Path) -> None:
    changed(notebooks, cells=[code("print('no knobs')")])

    assert describe("demo_broken").parameters == ()


def test_when_there_is_no_such_file_then_the_known_names_are_told(notebooks: Path) -> None:
    with pytest.raises(NotFound, match="demo_work"):
        describe("../demo_work")


def test_when_comment_lines_stand_above_parameters_then_they_group_them(notebooks: Path) -> None:
    cell = "first: int = 1\n# search\nrows: int = 5  # how many\nepochs: int = 2\n# model\nwidth: float = 3"
    write_notebook(notebooks, "demo_groups", parameters=cell)

    found = describe("demo_groups").parameters

    assert [one.group for one in found] == ["", "search", "search", "model"]
    assert found[-1].default == 3.0
