"""What became of a material or perfume: every revision with who, when, why, and what it changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.errors import NotFound
from core.fragrance.catalogue import items, material_rows, perfume_rows
from core.fragrance.catalogue.cells import shown
from core.fragrance.catalogue.documents import Document, material_of, perfume_of
from core.fragrance.catalogue.items import ItemKind
from core.fragrance.catalogue.materials import Material
from core.fragrance.catalogue.perfumes import Perfume
from core.fragrance.catalogue.stored import with_samples
from core.messages import say
from core.security.policy import Permission, Principal, require
from core.storage.generations import OWNER


@dataclass(frozen=True)
class FieldChange:
    """One column (`columns`) before and after, as it stands in an exported file; empty: not known."""

    column: str
    before: str
    after: str


@dataclass(frozen=True)
class Revision:
    """value: None for a removal. changes: against the last revision that held a value; none for the first."""

    number: int
    owner: str
    at: datetime
    reason: str
    value: Material | Perfume | None
    changes: tuple[FieldChange, ...]

    def why(self, language: str) -> str:
        """The reason that was given; for a sample as it came, that it is one."""
        if not self.reason and self.owner == OWNER:
            return say("fragrance_catalogue.shipped", language)
        return self.reason


def history(item_id: str, principal: Principal) -> tuple[Revision, ...]:
    """The newest revision first. Raises NotFound."""
    require(principal, Permission.FRAGRANCE_READ)
    with_samples()
    kind = items.read_item(None, item_id).kind
    found: list[Revision] = []
    before: Material | Perfume | None = None
    for one in items.revisions(item_id):
        value = None if one.document is None else _value(kind, one.document)
        changes = differences(before, value) if before is not None and value is not None else ()
        found.append(Revision(one.number, one.owner, one.created_at, one.reason, value, changes))
        before = value or before
    if not found:
        raise NotFound("fragrance.not_there")
    return tuple(reversed(found))


def differences(before: Material | Perfume, after: Material | Perfume) -> tuple[FieldChange, ...]:
    """The columns that differ, in the order of the file; the constituents of a material count as one column."""
    old, new = _cells(before), _cells(after)
    return tuple(
        FieldChange(column, old.get(column, ""), new.get(column, ""))
        for column in {**old, **new}
        if old.get(column, "") != new.get(column, "")
    )


def _cells(value: Material | Perfume) -> dict[str, str]:
    if isinstance(value, Perfume):
        return perfume_rows.row_of(value)
    held = "; ".join(f"{one.name} ({one.cas}) {shown(one.share)}%" for one in value.constituents or ())
    return {**material_rows.row_of(value), "constituents": held}


def _value(kind: ItemKind, document: Document) -> Material | Perfume:
    return material_of(document) if kind == "material" else perfume_of(document)
