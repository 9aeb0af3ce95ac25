"""What a person should know of an answer that was given all the same: a key with plain values, stored as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.errors import WorkbenchError
from core.messages import say


@dataclass(frozen=True)
class Notice:
    """key: of a message. details: its fields; a field may be a notice in turn, as plain values."""

    key: str
    details: Mapping[str, Any] = field(default_factory=dict)

    def text(self, language: str = "en") -> str:
        """The sentence in `language`."""
        return say(self.key, language, **{name: _told(value, language) for name, value in self.details.items()})

    def plain(self) -> dict[str, Any]:
        """Values that JSON holds; `Notice(**plain)` takes them back."""
        return {"key": self.key, "details": dict(self.details)}


def notice_of(error: WorkbenchError) -> Notice:
    """The same sentence as the error's."""
    return Notice(error.key, {name: _kept(value) for name, value in error.details.items()})


def _kept(value: object) -> object:
    if isinstance(value, WorkbenchError):
        return notice_of(value).plain()
    return value if isinstance(value, int | float | str) else str(value)


def _told(value: Any, language: str) -> Any:
    return Notice(**value).text(language) if isinstance(value, Mapping) else value
