"""A notebook file as it lies there: what it declares, or the exact reason why it is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from core.errors import BadInput
from core.jobs.notebooks.parameters_cell import Parameter, declares_parameters, fitting, read_parameters
from core.messages import say
from core.security.policy import Permission

UNDECLARED = Permission.SYSTEM_CONFIGURE  # what a notebook may do that declares nothing, nobody has judged
TAG = "parameters"
NAME = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)+")  # room_verb


@dataclass(frozen=True)
class NotebookDescription:
    """What a person needs to know to run a notebook."""

    name: str
    room: str
    title: str
    path: Path
    parameters: tuple[Parameter, ...]
    permission: Permission = UNDECLARED
    sample: dict[str, Any] | None = None  # parameters of the first start's sample run, if there is one
    sample_turn: int = 0  # sample runs with a lower turn come first


@dataclass(frozen=True)
class BrokenNotebook:
    """A notebook that cannot be run as it is, and why: a key of core/messages with its fields."""

    name: str
    path: Path
    key: str
    details: Mapping[str, Any] = field(default_factory=dict)

    def text(self, language: str = "en") -> str:
        """The reason in `language` ("en" or "ko")."""
        return say(self.key, language, **self.details)


def look_at(path: Path) -> NotebookDescription | BrokenNotebook:
    """What a notebook file is now."""
    try:
        about = path.stat()
    except OSError as error:
        return _unreadable(path, error)
    return _look(path, about.st_mtime_ns, about.st_size)


@lru_cache(maxsize=64)
def _look(path: Path, _changed_at: int, _size: int) -> NotebookDescription | BrokenNotebook:
    """Read once for each state of the file: forms ask on every rerun, and each submission."""
    try:
        return _read(path)
    except BadInput as error:
        return BrokenNotebook(path.stem, path, error.key, error.details)
    except (OSError, UnicodeDecodeError) as error:
        return _unreadable(path, error)


def _unreadable(path: Path, error: Exception) -> BrokenNotebook:
    problem = getattr(error, "strerror", None) or getattr(error, "reason", None) or type(error).__name__
    return BrokenNotebook(path.stem, path, "notebooks.not_readable", {"file": path.name, "problem": problem})


def _read(path: Path) -> NotebookDescription:
    """Raises BadInput for a notebook that is refused, OSError or UnicodeDecodeError for a file that cannot be read."""
    file = path.name
    if not NAME.fullmatch(path.stem):
        raise BadInput("notebooks.bad_name", file=file)
    try:
        notebook = json.loads(path.read_text("utf-8"))
    except (json.JSONDecodeError, RecursionError) as error:
        line, column = getattr(error, "lineno", 1), getattr(error, "colno", 1)
        problem = getattr(error, "msg", "too deep")
        raise BadInput("notebooks.not_json", file=file, line=line, column=column, problem=problem) from error
    cells = _cells(notebook, file)
    lines = (line for cell in cells for line in cell.source.splitlines())
    title = next((line.lstrip("# ").strip() for line in lines if line.startswith("# ")), path.stem)
    parameters = _declared(cells, file)
    ours = notebook["metadata"].get("workbench", {})
    if not isinstance(ours, dict):
        raise BadInput("notebooks.bad_metadata", file=file, place="workbench", value=repr(ours), allowed="{...}")
    return NotebookDescription(
        path.stem,
        path.stem.split("_")[0],
        title,
        path,
        parameters or (),
        permission=_permission(ours.get("permission", UNDECLARED), file),
        sample=_sample(ours.get("sample"), parameters, file),
        sample_turn=_sample_turn(ours.get("sample_turn", 0), file),
    )


@dataclass(frozen=True)
class _Cell:
    number: int  # from 1
    kind: str
    source: str
    is_tagged: bool


def _cells(notebook: Any, file: str) -> list[_Cell]:
    def unlike(place: str) -> BadInput:
        return BadInput("notebooks.not_a_notebook", file=file, place=place)

    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        raise unlike("cells")
    if not isinstance(notebook.get("metadata"), dict):
        raise unlike("metadata")
    found = []
    for number, cell in enumerate(notebook["cells"], start=1):
        source = cell.get("source") if isinstance(cell, dict) else None
        lines: list[Any] = source if isinstance(source, list) else [source]
        metadata = cell.get("metadata", {}) if isinstance(cell, dict) else None
        tags = metadata.get("tags", []) if isinstance(metadata, dict) else None
        if not all(isinstance(line, str) for line in lines) or not isinstance(tags, list):
            raise unlike(f"cells[{number - 1}]")
        found.append(_Cell(number, cell.get("cell_type", ""), "".join(lines), TAG in tags))
    return found


def _declared(cells: list[_Cell], file: str) -> tuple[Parameter, ...] | None:
    """What the parameters cell declares; None where a notebook has none and takes nothing."""
    tagged = [cell for cell in cells if cell.is_tagged]
    if len(tagged) > 1:
        numbers = ", ".join(str(cell.number) for cell in tagged)
        raise BadInput("notebooks.two_cells", file=file, cells=numbers)
    if tagged:
        if tagged[0].kind != "code":
            raise BadInput("notebooks.not_code", file=file, cell=tagged[0].number)
        return read_parameters(tagged[0].source, file)
    for cell in cells:
        if cell.kind == "code" and declares_parameters(cell.source):
            raise BadInput("notebooks.no_tag", file=file, cell=cell.number)
    return None


def _permission(named: Any, file: str) -> Permission:
    try:
        return Permission(named)
    except ValueError as error:
        known = ", ".join(sorted(Permission))
        raise BadInput("notebooks.unknown_permission", file=file, permission=named, known=known) from error


def _sample(sample: Any, parameters: tuple[Parameter, ...] | None, file: str) -> dict[str, Any] | None:
    if sample is None:
        return None
    if not isinstance(sample, dict):
        raise BadInput("notebooks.bad_metadata", file=file, place="sample", value=repr(sample), allowed="{...}")
    if sample and parameters is None:
        raise BadInput("notebooks.sample_without_cell", file=file, names=", ".join(sample))
    declared = {one.name: one for one in parameters or ()}
    for name, value in sample.items():
        if name not in declared:
            raise BadInput("notebooks.sample_unknown", file=file, name=name, known=", ".join(declared))
        if fitting(declared[name], value) is None:
            allowed = declared[name].allowed
            raise BadInput(
                "notebooks.bad_metadata", file=file, place=f"sample.{name}", value=repr(value), allowed=allowed
            )
    return sample


def _sample_turn(turn: Any, file: str) -> int:
    if type(turn) is not int:
        raise BadInput("notebooks.bad_metadata", file=file, place="sample_turn", value=repr(turn), allowed="int")
    return turn
