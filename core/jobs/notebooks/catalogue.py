"""The notebooks that can be run, what each one may be given, and those that are refused.

A notebook is `<room>_<verb>.ipynb` in the folder of the setting `notebooks_dir`. Type, default, help, unit and range
or choices of its parameters are read from its one cell tagged `parameters` (`parameters_cell`) and nowhere else.
papermill itself accepts any name and any type, so values are checked here before a kernel starts.

The permission that running it takes, besides that of submitting jobs, stands in its metadata:

    "workbench": {"permission": "fragrance.write"}

A notebook that cannot be understood is kept out with the exact reason; the others are not concerned.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.errors import BadInput, NotFound
from core.jobs.notebooks.notebook_file import UNDECLARED, BrokenNotebook, NotebookDescription, look_at
from core.jobs.notebooks.parameters_cell import TYPES, Parameter, Value, fitting, has_type, limits_of, within
from core.settings.current import get_settings
from core.settings.paths import PROJECT

__all__ = [
    "UNDECLARED",
    "BrokenNotebook",
    "NotebookDescription",
    "Parameter",
    "Value",
    "broken_notebooks",
    "checked",
    "code_checksum",
    "describe",
    "list_notebooks",
    "look_at",
    "parse_text",
    "validate",
]


def list_notebooks() -> tuple[NotebookDescription, ...]:
    """All notebooks that can be run, by name."""
    return tuple(one for one in _all() if isinstance(one, NotebookDescription))


def broken_notebooks() -> tuple[BrokenNotebook, ...]:
    """The notebooks of the folder that are refused, by name."""
    return tuple(one for one in _all() if isinstance(one, BrokenNotebook))


def describe(name: str) -> NotebookDescription:
    """The notebook called `name`. Raises NotFound, naming the known ones, or BadInput with why it is refused."""
    paths = {path.stem: path for path in _paths()}
    if name not in paths:
        raise NotFound("jobs.no_such_notebook", name=name, known=", ".join(paths))
    found = look_at(paths[name])
    if isinstance(found, BrokenNotebook):
        raise BadInput(found.key, **found.details)
    return found


def validate(notebook: NotebookDescription, given: Mapping[str, Any]) -> dict[str, Value]:
    """Every parameter of the notebook with the given value or its default, of the declared type.

    Raises BadInput for an unknown name, a wrong type, or a value outside the range or choices.
    """
    parameters = {one.name: one for one in notebook.parameters}
    for key in given:
        if key not in parameters:
            raise BadInput("jobs.unknown_parameter", notebook=notebook.name, name=key, known=", ".join(parameters))
    return {key: checked(one, given.get(key, one.default)) for key, one in parameters.items()}


def checked(parameter: Parameter, value: Any) -> Value:
    """The value as the declared type. Raises BadInput naming what is allowed."""
    fits = fitting(parameter, value)
    if fits is not None:
        return fits
    number = float(value) if parameter.type == "float" and type(value) is int else value
    if not has_type(parameter, number):
        raise BadInput("jobs.wrong_type", name=parameter.name, type=parameter.type, value=repr(value))
    if not within(parameter, number):
        raise BadInput("jobs.out_of_range", name=parameter.name, value=value, limits=limits_of(parameter))
    raise BadInput("jobs.not_a_choice", name=parameter.name, value=value, choices=", ".join(parameter.choices))


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


def _paths() -> list[Path]:
    return sorted(get_settings().notebooks_dir.glob("*.ipynb"))


def _all() -> tuple[NotebookDescription | BrokenNotebook, ...]:
    return tuple(look_at(path) for path in _paths())
