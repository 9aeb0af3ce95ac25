"""What `parameters.show()` says of the parameters in a kernel, without storing anything."""

from __future__ import annotations

from pathlib import Path

from core.jobs.notebooks.parameters import View, show, view
from tests.jobs.conftest import PARAMETERS, write_notebook

CELL = "# work\nrows: int = 5  # how many [rows] (1..50)\nmode: str = 'a'  # which <way> (a|b)"


def test_when_the_parameters_cell_was_run_then_each_is_told_with_range_unit_and_help() -> None:
    seen = view(["import core", CELL, "print(rows)"], {"rows": 5, "mode": "a"}, None, "en")

    assert [row.problem for row in seen.rows] == [None, None]
    assert "work | rows | 5 | int 1..50 | rows | 5 | how many | " in repr(seen)
    assert "which &lt;way&gt;" in seen._repr_html_()


def test_when_a_value_was_changed_since_then_what_is_wrong_with_it_is_told() -> None:
    seen = view([CELL], {"rows": 99, "mode": "c"}, None, "ko")

    assert [row.problem.key for row in seen.rows if row.problem] == ["jobs.out_of_range", "jobs.not_a_choice"]
    assert "1..50" in seen._repr_html_()
    assert "현재 값" in seen._repr_html_()


def test_when_the_cell_was_run_twice_then_the_later_one_counts() -> None:
    seen = view([CELL, "rows: int = 7  # how many (1..50)"], {"rows": 7}, None, "en")

    assert [(row.parameter.name, row.value) for row in seen.rows] == [("rows", 7)]


def test_when_the_cell_that_was_run_would_be_refused_then_the_reason_is_told_before_it_is_saved() -> None:
    seen = view([CELL.replace("str = 'a'", "str = 5")], {"rows": 5, "mode": 5}, Path("demo_draw.ipynb"), "en")

    assert "line 3" in seen.problem
    assert "demo_draw.ipynb" in seen.problem
    assert seen.rows == ()


def test_when_the_file_was_saved_broken_then_the_reason_is_told_beside_what_was_run(notebooks: Path) -> None:
    write_notebook(notebooks, "demo_broken", parameters="rows = 5")

    seen = view([PARAMETERS], {}, notebooks / "demo_broken.ipynb", "en")

    assert "gives 'rows' no type" in seen.problem
    assert len(seen.rows) == 4


def test_when_the_cell_was_not_run_yet_then_that_is_what_to_do_first() -> None:
    assert show() == View((), "Run the cell tagged `parameters` first; then its parameters are shown here.", "en")
