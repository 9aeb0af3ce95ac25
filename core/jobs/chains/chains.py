"""Chains of notebooks as files: `<notebooks_dir>/chains/<name>.toml`, found, read and checked.

    title = { ko = "…", en = "Retrain" }
    about = { ko = "…", en = "One sentence on what it gives." }

    [parameters.dataset_id]          # what a person may set, and which parameters of steps it goes to
    to = ["train.dataset_id"]        # type, help, unit and range are those of the first
    default = ""                     # left out: the notebook's own

    [steps.train]
    notebook = "ctr_train"
    parameters = { publish = false }

    [steps.explain]
    notebook = "ctr_explain"
    needs = ["train"]                # steps that are referred to are needed as well
    parameters = { run_id = "{train.run_id}" }
    most_attempts = 2
    backoff_s = 30

A reference stands alone in its text: `{step.run_id}`, or `{step.result.name}` for a value of that step's result.
Every chain also takes `notifications`: who is told, once, when the whole of it has ended.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from core.errors import BadInput, NotFound, WorkbenchError
from core.jobs.chains.checks import Step, as_notebook, checked_parameters, checked_steps, notebooks_of
from core.jobs.chains.files import NAME, read_file
from core.jobs.notebooks import catalogue
from core.jobs.notebooks.catalogue import Parameter, Value
from core.security.policy import Permission, Principal, require
from core.settings.current import get_settings

NOTIFICATIONS = Parameter("notifications", "str", "", "who is told when it ends: email, slack, push")


@dataclass(frozen=True)
class Chain:
    """A chain that can be run. steps: each after those it needs. bound: parameter -> (step, its parameter)."""

    name: str
    titles: dict[str, str]
    abouts: dict[str, str]
    parameters: tuple[Parameter, ...]
    bound: dict[str, tuple[tuple[str, str], ...]]
    steps: tuple[Step, ...]
    permissions: tuple[Permission, ...]

    def title(self, language: str = "en") -> str:
        return self.titles[language]

    def about(self, language: str = "en") -> str:
        return self.abouts[language]


@dataclass(frozen=True)
class Refused:
    """A file that is no chain, and why."""

    name: str
    error: WorkbenchError


def list_chains() -> tuple[Chain, ...]:
    """Every sound chain, by name."""
    return tuple(one for one in _all() if isinstance(one, Chain))


def list_refused() -> tuple[Refused, ...]:
    """Files that are no chains, by name."""
    return tuple(one for one in _all() if isinstance(one, Refused))


def describe(name: str) -> Chain:
    """The chain called `name`. Raises NotFound, naming the known ones, and BadInput for a file that is no chain."""
    path = _folder() / f"{name}.toml"
    if not NAME.fullmatch(name) or not path.is_file():
        raise NotFound("chains.no_such_chain", name=name, known=", ".join(one.name for one in list_chains()) or "–")
    return _read(path)


def validate(chain: Chain, given: Mapping[str, Any], *, principal: Principal) -> dict[str, Value]:
    """Every parameter of the chain with the given value or its default, for somebody who may run all its notebooks.

    Raises NotAllowed, and BadInput as a notebook does.
    """
    for permission in (Permission.JOBS_SUBMIT, *chain.permissions):
        require(principal, permission)
    known = ", ".join(one.name for one in chain.parameters)
    for name in given:
        if name not in {one.name for one in chain.parameters}:
            raise BadInput("chains.no_such_parameter", chain=chain.name, name=name, known=known)
    return catalogue.validate(as_notebook(chain.name, chain.parameters), given)


def filled_steps(chain: Chain, values: Mapping[str, Value]) -> tuple[Step, ...]:
    """The steps with what a person chose put in; references stay."""
    filled = []
    for step in chain.steps:
        own = {
            parameter: values[name]
            for name, places in chain.bound.items()
            for place, parameter in places
            if place == step.name
        }
        filled.append(replace(step, parameters={**step.parameters, **own}))
    return tuple(filled)


def _folder() -> Path:
    return get_settings().notebooks_dir / "chains"


def _all() -> list[Chain | Refused]:
    found: list[Chain | Refused] = []
    for path in sorted(_folder().glob("*.toml")):
        try:
            found.append(_read(path))
        except WorkbenchError as error:
            found.append(Refused(path.stem, error))
    return found


def _read(path: Path) -> Chain:
    file = read_file(path)
    notebooks = notebooks_of(file)
    steps = checked_steps(file, notebooks)
    return Chain(
        name=file.name,
        titles=file.titles,
        abouts=file.abouts,
        parameters=(*checked_parameters(file, notebooks), NOTIFICATIONS),
        bound={one.name: one.to for one in file.parameters},
        steps=steps,
        permissions=tuple(sorted({one.permission for one in notebooks.values()})),
    )
