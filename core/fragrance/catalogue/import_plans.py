"""What an import would do, before anything is stored: new, changed, unchanged and refused, each told by row."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from core.errors import BadInput
from core.fragrance.catalogue.columns import ImportKind
from core.fragrance.catalogue.history import FieldChange, differences
from core.fragrance.catalogue.materials import Material
from core.fragrance.catalogue.perfumes import Perfume
from core.knowledge.notices import Notice, notice_of
from core.messages import say


@dataclass(frozen=True)
class RefusedRow:
    """row: as a spreadsheet counts, the header being row 1."""

    row: int
    problem: Notice

    def text(self, language: str = "en") -> str:
        """One sentence that names the row and, where it is one cell, the column."""
        return say("fragrance_catalogue.refused_row", language, row=self.row, problem=self.problem.text(language))


@dataclass(frozen=True)
class PlannedChange:
    """What a row makes. expected_revision: of what it changes, 0 for what is new. changes: empty for what is new."""

    row: int
    value: Material | Perfume
    expected_revision: int
    changes: tuple[FieldChange, ...] = ()


@dataclass(frozen=True)
class ImportPlan:
    """mapping: header of the file by column. ignored: headers that nothing is read from.

    unchanged: ids that stay as they are. notices: what was read otherwise than it is written.
    """

    kind: ImportKind
    name: str
    mapping: Mapping[str, str]
    ignored: tuple[str, ...]
    new: tuple[PlannedChange, ...] = ()
    changed: tuple[PlannedChange, ...] = ()
    unchanged: tuple[str, ...] = ()
    refused: tuple[RefusedRow, ...] = ()
    notices: tuple[Notice, ...] = ()


def check_free(item_id: str, taken: Collection[str]) -> None:
    """Raises BadInput for an id that a thing of the other kind bears."""
    if item_id in taken:
        raise BadInput("fragrance_catalogue.id_taken", column="id", value=item_id)


class Sorting:
    """Rows put where they belong while a plan is made."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = headers
        self._rows: dict[str, int] = {}
        self.new: list[PlannedChange] = []
        self.changed: list[PlannedChange] = []
        self.unchanged: list[str] = []
        self.refused: list[RefusedRow] = []

    def put(
        self, row: int, value: Material | Perfume, *, before: Material | Perfume | None, revision: int, is_removed: bool
    ) -> None:
        """revision: of what is there, removed or not; 0 where there is nothing. Raises BadInput for a repeated one."""
        self.take(value.id, row)
        if before is None or is_removed:
            self.new.append(PlannedChange(row, value, revision))
        elif replace(value, is_sample=before.is_sample) == before:
            self.unchanged.append(value.id)
        else:
            self.changed.append(PlannedChange(row, value, revision, differences(before, value)))

    def take(self, item_id: str, row: int) -> None:
        """Raises BadInput where an earlier row was about the same."""
        earlier = self._rows.setdefault(item_id, row)
        if earlier != row:
            raise BadInput("fragrance_catalogue.repeats_row", earlier=earlier)

    def refuse(self, row: int, error: BadInput) -> None:
        """The sentence names the column as the file does."""
        problem = notice_of(error)
        column = str(problem.details.get("column", ""))
        if column in self._headers:
            problem = Notice(problem.key, {**problem.details, "column": self._headers[column]})
        self.refused.append(RefusedRow(row, problem))
