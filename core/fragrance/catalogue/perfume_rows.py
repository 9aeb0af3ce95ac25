"""Perfumes as rows of their file and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from core.fragrance.catalogue import cells
from core.fragrance.catalogue.cells import Row, shown
from core.fragrance.catalogue.note_lists import NotesOfLayers, read_notes
from core.fragrance.catalogue.perfume_values import checked_perfume
from core.fragrance.catalogue.perfumes import Perfume
from core.fragrance.vocabulary import UNRESTRICTED, Field, plain

COLUMNS = (
    "id", "name", "brand", "description", "family", "gender", "seasons", "moods", "top", "heart", "base", "notes",
    "price", "price_ml", "currency", "longevity_h",
)  # fmt: skip


def perfume_from(
    row: Row, *, perfume_id: str, currency: str, before: Perfume | None = None, source: str = ""
) -> Perfume:  # fmt: skip
    """A perfume of a row; columns that are absent keep what `before` tells. currency: of a price that names none.

    Raises BadInput naming the column.
    """
    changes: dict[str, Any] = {"id": perfume_id, "is_sample": False, "source": source or (before or _NOBODY).source}
    changes |= {column: cells.text(row, column) for column in ("name", "brand", "description") if column in row}
    changes |= {
        column: _one(row, column, field) for column, field in _ONE_WORD if column in row
    }  # fmt: skip
    changes |= {column: _several(row, column, field) for column, field in _WORDS if column in row}
    changes |= {column: cells.number(row, column) for column in ("price", "price_ml", "longevity_h") if column in row}
    if {"price", "currency"} & set(row):
        has_price = changes.get("price", before.price if before else None) is not None
        named = cells.text(row, "currency").upper() if "currency" in row or before is None else before.currency
        changes["currency"] = (named or currency) if has_price else None
    changes |= _notes(row)
    return checked_perfume(replace(before or _NOBODY, **changes), currency=currency)


_NOBODY = Perfume("", "", "")
_ONE_WORD: tuple[tuple[str, Field], ...] = (("family", "family"), ("gender", "gender"))
_WORDS: tuple[tuple[str, Field], ...] = (("seasons", "season"), ("moods", "mood"))


def _one(row: Row, column: str, field: Field) -> str | None:
    written = cells.text(row, column)
    return None if not written else cells.word(column, written, field)


def _several(row: Row, column: str, field: Field) -> tuple[str, ...]:
    named = (item for item in cells.items(row, column) if plain(item) not in UNRESTRICTED)
    return tuple(dict.fromkeys(cells.word(column, item, field) for item in named))


def _notes(row: Row) -> dict[str, tuple[str, ...]]:
    """Notes by layer; a list that names layers within itself is taken apart."""
    found = {layer: read_notes(cells.text(row, layer)).notes for layer in ("top", "heart", "base") if layer in row}
    if "notes" in row:
        told: NotesOfLayers = read_notes(cells.text(row, "notes"))
        found["notes"] = told.notes
        for layer in ("top", "heart", "base"):
            named: tuple[str, ...] = getattr(told, layer)
            if named:
                found[layer] = tuple(dict.fromkeys((*found.get(layer, ()), *named)))
    return found


def row_of(perfume: Perfume) -> dict[str, str]:
    """The row of a perfume, every column, as unguarded text."""
    cell: Mapping[str, str] = {
        column: ";".join(value) if isinstance(value, tuple) else value if isinstance(value, str) else shown(value)
        for column in COLUMNS
        for value in (getattr(perfume, column),)
    }
    return dict(cell)
