"""What a room expects of a table: its columns with their kinds, ranges, levels and other names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["integer", "number", "category", "boolean", "text"]


@dataclass(frozen=True)
class ExpectedColumn:
    """One column a room works with. `minimum` and `maximum` are inclusive; empty `levels` means any."""

    name: str
    kind: Kind
    required: bool = True
    minimum: float | None = None
    maximum: float | None = None
    levels: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Schema:
    """The columns a room expects, in its order."""

    room: str
    columns: tuple[ExpectedColumn, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> ExpectedColumn | None:
        return next((column for column in self.columns if column.name == name), None)


@dataclass(frozen=True)
class Uncoerced:
    """Values of one column that could not become its expected kind; they are missing in the result."""

    column: str
    kind: Kind
    count: int
    rows: tuple[int, ...]  # first few, 0-based
    values: tuple[str, ...]  # the values in those rows as they were written
