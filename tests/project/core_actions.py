"""What the core lets a principal do, read from its code: each function that changes something, and its rule.

A rule is a permission that is required, or a look at whose the thing is; it may stand in a function that the principal
is handed on to.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache

from tests.conftest import PROJECT

WHO = {"principal", "_principal"}
OWNERSHIP = {"visible", "may_see", "only_owner"}
NOTING = {"note", "note_now", "hand_out"}
Function = ast.FunctionDef | ast.AsyncFunctionDef
Nodes = tuple[ast.AST, ...]  # of one function, itself first


@dataclass(frozen=True)
class Action:
    """A public function of the core that takes a principal and changes something.

    permissions: names of those that are required on some way through it. by_owner: whether it looks whose it is.
    """

    name: str
    permissions: tuple[str, ...]
    by_owner: bool

    @property
    def has_rule(self) -> bool:
        return bool(self.permissions) or self.by_owner


@dataclass(frozen=True)
class _Module:
    functions: dict[str, Nodes]
    imported: dict[str, str]  # name in this module -> where it comes from, dotted


@dataclass(frozen=True)
class _Facts:
    """What stands in one function itself. parts: functions that the principal is handed on to, by their whole name.

    private: of these, and of others, those of its own file that begin with an underscore.
    """

    changes: bool
    permissions: frozenset[str]
    by_owner: bool
    parts: frozenset[str]
    private: frozenset[str]


@cache
def actions() -> tuple[Action, ...]:
    """All of them, by name."""
    facts = {
        f"{place}.{name}": _facts(place, nodes)
        for place, module in _modules().items()
        for name, nodes in module.functions.items()
    }
    public = [
        f"{place}.{name}"
        for place, module in _modules().items()
        for name, nodes in module.functions.items()
        if not name.startswith("_") and _takes_who(nodes)
    ]
    found = []
    for name in public:
        if any(facts[one].changes for one in _reached(name, facts)):
            ruled = _reached(name, facts, only_handed=True)
            permissions = frozenset[str]().union(*(facts[one].permissions for one in ruled))
            found.append(Action(name, tuple(sorted(permissions)), any(facts[one].by_owner for one in ruled)))
    return tuple(sorted(found, key=lambda one: one.name))


def _reached(start: str, facts: dict[str, _Facts], *, only_handed: bool = False) -> set[str]:
    """The function and all that it hands the principal to; also private parts that it does not hand it to."""
    found, waiting = {start}, [start]
    while waiting:
        one = facts[waiting.pop()]
        more = (one.parts if only_handed else one.parts | one.private) - found
        found |= more
        waiting += more
    return found


@cache
def _modules() -> dict[str, _Module]:
    """Every file of the core that speaks of a principal, by its dotted name."""
    found = {}
    for path in sorted((PROJECT / "core").rglob("*.py")):
        source = path.read_text("utf-8")
        if "principal" not in source:
            continue
        body = ast.parse(source).body
        functions = {node.name: tuple(ast.walk(node)) for node in body if isinstance(node, Function)}
        inside = (node for nodes in functions.values() for node in nodes)
        imported = {
            alias.asname or alias.name: f"{node.module}.{alias.name}"
            for node in (*body, *inside)
            if isinstance(node, ast.ImportFrom) and node.module
            for alias in node.names
        }
        found[".".join(path.relative_to(PROJECT).with_suffix("").parts)] = _Module(functions, imported)
    return found


def _takes_who(nodes: Nodes) -> bool:
    arguments = nodes[0].args  # type: ignore[attr-defined]
    return bool(WHO & {one.arg for one in (*arguments.args, *arguments.kwonlyargs)})


def _facts(place: str, nodes: Nodes) -> _Facts:
    changes, by_owner = False, _compares_owner(nodes)
    permissions: set[str] = set()
    parts: set[str] = set()
    private: set[str] = set()
    for call in nodes:
        if not isinstance(call, ast.Call):
            continue
        called = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
        changes = changes or called in {"writing", *NOTING}
        by_owner = by_owner or called in OWNERSHIP
        if called == "require":
            permissions |= _named(call)
            continue
        found = _found(place, call, called)
        if found and _hands_on(call):
            parts.add(found)
        if found.startswith(f"{place}._"):
            private.add(found)
    return _Facts(changes, frozenset(permissions), by_owner, frozenset(parts), frozenset(private))


def _found(place: str, call: ast.Call, called: str) -> str:
    """Whole name of the function of the core that is called, by its own name or its file's; empty for any other."""
    here = _modules()[place]
    if isinstance(call.func, ast.Name):
        origin = f"{place}.{called}" if called in here.functions else here.imported.get(called, "")
    elif isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
        origin = f"{here.imported.get(call.func.value.id, '')}.{called}"
    else:
        return ""
    module, _, name = origin.rpartition(".")
    return origin if module in _modules() and name in _modules()[module].functions else ""


def _named(call: ast.Call) -> set[str]:
    """The permissions that are named in a call: several where one of them is chosen."""
    nodes = (node for one in call.args for node in ast.walk(one) if isinstance(node, ast.Attribute))
    return {node.attr for node in nodes if isinstance(node.value, ast.Name) and node.value.id == "Permission"}


def _hands_on(call: ast.Call) -> bool:
    given = (*call.args, *(one.value for one in call.keywords))
    return any(isinstance(node, ast.Name) and node.id in WHO for one in given for node in ast.walk(one))


def _compares_owner(nodes: Nodes) -> bool:
    """Whether `principal.id` is compared with something."""
    compared = (node for node in nodes if isinstance(node, ast.Compare))
    parts = (node for one in compared for node in (one.left, *one.comparators) if isinstance(node, ast.Attribute))
    return any(node.attr == "id" and isinstance(node.value, ast.Name) and node.value.id in WHO for node in parts)
