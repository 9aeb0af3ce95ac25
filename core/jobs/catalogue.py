"""The notebooks that can be run, and what each one may be given.

A notebook is `<room>_<verb>.ipynb` in the folder of the setting `notebooks_dir`. Its one cell tagged
`parameters` holds annotated assignments:

    epochs: int = 10  # training passes [passes] (1..50)
    mode: str = "evidence"  # how clusters are chosen (evidence|compatibility)

Type, default, help, unit and range or choices are read from there and nowhere else. papermill itself accepts
any name and any type, so values are checked here before a kernel starts.

The permission that running it takes, besides that of submitting jobs, stands in its metadata:

    "workbench": {"permission": "fragrance.write"}
"""

from __future__ import annotations

import ast
import hashlib
import io
import json
import math
import re
import tokenize
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from core.errors import BadInput, NotFound
from core.security.policy import Permission
from core.settings.current import get_settings
from core.settings.paths import PROJECT

Value = bool | int | float | str
UNDECLARED = Permission.SYSTEM_CONFIGURE  # what a notebook may do that declares nothing, nobody has judged
TYPES: dict[str, type] = {"bool": bool, "int": int, "float": float, "str": str}

_RANGE = re.compile(r"\((-?[\d.e+-]*?)\.\.(-?[\d.e+-]*)\)\s*$")
_CHOICES = re.compile(r"\(([^()|]+(?:\|[^()|]+)+)\)\s*$")
_UNIT = re.compile(r"\[([^\]]+)\]\s*$")


@dataclass(frozen=True)
class Parameter:
    """One knob of a notebook."""

    name: str
    type: str  # bool, int, float or str
    default: Value
    help: str
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()


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


def list_notebooks() -> tuple[NotebookDescription, ...]:
    """All notebooks, by name."""
    return tuple(_describe(path) for path in sorted(get_settings().notebooks_dir.glob("*.ipynb")))


def describe(name: str) -> NotebookDescription:
    """The notebook called `name`. Raises NotFound, naming the known ones."""
    folder = get_settings().notebooks_dir
    path = folder / f"{name}.ipynb"
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or not path.exists():
        known = ", ".join(sorted(one.stem for one in folder.glob("*.ipynb")))
        raise NotFound("jobs.no_such_notebook", name=name, known=known)
    return _describe(path)


def validate(notebook: NotebookDescription, given: Mapping[str, Any]) -> dict[str, Value]:
    """Every parameter of the notebook with the given value or its default, of the declared type.

    Raises BadInput for an unknown name, a wrong type, or a value outside the range or choices.
    """
    parameters = {one.name: one for one in notebook.parameters}
    for key in given:
        if key not in parameters:
            raise BadInput("jobs.unknown_parameter", notebook=notebook.name, name=key, known=", ".join(parameters))
    return {key: _checked(one, given.get(key, one.default)) for key, one in parameters.items()}


def parse_text(parameter: Parameter, text: str) -> Value:
    """A value typed on a command line, as the declared type. Raises BadInput."""
    try:
        if parameter.type == "bool":
            return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[text.lower()]
        value: Value = TYPES[parameter.type](text)
    except (KeyError, ValueError) as error:
        raise BadInput("jobs.wrong_type", name=parameter.name, type=parameter.type, value=text) from error
    return value


def code_checksum(name: str) -> str:
    """SHA-256 over the notebook's code and the core code of its room: changes when results could."""
    description = describe(name)
    digest = hashlib.sha256()
    for cell in json.loads(description.path.read_text("utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            digest.update("".join(cell["source"]).encode())
    for path in sorted((PROJECT / "core" / description.room).rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _describe(path: Path) -> NotebookDescription:
    about = path.stat()
    return _read(path, about.st_mtime_ns, about.st_size)


@lru_cache(maxsize=64)
def _read(path: Path, _changed_at: int, _size: int) -> NotebookDescription:
    """Read once for each state of the file: forms ask on every rerun, and each submission."""
    notebook = json.loads(path.read_text("utf-8"))
    cells = notebook["cells"]
    sources = ["".join(cell["source"]) for cell in cells]
    title = next(
        (line.lstrip("# ").strip() for source in sources for line in source.splitlines() if line.startswith("# ")),
        path.stem,
    )
    tagged = [
        source
        for cell, source in zip(cells, sources, strict=True)
        if "parameters" in cell.get("metadata", {}).get("tags", [])
    ]
    parameters = _parameters(tagged[0]) if tagged else ()
    ours = notebook["metadata"].get("workbench", {})
    return NotebookDescription(
        path.stem,
        path.stem.split("_")[0],
        title,
        path,
        parameters,
        permission=Permission(ours.get("permission", UNDECLARED)),
        sample=ours.get("sample"),
        sample_turn=ours.get("sample_turn", 0),
    )


def _parameters(source: str) -> tuple[Parameter, ...]:
    comments = {
        token.start[0]: token.string.lstrip("# ").strip()
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    }
    found = []
    for node in ast.parse(source).body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            type_name = ast.unparse(node.annotation)
            default = ast.literal_eval(node.value)
            found.append(_parameter(node.target.id, type_name, default, comments.get(node.end_lineno or 0, "")))
    return tuple(found)


def _parameter(name: str, type_name: str, default: Value, comment: str) -> Parameter:
    minimum = maximum = None
    choices: tuple[str, ...] = ()
    if match := _RANGE.search(comment):
        minimum, maximum = (float(end) if end else None for end in match.groups())
        comment = comment[: match.start()].strip()
    elif match := _CHOICES.search(comment):
        choices = tuple(part.strip() for part in match.group(1).split("|"))
        comment = comment[: match.start()].strip()
    unit = ""
    if match := _UNIT.search(comment):
        unit = match.group(1)
        comment = comment[: match.start()].strip()
    return Parameter(name, type_name, default, comment, unit, minimum, maximum, choices)


def _checked(parameter: Parameter, value: Any) -> Value:
    checked: Any = float(value) if parameter.type == "float" and type(value) is int else value
    if type(checked) is not TYPES[parameter.type] or (type(checked) is float and not math.isfinite(checked)):
        raise BadInput("jobs.wrong_type", name=parameter.name, type=parameter.type, value=repr(value))
    if isinstance(checked, int | float):
        below = parameter.minimum is not None and checked < parameter.minimum
        above = parameter.maximum is not None and checked > parameter.maximum
        if below or above:
            limits = f"{_limit(parameter.minimum)}..{_limit(parameter.maximum)}"
            raise BadInput("jobs.out_of_range", name=parameter.name, value=value, limits=limits)
    if parameter.choices and checked not in parameter.choices:
        raise BadInput("jobs.not_a_choice", name=parameter.name, value=value, choices=", ".join(parameter.choices))
    return cast(Value, checked)


def _limit(value: float | None) -> str:
    return "" if value is None else f"{value:g}"
