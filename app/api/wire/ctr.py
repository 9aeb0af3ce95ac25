"""The words of the CTR frontend: both spellings of every name, its run states, and values that strict JSON can hold."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from core.messages import say, say_kept

if TYPE_CHECKING:
    from core.jobs.job import Job

STATUS = {"queued": "training", "running": "training", "succeeded": "completed"}  # everything else has failed
_PATH = re.compile(r"(?:[A-Za-z]:)?(?:[\\/][\w.@~+ -]+){2,}[\\/]?")


def status_of(state: str) -> str:
    """training, completed or failed, which is all that the frontend knows."""
    return STATUS.get(state, "failed")


def camel(name: str) -> str:
    """train_loss -> trainLoss."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def both_spellings(values: Mapping[str, Any]) -> dict[str, Any]:
    """Every key in snake_case and in camelCase: the documents use the one, the views read the other."""
    return {**values, **{camel(name): value for name, value in values.items()}}


def finite(value: Any) -> Any:
    """The same value with None in place of numbers that JSON has no word for; dates become text."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [finite(one) for one in value]
    if value is None or isinstance(value, str | int):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def without_nothing(values: Mapping[str, Any]) -> dict[str, Any]:
    """Only what is there: the views merge a frame over what they show and format every value of it."""
    return {name: value for name, value in values.items() if value is not None}


def error_of(job: Job, language: str) -> str | None:
    """Why a job ended without success, in one sentence that names no folder of this machine."""
    if status_of(job.state) != "failed":
        return None
    if (told := say_kept(job.error, language)) is None:
        return say(f"ctr.run_{job.state}", language)
    return without_paths(told)


def without_paths(text: str) -> str:
    """Paths shortened to their last part."""
    return _PATH.sub(lambda found: re.split(r"[\\/]", found.group().rstrip("\\/"))[-1], text)
