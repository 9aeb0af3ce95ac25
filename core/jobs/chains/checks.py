"""What a chain's file means: notebooks, parameters and references that are there, values that fit, no circles.

Every problem is one sentence that names the place in the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from core.errors import BadInput, WorkbenchError
from core.jobs.chains.files import Binding, ChainFile, StepFile
from core.jobs.chains.references import reference_in
from core.jobs.notebooks import catalogue
from core.jobs.notebooks.catalogue import NotebookDescription, Parameter, Value
from core.settings.current import get_settings

Notebooks = Mapping[str, NotebookDescription]  # step -> what it runs


@dataclass(frozen=True)
class Step:
    """One notebook of a chain. needs: steps that must have succeeded. parameters: values, and references as text."""

    name: str
    notebook: str
    needs: tuple[str, ...]
    parameters: dict[str, Value]
    most_attempts: int = 1
    backoff_s: float = 0.0


def notebooks_of(file: ChainFile) -> dict[str, NotebookDescription]:
    """Step -> its notebook. Raises BadInput for one that is not there."""
    return {name: _notebook(file.name, name, step) for name, step in file.steps.items()}


def checked_steps(file: ChainFile, notebooks: Notebooks) -> tuple[Step, ...]:
    """The steps, each after those it needs. Raises BadInput."""
    for name, step in file.steps.items():
        _check_parameters(file.name, name, step, notebooks)
    return tuple(_in_order(file.name, file.steps))


def checked_parameters(file: ChainFile, notebooks: Notebooks) -> tuple[Parameter, ...]:
    """What a person may set. Raises BadInput."""
    return tuple(_bound(file.name, one, file.steps, notebooks) for one in file.parameters)


def _notebook(chain: str, step: str, file: StepFile) -> NotebookDescription:
    try:
        return catalogue.describe(file.notebook)
    except WorkbenchError as error:
        known = ", ".join(sorted(one.stem for one in get_settings().notebooks_dir.glob("*.ipynb")))
        raise BadInput(
            "chains.unknown_notebook", chain=chain, step=step, notebook=file.notebook, known=known
        ) from error


def _check_parameters(chain: str, step: str, file: StepFile, notebooks: Notebooks) -> None:
    """Names, values and references of one step."""
    declared = {one.name: one for one in notebooks[step].parameters}
    known = ", ".join(notebooks)
    for needed in file.needs:
        if needed not in notebooks:
            raise BadInput("chains.unknown_step", chain=chain, place=f"{step}.needs", step=needed, known=known)
    for name, value in file.parameters.items():
        place = f"{step}.{name}"
        if name not in declared:
            raise BadInput(
                "chains.unknown_parameter", chain=chain, place=place, notebook=file.notebook, known=", ".join(declared)
            )
        reference = reference_in(value)
        if reference is None:
            _check_value(chain, place, declared[name], value)
        elif reference.step not in notebooks:
            raise BadInput("chains.unknown_step", chain=chain, place=place, step=reference.step, known=known)
        elif not reference.is_sound or (reference.is_run_id and declared[name].type != "str"):
            raise BadInput("chains.bad_reference", chain=chain, place=place, reference=reference.text)


def _check_value(chain: str, place: str, parameter: Parameter, value: Any) -> Value:
    try:
        return catalogue.validate(as_notebook(chain, (parameter,)), {parameter.name: value})[parameter.name]
    except BadInput as error:
        limits = [one if one is not None else "" for one in (parameter.minimum, parameter.maximum)]
        ranged = f"{limits[0]}..{limits[1]}" if limits != ["", ""] else ""
        expected = " ".join((parameter.type, ranged, "|".join(parameter.choices))).strip()
        raise BadInput("chains.wrong_value", chain=chain, place=place, value=repr(value), expected=expected) from error


def _in_order(chain: str, files: Mapping[str, StepFile]) -> list[Step]:
    """The steps, each after those it needs, otherwise as in the file. Raises BadInput for a circle."""
    waiting = {name: _as_step(name, file) for name, file in files.items()}
    ordered: dict[str, Step] = {}
    while waiting:
        ready = next((name for name, step in waiting.items() if set(step.needs) <= set(ordered)), None)
        if ready is None:
            raise BadInput("chains.cycle", chain=chain, steps=", ".join(waiting))
        ordered[ready] = waiting.pop(ready)
    return list(ordered.values())


def _as_step(name: str, file: StepFile) -> Step:
    referred = [found.step for value in file.parameters.values() if (found := reference_in(value))]
    needs = tuple(dict.fromkeys([*file.needs, *referred]))
    return Step(name, file.notebook, needs, file.parameters, file.most_attempts, file.backoff_s)


def _bound(chain: str, binding: Binding, files: Mapping[str, StepFile], notebooks: Notebooks) -> Parameter:
    """The parameter of a chain, described as the first one that it goes to."""
    targets = []
    for step, name in binding.to:
        place = f"parameters.{binding.name}"
        if step not in notebooks:
            raise BadInput("chains.unknown_step", chain=chain, place=place, step=step, known=", ".join(notebooks))
        declared = {one.name: one for one in notebooks[step].parameters}
        if name not in declared:
            known, notebook = ", ".join(declared), files[step].notebook
            raise BadInput(
                "chains.unknown_parameter", chain=chain, place=f"{step}.{name}", notebook=notebook, known=known
            )
        if name in files[step].parameters:
            raise BadInput("chains.set_twice", chain=chain, place=f"{step}.{name}", name=binding.name)
        targets.append(declared[name])
    if len({one.type for one in targets}) > 1:
        places = ", ".join(".".join(one) for one in binding.to)
        raise BadInput("chains.kinds_differ", chain=chain, name=binding.name, places=places)
    first = targets[0]
    default = first.default if binding.default is None else binding.default
    for (step, name), target in zip(binding.to, targets, strict=True):
        default = _check_value(chain, f"{step}.{name}", target, default)
    return replace(first, name=binding.name, default=default, group="")


def as_notebook(name: str, parameters: tuple[Parameter, ...]) -> NotebookDescription:
    """What the catalogue checks values against."""
    return NotebookDescription(name, "", name, get_settings().notebooks_dir, parameters)
