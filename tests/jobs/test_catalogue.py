"""What the catalogue reads from a notebook's parameters cell."""

from __future__ import annotations

from pathlib import Path

from core.jobs.catalogue import Parameter, describe, parse_text, validate
from tests.jobs.conftest import write_notebook


def test_when_a_notebook_is_described_then_types_help_units_ranges_and_choices_are_read(notebooks: Path) -> None:
    found = {one.name: one for one in describe("demo_work").parameters}

    assert found["seconds"] == Parameter("seconds", "float", 0.0, "how long to work", "s", 0.0, 600.0)
    assert found["word"] == Parameter("word", "str", "done", "what to return", choices=("done", "published"))
    assert found["fail"].help == "end with an error"
    assert describe("demo_work").room == "demo"


def test_when_a_whole_number_is_given_for_a_float_then_it_is_taken_as_one(notebooks: Path) -> None:
    assert validate("demo_work", {"seconds": 2})["seconds"] == 2.0


def test_when_a_range_is_open_on_one_side_then_only_the_other_side_counts(notebooks: Path) -> None:
    write_notebook(notebooks, "demo_open", parameters="rows: int = 5  # how many (1..)")

    assert validate("demo_open", {"rows": 10**9}) == {"rows": 10**9}


def test_when_text_from_a_command_line_is_parsed_then_it_has_the_declared_type(notebooks: Path) -> None:
    found = {one.name: one for one in describe("demo_work").parameters}

    assert parse_text(found["fail"], "true") is True
    assert parse_text(found["times"], "7") == 7
