"""Whether the parts of a process work. Entry points hand in probes; what is probed is their business.

A probe answers with a state or raises a WorkbenchError, whose sentence then tells what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from core.errors import ArtifactMissing, WorkbenchError


class State(StrEnum):
    """How a part is; only the first two let a process call itself ready."""

    OK = "ok"
    NOT_NEEDED = "not_needed"
    LOADING = "loading"
    MISSING = "missing"
    DOWN = "down"


@dataclass(frozen=True)
class Health:
    """The state of one part, a sentence where there is something to say, and figures for the operator."""

    state: State
    message: str = ""
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def is_fine(self) -> bool:
        return self.state in (State.OK, State.NOT_NEEDED)


@dataclass(frozen=True)
class Probe:
    """A named check of one part; `check` must return within a moment."""

    name: str
    check: Callable[[], Health]


def ask(probes: Iterable[Probe], language: str = "en") -> dict[str, Health]:
    """Every probe's answer, by name."""
    return {probe.name: _asked(probe, language) for probe in probes}


def _asked(probe: Probe, language: str) -> Health:
    try:
        return probe.check()
    except ArtifactMissing as error:
        return Health(State.MISSING, error.text(language), dict(error.details))
    except WorkbenchError as error:
        return Health(State.DOWN, error.text(language), dict(error.details))
