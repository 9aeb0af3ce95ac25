"""What a batch found, as rows, as counts, and as a table to download."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from app.ui import state
from app.ui.image_matching.verdict_words import class_called
from core.images.matching import Recognised
from core.images.names import UNKNOWN
from core.images.prototypes import Prototypes

Filter = Literal["all", "known", "unknown", "wrong", "problem"]
FILTERS: tuple[Filter, ...] = ("all", "known", "unknown", "wrong", "problem")


@dataclass(frozen=True)
class Row:
    """One file. truth: the class its folder names, `unknown` for a folder that names none, None without a folder."""

    file: str
    folder: str
    truth: str | None
    verdict: str | None
    english: str | None
    similarity: float | None
    margin: float | None
    problem: dict[str, str] | None  # by language

    @property
    def is_unknown(self) -> bool | None:
        return None if self.verdict is None else self.verdict == UNKNOWN

    @property
    def is_right(self) -> bool | None:
        return None if self.truth is None or self.verdict is None else self.verdict == self.truth


@dataclass(frozen=True)
class Counts:
    """named: [right, all] of files in folders of known classes. kept_out: the same for other folders."""

    files: int
    known: int
    unknown: int
    problems: int
    named: tuple[int, int]
    kept_out: tuple[int, int]


def row_of(one: Recognised, prototypes: Prototypes) -> Row:
    """One answer as a row."""
    found = one.recognition
    return Row(
        file=one.file_name,
        folder=one.class_name,
        truth=truth_of(one.class_name, prototypes.classes, prototypes.names),
        verdict=found.match.verdict if found else None,
        english=found.english(found.match.verdict) if found else None,
        similarity=found.match.s1 if found else None,
        margin=found.match.margin if found else None,
        problem={language: one.error.text(language) for language in state.LANGUAGES} if one.error else None,
    )


def truth_of(folder: str, classes: Sequence[str], names: Mapping[str, str]) -> str | None:
    """The class a folder names, in either language. names: Korean -> English."""
    if not folder:
        return None
    return class_called(folder, classes, names) or UNKNOWN


def counts_of(rows: Sequence[Row]) -> Counts:
    """How many were recognised, and how many of those right whose folder tells."""
    inside = [row.is_right for row in rows if row.truth not in (None, UNKNOWN) and row.is_right is not None]
    outside = [row.is_right for row in rows if row.truth == UNKNOWN and row.is_right is not None]
    return Counts(
        files=len(rows),
        known=sum(row.is_unknown is False for row in rows),
        unknown=sum(row.is_unknown is True for row in rows),
        problems=sum(row.problem is not None for row in rows),
        named=(sum(map(bool, inside)), len(inside)),
        kept_out=(sum(map(bool, outside)), len(outside)),
    )


def filtered(rows: Sequence[Row], wanted: Filter) -> list[Row]:
    """The rows of one kind, in their order."""
    keeps = {
        "all": lambda row: True,
        "known": lambda row: row.is_unknown is False,
        "unknown": lambda row: row.is_unknown is True,
        "wrong": lambda row: row.is_right is False,
        "problem": lambda row: row.problem is not None,
    }
    return [row for row in rows if keeps[wanted](row)]


def plain(row: Row, language: str) -> dict[str, Any]:
    """A row as it is shown and downloaded."""
    return {
        "file": row.file,
        "folder": row.folder or None,
        "verdict": row.verdict,
        "verdict_english": row.english,
        "similarity": row.similarity,
        "margin": row.margin,
        "is_unknown": row.is_unknown,
        "is_right": row.is_right,
        "problem": row.problem[language] if row.problem else None,
    }
