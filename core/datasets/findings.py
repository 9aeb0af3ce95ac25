"""A finding: what was noticed about a table, or about a run, where, and how grave it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from core.messages import say

Severity = Literal["info", "warning", "blocking"]


@dataclass(frozen=True)
class Finding:
    """One finding; `code` is the key of its sentence and `details` fill it in.

    rows: the first few concerned, 0-based among the data rows.
    """

    code: str
    severity: Severity
    column: str | None
    rows: tuple[int, ...] = ()
    details: dict[str, Any] = field(default_factory=dict)

    def text(self, language: str = "en") -> str:
        """The sentence in `language` ("en" or "ko")."""
        return say(self.code, language, **self.details)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for a JSON column."""
        return {**asdict(self), "rows": list(self.rows)}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Finding:
        return cls(**{**plain, "rows": tuple(plain["rows"])})
