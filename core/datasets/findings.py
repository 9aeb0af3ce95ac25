"""A finding: what was noticed about a table, or about a run, where, and how grave it is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from core.messages import say

Severity = Literal["info", "warning", "blocking"]
GRAVITY: tuple[Severity, ...] = ("blocking", "warning", "info")  # the gravest first


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


def gravest_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """By severity; findings of one severity keep their order."""
    return tuple(sorted(findings, key=lambda finding: GRAVITY.index(finding.severity)))


def blocking(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Those that keep a table from being trained on, or a model from being published, until somebody gives a reason."""
    return tuple(finding for finding in findings if finding.severity == "blocking")


def standing(findings: Iterable[Finding], accepted: Collection[tuple[str, str | None]]) -> tuple[Finding, ...]:
    """The blocking ones that nobody accepted; accepted: code and column of each acceptance."""
    return tuple(finding for finding in blocking(findings) if (finding.code, finding.column) not in accepted)
