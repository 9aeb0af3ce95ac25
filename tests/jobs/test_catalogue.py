"""What the catalogue reads from a notebook's parameters cell."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.jobs.notebooks.catalogue import Parameter, code_checksum, describe, parse_text, validate
from tests.jobs.conftest import write_notebook


def test_when_a_notebook_is_described_then_types_help_units_ranges_and_choices_are_read(notebooks: Path) -> None:
    found = {one.name: one for one in describe("demo_work").parameters}

    assert found["seconds"] == Parameter("seconds", "float", 0.0, "how long to work", "s", 0.0, 600.0)
    assert found["word"] == Parameter("word", "str", "done", "what to return", choices=("done", "published"))
    assert found["fail"].help == "end with an error"
    assert describe("demo_work").room == "demo"


def test_when_a_whole_number_is_given_for_a_float_then_it_is_taken_as_one(notebooks: Path) -> None:
    assert validate(describe("demo_work"), {"seconds": 2})["seconds"] == 2.0


def test_when_a_range_is_open_on_one_side_then_only_the_other_side_counts(notebooks: Path) -> None:
    write_notebook(notebooks, "demo_open", parameters="rows: int = 5  # how many (1..)")

    assert validate(describe("demo_open"), {"rows": 10**9}) == {"rows": 10**9}


def test_when_a_notebook_is_changed_then_its_new_parameters_are_read(notebooks: Path) -> None:
    write_notebook(notebooks, "demo_open", parameters="rows: int = 5")
    assert [one.name for one in describe("demo_open").parameters] == ["rows"]

    write_notebook(notebooks, "demo_open", parameters="columns: int = 5")

    assert [one.name for one in describe("demo_open").parameters] == ["columns"]


def test_when_text_from_a_command_line_is_parsed_then_it_has_the_declared_type(notebooks: Path) -> None:
    found = {one.name: one for one in describe("demo_work").parameters}

    assert parse_text(found["fail"], "true") is True
    assert parse_text(found["times"], "7") == 7


def test_when_a_notebooks_code_changes_then_its_checksum_does_and_its_prose_counts_for_nothing(notebooks: Path) -> None:
    write_notebook(notebooks, "demo_sum", "print(1)")
    before = code_checksum("demo_sum")

    path = notebooks / "demo_sum.ipynb"
    path.write_text(path.read_text("utf-8").replace("# demo_sum", "# Another title"), "utf-8")
    retitled = code_checksum("demo_sum")
    write_notebook(notebooks, "demo_sum", "print(2)")

    assert describe("demo_sum").name == "demo_sum"
    assert retitled == before != code_checksum("demo_sum")


@pytest.mark.parametrize(
    ("text", "value"), [("True", True), ("1", True), ("YES", True), ("false", False), ("0", False), ("no", False)]
)
def test_when_a_yes_or_no_is_typed_then_each_spelling_means_what_it_says(
    notebooks: Path, text: str, value: bool
) -> None:
    (fail,) = (one for one in describe("demo_work").parameters if one.name == "fail")

    assert parse_text(fail, text) is value
