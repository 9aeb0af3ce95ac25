"""Dockerfile and compose.yaml as plain values: instructions by stage, services with `${...}` filled in."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import yaml

from tests.conftest import PROJECT

_VARIABLE = re.compile(r"\$\$|\$\{(?P<name>\w+)(?:(?P<how>:?[-?])(?P<rest>[^}]*))?\}|\$(?P<plain>\w+)")


@dataclass(frozen=True)
class Instruction:
    """One line of a Dockerfile, continued lines joined."""

    word: str
    rest: str

    @property
    def command(self) -> list[str]:
        """Of CMD and ENTRYPOINT, which must be written as a list: a shell would not hand signals on."""
        found: list[str] = json.loads(self.rest)
        return found


@dataclass(frozen=True)
class Stage:
    base: str
    name: str
    instructions: tuple[Instruction, ...] = field(default_factory=tuple)

    def all(self, word: str) -> list[Instruction]:
        return [one for one in self.instructions if one.word == word]

    def environment(self) -> dict[str, str]:
        pairs = re.findall(r'(\w+)=("[^"]*"|\S+)', " ".join(one.rest for one in self.all("ENV")))
        return {name: value.strip('"') for name, value in pairs}

    def arguments(self) -> dict[str, str]:
        return dict(one.rest.split("=", 1) for one in self.all("ARG"))


def read_dockerfile(path: Path = PROJECT / "Dockerfile") -> tuple[dict[str, str], list[Stage]]:
    """The arguments before the first stage, and the stages."""
    lines = [line for line in path.read_text("utf-8").splitlines() if line.strip() and not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", "\\\0").split("\n")
    found = [Instruction(*line.replace("\\\0", "\\\n").split(maxsplit=1)) for line in joined]
    first = next(place for place, one in enumerate(found) if one.word == "FROM")
    stages: list[Stage] = []
    for one in found[first:]:
        if one.word == "FROM":
            base, _, name = one.rest.partition(" AS ")
            stages.append(Stage(base, name))
        else:
            stages[-1] = Stage(stages[-1].base, stages[-1].name, (*stages[-1].instructions, one))
    return dict(one.rest.split("=", 1) for one in found[:first]), stages


def read_compose(environment: Mapping[str, str], path: Path = PROJECT / "compose.yaml") -> dict[str, Any]:
    """As `docker compose config` shows it. Raises KeyError, with the file's words, where a variable must be set."""
    found: dict[str, Any] = _filled(yaml.safe_load(path.read_text("utf-8")), environment)
    return found


def variables(path: Path = PROJECT / "compose.yaml") -> set[str]:
    """Every name that the file asks its surroundings for."""
    found = _VARIABLE.finditer(path.read_text("utf-8"))
    return {name for one in found if (name := one["name"] or one["plain"])}


def fill(text: str, environment: Mapping[str, str]) -> str:
    """Replace `$NAME`, `${NAME}`, `${NAME:-otherwise}` and `${NAME:?why}` as compose and Dockerfile do."""

    def value(match: re.Match[str]) -> str:
        if match[0] == "$$":
            return "$"
        name, how, rest = match["name"] or match["plain"], match["how"] or "", match["rest"] or ""
        found = environment.get(name)
        is_there = bool(found) if how.startswith(":") else found is not None
        if is_there or not how:
            return found or ""
        if how.endswith("?"):
            raise KeyError(f"{name}: {rest}")
        return rest

    return _VARIABLE.sub(value, text)


def is_left_out(name: str, ignore: Path = PROJECT / ".dockerignore") -> bool:
    """Whether a file, named by its path in the project, is kept from the builder; the last pattern that fits counts."""
    left_out = False
    parts = [name, *(str(one) for one in Path(name).parents if str(one) != ".")]
    for line in ignore.read_text("utf-8").splitlines():
        pattern = line.strip().removeprefix("!")
        if not pattern or pattern.startswith("#"):
            continue
        anywhere = pattern.removeprefix("**/")
        fits = any(
            fnmatch(part, pattern) or (anywhere != pattern and fnmatch(Path(part).name, anywhere)) for part in parts
        )
        if fits:
            left_out = not line.strip().startswith("!")
    return left_out


def _filled(value: Any, environment: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return fill(value, environment)
    if isinstance(value, list):
        return [_filled(one, environment) for one in value]
    if isinstance(value, dict):
        return {key: _filled(one, environment) for key, one in value.items()}
    return value
