"""The form of a chain's file: TOML into plain values, every entry of the kind it must be.

What the values mean (notebooks, references, circles) is checked by `core.jobs.chains.chains`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import BadInput
from core.messages import LANGUAGES

NAME = re.compile(r"[a-z][a-z0-9_]{0,79}")
MOST_ATTEMPTS = 10
MOST_BACKOFF_S = 86_400.0


@dataclass(frozen=True)
class StepFile:
    """A step as it stands in the file."""

    notebook: str
    needs: tuple[str, ...]
    parameters: dict[str, Any]
    most_attempts: int
    backoff_s: float


@dataclass(frozen=True)
class Binding:
    """A parameter of the chain: the parameters of steps it goes to, and its default where it has one of its own."""

    name: str
    to: tuple[tuple[str, str], ...]
    default: Any | None


@dataclass(frozen=True)
class ChainFile:
    """A file whose entries are of the right kinds."""

    name: str
    titles: dict[str, str]
    abouts: dict[str, str]
    parameters: tuple[Binding, ...]
    steps: dict[str, StepFile]


def read_file(path: Path) -> ChainFile:
    """Raises BadInput with one sentence that names the place."""
    chain = path.stem
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInput("chains.unreadable", chain=chain, problem=str(error)) from error
    if not NAME.fullmatch(chain):
        raise _wrong(chain, f"{chain}.toml", "name")
    _only(chain, chain, content, ("title", "about", "parameters", "steps"))
    steps = content.get("steps")
    if not isinstance(steps, dict) or not steps:
        raise _wrong(chain, "steps", "steps")
    parameters = content.get("parameters", {})
    if not isinstance(parameters, dict):
        raise _wrong(chain, "parameters", "parameters")
    return ChainFile(
        chain,
        _in_languages(chain, "title", content.get("title")),
        _in_languages(chain, "about", content.get("about")),
        tuple(_binding(chain, name, one) for name, one in parameters.items()),
        {name: _step(chain, name, one) for name, one in steps.items()},
    )


def _step(chain: str, name: str, given: Any) -> StepFile:
    place = f"steps.{name}"
    if not NAME.fullmatch(name):
        raise _wrong(chain, place, "name")
    if not isinstance(given, dict):
        raise _wrong(chain, place, "table")
    _only(chain, place, given, ("notebook", "needs", "parameters", "most_attempts", "backoff_s"))
    notebook, needs, parameters = given.get("notebook"), given.get("needs", []), given.get("parameters", {})
    attempts, backoff = given.get("most_attempts", 1), given.get("backoff_s", 0)
    if not isinstance(notebook, str) or not notebook:
        raise _wrong(chain, f"{place}.notebook", "notebook")
    if not isinstance(needs, list) or not all(isinstance(one, str) for one in needs):
        raise _wrong(chain, f"{place}.needs", "needs")
    if not isinstance(parameters, dict):
        raise _wrong(chain, f"{place}.parameters", "values")
    if type(attempts) is not int or not 1 <= attempts <= MOST_ATTEMPTS:
        raise _wrong(chain, f"{place}.most_attempts", "attempts", most=MOST_ATTEMPTS)
    if type(backoff) not in (int, float) or not 0 <= backoff <= MOST_BACKOFF_S:
        raise _wrong(chain, f"{place}.backoff_s", "backoff", most=f"{MOST_BACKOFF_S:g}")
    return StepFile(notebook, tuple(needs), parameters, attempts, float(backoff))


def _binding(chain: str, name: str, given: Any) -> Binding:
    place = f"parameters.{name}"
    if not NAME.fullmatch(name):
        raise _wrong(chain, place, "name")
    if not isinstance(given, dict):
        raise _wrong(chain, place, "table")
    _only(chain, place, given, ("to", "default"))
    to = given.get("to")
    if not isinstance(to, list) or not to or not all(isinstance(one, str) and one.count(".") == 1 for one in to):
        raise _wrong(chain, f"{place}.to", "to")
    if name == "notifications":
        raise _wrong(chain, place, "reserved")
    pairs = (one.split(".") for one in to)
    return Binding(name, tuple((step, parameter) for step, parameter in pairs), given.get("default"))


def _in_languages(chain: str, place: str, given: Any) -> dict[str, str]:
    if not isinstance(given, dict) or not all(isinstance(given.get(one), str) and given[one] for one in LANGUAGES):
        raise _wrong(chain, place, "languages")
    return {language: given[language] for language in LANGUAGES}


def _only(chain: str, place: str, given: Mapping[str, Any], known: Collection[str]) -> None:
    for name in given:
        if name not in known:
            raise BadInput("chains.unknown_entry", chain=chain, place=place, name=name, known=", ".join(known))


def _wrong(chain: str, place: str, form: str, **limits: Any) -> BadInput:
    return BadInput(f"chains.wrong_{form}", chain=chain, place=place, **limits)
