"""What leaves the pages as CSV."""

from __future__ import annotations

import polars as pl
import pytest

from app.ui.resources import as_csv


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-2+3", "@SUM(A1)", "\t=1"])
def test_when_text_would_run_as_a_formula_then_the_export_takes_its_edge(cell: str) -> None:
    exported = as_csv(pl.DataFrame({"name": [cell, "plain"]})).decode("utf-8-sig")

    assert f"'{cell}" in exported
    assert "'plain" not in exported


def test_when_numbers_are_negative_then_they_stay_numbers() -> None:
    exported = as_csv(pl.DataFrame({"change": [-1.5, 2.0]})).decode("utf-8-sig")

    assert exported.splitlines() == ["change", "-1.5", "2.0"]


def test_when_a_table_holds_no_text_then_it_is_exported_as_it_is() -> None:
    assert as_csv(pl.DataFrame({"a": [1]})).decode("utf-8-sig") == "a\n1\n"
