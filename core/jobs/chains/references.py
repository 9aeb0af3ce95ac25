"""References of a chain's step to another step: `{train.run_id}`, `{train.result.metrics.auc}`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import Conflict

_REFERENCE = re.compile(r"\{([a-z][a-z0-9_]*)\.([A-Za-z0-9_.]+)\}")
_RESULT = re.compile(r"result(\.[A-Za-z0-9_]+)+")
RUN_ID = "run_id"


@dataclass(frozen=True)
class Reference:
    """A step, and what of it: its `run_id`, or a value of its result by its path."""

    text: str
    step: str
    what: str

    @property
    def is_run_id(self) -> bool:
        return self.what == RUN_ID

    @property
    def is_sound(self) -> bool:
        return self.is_run_id or _RESULT.fullmatch(self.what) is not None


def reference_in(value: Any) -> Reference | None:
    """The reference that a text is; None for every other value. Braces within a longer text are text."""
    match = _REFERENCE.fullmatch(value) if isinstance(value, str) else None
    return None if match is None else Reference(match.group(0), match.group(1), match.group(2))


def value_of(reference: Reference, run_id: str, result: Mapping[str, Any] | None) -> Any:
    """What a reference stands for once its step has ended well. Raises Conflict for a result that is not there."""
    if reference.is_run_id:
        return run_id
    found: Any = {"result": result}
    for part in reference.what.split("."):
        if not isinstance(found, Mapping) or part not in found:
            raise Conflict("chains.no_such_result", step=reference.step, name=reference.what)
        found = found[part]
    return found
