"""The parameters of the open notebook as the catalogue reads them, and what is wrong with them now.

`parameters.show()` in a cell below the parameters cell draws them; it stores nothing.
"""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from core.errors import BadInput
from core.jobs.notebooks.catalogue import BrokenNotebook, Parameter, checked, look_at
from core.jobs.notebooks.parameters_cell import read_parameters
from core.messages import say
from core.settings.current import get_settings

COLUMNS = ("group", "name", "value", "allowed", "unit", "default", "help", "problem")


@dataclass(frozen=True)
class Row:
    """One parameter with the value it has in the kernel."""

    parameter: Parameter
    value: Any
    problem: BadInput | None


@dataclass(frozen=True)
class View:
    """What `show` found, drawn by Jupyter as a table and elsewhere as text."""

    rows: tuple[Row, ...]
    problem: str  # why the cell cannot be read, or a hint where it was not run yet
    language: str = "en"

    def _cells(self, row: Row) -> tuple[str, ...]:
        one = row.parameter
        problem = row.problem.text(self.language) if row.problem else ""
        return one.group, one.name, repr(row.value), one.allowed, one.unit, repr(one.default), one.help, problem

    def _heads(self) -> list[str]:
        return [say(f"notebooks.column_{name}", self.language) for name in COLUMNS]

    def _repr_html_(self) -> str:
        told = f"<p><strong>{escape(self.problem)}</strong></p>" if self.problem else ""
        if not self.rows:
            return told
        head = "".join(f"<th>{escape(one)}</th>" for one in self._heads())
        lines = "".join(
            "<tr>" + "".join(f"<td style='text-align:left'>{escape(cell)}</td>" for cell in self._cells(row)) + "</tr>"
            for row in self.rows
        )
        return f"{told}<table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>"

    def __repr__(self) -> str:
        table = [self._heads(), *(self._cells(row) for row in self.rows)] if self.rows else []
        return "\n".join([*([self.problem] if self.problem else []), *(" | ".join(line) for line in table)])


def show() -> View:
    """The declared parameters with types, ranges, units, help and present values, and what is wrong with each."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    names = shell.user_ns if shell is not None else {}
    saved = Path(os.environ.get("JPY_SESSION_NAME", ""))
    return view(names.get("In", ()), names, saved if saved.suffix == ".ipynb" else None, _language())


def view(inputs: Sequence[str], values: Mapping[str, Any], saved: Path | None, language: str) -> View:
    """inputs: what the kernel has run, oldest first. values: its variables. saved: the notebook's file, if known."""
    cell = next((source for source in reversed(inputs) if _is_declaring(source)), None)
    file = saved.name if saved else ""
    problem = ""
    rows: tuple[Row, ...] = ()
    if cell is not None:
        try:
            rows = tuple(_row(one, values) for one in read_parameters(cell, file))
        except BadInput as error:
            problem = error.text(language)
    found = look_at(saved) if saved and not problem else None
    if isinstance(found, BrokenNotebook):  # as it was last saved, so as jobs and forms find it
        problem = found.text(language)
    elif cell is None:
        problem = say("notebooks.not_run_yet", language)
    return View(rows, problem, language)


def _row(parameter: Parameter, values: Mapping[str, Any]) -> Row:
    value = values.get(parameter.name, parameter.default)
    try:
        checked(parameter, value)
    except BadInput as error:
        return Row(parameter, value, error)
    return Row(parameter, value, None)


def _is_declaring(source: str) -> bool:
    try:
        return any(isinstance(node, ast.AnnAssign) for node in ast.parse(source).body)
    except (SyntaxError, ValueError):
        return False


def _language() -> str:
    """That of the settings; where it follows the browser, that of the terminal."""
    chosen = get_settings().language
    return chosen if chosen != "auto" else "ko" if os.environ.get("LANG", "").startswith("ko") else "en"
