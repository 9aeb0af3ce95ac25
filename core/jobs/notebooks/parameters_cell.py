"""The cell of a notebook that declares its parameters: what is read from it, and why it may be refused.

    # search
    epochs: int = 10  # training passes [passes] (1..50)
    mode: str = "evidence"  # how clusters are chosen (evidence|compatibility)

A comment with a line of its own is the heading of the parameters below it.
"""

from __future__ import annotations

import ast
import builtins
import io
import math
import re
import tokenize
from dataclasses import dataclass, replace
from typing import Any

from core.errors import BadInput

Value = bool | int | float | str
TYPES: dict[str, type] = {"bool": bool, "int": int, "float": float, "str": str}
# A parameter of such a name would hide what the cells below it use.
RESERVED = frozenset(dir(builtins)) | {"core", "own_job", "parameters", "In", "Out", "get_ipython", "exit", "quit"}

_RANGE = re.compile(r"\((-?[\d.e+-]*?)\.\.(-?[\d.e+-]*)\)\s*$")
_CHOICES = re.compile(r"\(([^()|]+(?:\|[^()|]+)+)\)\s*$")
_UNIT = re.compile(r"\[([^\]]+)\]\s*$")
_SHOWN = 80  # characters of a line that is quoted


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
    group: str = ""  # the comment line above it, such as "# search"

    @property
    def allowed(self) -> str:
        """Type with range or choices, the same in every language: `int 1..50`, `str time|stratified`."""
        if self.choices:
            return f"{self.type} {'|'.join(self.choices)}"
        limits = limits_of(self)
        return f"{self.type} {limits}" if limits else self.type


def read_parameters(source: str, file: str) -> tuple[Parameter, ...]:
    """What the cell declares. Raises BadInput, naming file and line, for anything that cannot be a parameter."""
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError) as error:  # ValueError: a null character
        line, problem = getattr(error, "lineno", None) or 1, getattr(error, "msg", None) or str(error)
        raise BadInput(
            "notebooks.not_python", file=file, line=line, code=_quoted(source, line), problem=problem
        ) from error
    beside, above = _comments(source)
    found: dict[str, int] = {}
    parameters = []
    for node in body:
        where: dict[str, Any] = {"file": file, "line": node.lineno, "code": _quoted(source, node.lineno)}
        declared = _declared(node, where)
        name = ast.unparse(declared.target)
        if name in found:
            raise BadInput("notebooks.duplicate_name", name=name, first=found[name], **where)
        if name in RESERVED or name.startswith("_"):
            raise BadInput("notebooks.reserved_name", name=name, **where)
        found[name] = node.lineno
        group = next((above[line] for line in sorted(above, reverse=True) if line < node.lineno), "")
        parameters.append(_parameter(declared, beside.get(node.end_lineno or 0, ""), group, where))
    return tuple(parameters)


def declares_parameters(source: str) -> bool:
    """Whether a cell holds annotated assignments and nothing else."""
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError):
        return False
    return bool(body) and all(isinstance(node, ast.AnnAssign) and node.value is not None for node in body)


def fitting(parameter: Parameter, value: Any) -> Value | None:
    """The value as the declared type, or None where type, range or choices do not take it."""
    fits: Value = float(value) if parameter.type == "float" and type(value) is int else value
    if not has_type(parameter, fits) or not within(parameter, fits):
        return None
    return None if parameter.choices and fits not in parameter.choices else fits


def has_type(parameter: Parameter, value: Any) -> bool:
    """Exactly the declared type; a number must be finite."""
    return type(value) is TYPES[parameter.type] and not (type(value) is float and not math.isfinite(value))


def within(parameter: Parameter, value: Value) -> bool:
    """Whether a number keeps to the range; anything else has none."""
    if not isinstance(value, int | float):
        return True
    below = parameter.minimum is not None and value < parameter.minimum
    return not below and not (parameter.maximum is not None and value > parameter.maximum)


def limits_of(parameter: Parameter) -> str:
    """The range as it is written in the cell, or nothing."""
    if parameter.minimum is None and parameter.maximum is None:
        return ""
    return "..".join("" if end is None else f"{end:.15g}" for end in (parameter.minimum, parameter.maximum))


def _comments(source: str) -> tuple[dict[int, str], dict[int, str]]:
    """By line: those behind code, and those with a line of their own."""
    beside: dict[int, str] = {}
    above: dict[int, str] = {}
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            told = above if token.line.lstrip().startswith("#") else beside
            told[token.start[0]] = token.string.lstrip("# ").strip()
    return beside, above


def _declared(node: ast.stmt, where: dict[str, Any]) -> ast.AnnAssign:
    if isinstance(node, ast.Assign) and all(isinstance(one, ast.Name) for one in node.targets):
        raise BadInput("notebooks.no_type", name=ast.unparse(node.targets[0]), types=", ".join(TYPES), **where)
    if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name):
        raise BadInput("notebooks.not_a_parameter", **where)
    if node.value is None:
        raise BadInput("notebooks.no_default", name=node.target.id, **where)
    return node


def _parameter(node: ast.AnnAssign, comment: str, group: str, where: dict[str, Any]) -> Parameter:
    name, type_name = ast.unparse(node.target), ast.unparse(node.annotation)
    if type_name not in TYPES:
        raise BadInput("notebooks.unknown_type", name=name, type=type_name, types=", ".join(TYPES), **where)
    assert node.value is not None
    try:
        default = ast.literal_eval(node.value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError) as error:
        raise BadInput("notebooks.not_literal", name=name, **where) from error
    minimum = maximum = None
    choices: tuple[str, ...] = ()
    if match := _RANGE.search(comment):
        _refuse_other_types(("int", "float"), name, type_name, match, where)
        minimum, maximum = _ends(match, name, where)
        comment = comment[: match.start()].strip()
    elif match := _CHOICES.search(comment):
        _refuse_other_types(("str",), name, type_name, match, where)
        choices = tuple(part.strip() for part in match.group(1).split("|"))
        comment = comment[: match.start()].strip()
    unit = ""
    if match := _UNIT.search(comment):
        unit = match.group(1)
        comment = comment[: match.start()].strip()
    parameter = Parameter(name, type_name, default, comment, unit, minimum, maximum, choices, group)
    fits = fitting(parameter, default)
    if fits is None:
        raise BadInput(
            "notebooks.default_not_allowed", name=name, value=repr(default), allowed=parameter.allowed, **where
        )
    return replace(parameter, default=fits)


def _refuse_other_types(
    types: tuple[str, ...], name: str, type_name: str, match: re.Match[str], where: dict[str, Any]
) -> None:
    if type_name not in types:
        limits = match[0].strip()
        raise BadInput("notebooks.limits_of_other_type", name=name, limits=limits, type=type_name, **where)


def _ends(match: re.Match[str], name: str, where: dict[str, Any]) -> tuple[float | None, float | None]:
    try:
        low, high = (float(end) if end else None for end in match.groups())
    except ValueError as error:
        raise BadInput("notebooks.bad_range", name=name, limits=match[0].strip(), **where) from error
    if low is not None and high is not None and low > high:
        raise BadInput("notebooks.bad_range", name=name, limits=match[0].strip(), **where)
    return low, high


def _quoted(source: str, line: int) -> str:
    lines = source.splitlines()
    return lines[line - 1].strip()[:_SHOWN] if 0 < line <= len(lines) else ""
