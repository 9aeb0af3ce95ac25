"""What bodies for perfumery have in common: text that can be stored and sent back, and no bottomless nesting."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, model_validator

DEEPEST = 20  # levels of lists and objects


class SentBody(BaseModel):
    """A body of a request. Half a surrogate pair, which JSON may smuggle in and no database takes, becomes a "?"."""

    @model_validator(mode="before")
    @classmethod
    def _readable(cls, sent: Any) -> Any:
        return _cleaned(sent, DEEPEST)


def _cleaned(value: Any, levels: int) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict | list) and not levels:
        raise ValueError("nested too deeply")
    if isinstance(value, list):
        return [_cleaned(one, levels - 1) for one in value]
    if isinstance(value, dict):
        return {_cleaned(name, levels - 1): _cleaned(one, levels - 1) for name, one in value.items()}
    return value
