"""A formula on the desk: lines as a perfumer types them, which need not add up yet, with every step back and forth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from core.fragrance.amounts import WHOLE_MG, milligrams, percent
from core.fragrance.formulas.entering import Entry, normalised, number
from core.fragrance.formulas.formula import Formula
from core.fragrance.products import Product

MOST_STEPS = 200  # kept for undoing


@dataclass(frozen=True)
class Row:
    """ingredient: id of a material or `accord:ID`. share: percent of the concentrate as typed; None: left empty."""

    ingredient: str
    share: float | None


@dataclass(frozen=True)
class Draft:
    """rows: as they stand now. past, future: for undo and redo, the nearest last.

    formula_id, version: of the stored formula that it was opened from, if any; saved: its rows then. brief: fields of
    the brief it was composed for.
    """

    rows: tuple[Row, ...]
    name: str = ""
    product: Product = field(default_factory=Product)
    batch_g: float = 20.0
    formula_id: str | None = None
    version: int | None = None
    is_editable: bool = True
    saved: tuple[Row, ...] = ()
    brief: Mapping[str, Any] | None = None
    past: tuple[tuple[Row, ...], ...] = ()
    future: tuple[tuple[Row, ...], ...] = ()

    @property
    def entries(self) -> tuple[Entry, ...]:
        """What `formula_of` reads; an empty cell is no number, which it says."""
        return tuple(Entry(row.ingredient, "" if row.share is None else row.share) for row in self.rows)

    @property
    def sum(self) -> Decimal:
        """Percent of all lines that hold a number."""
        found = (number(row.share) for row in self.rows if row.share is not None)
        return sum((one for one in found if one is not None), Decimal(0))

    @property
    def told_sum(self) -> str:
        """The sum as a person writes it, without noughts at the end."""
        return f"{self.sum.normalize():f}"

    @property
    def is_changed(self) -> bool:
        return self.rows != self.saved


def rows_of(formula: Formula) -> tuple[Row, ...]:
    return tuple(Row(line.ingredient, percent(line.amount_mg)) for line in formula.lines)


def changed(draft: Draft, rows: Sequence[Row]) -> Draft:
    """The same draft with other rows, one step further; no step where nothing differs."""
    rows = tuple(rows)
    if rows == draft.rows:
        return draft
    return replace(draft, rows=rows, past=(*draft.past, draft.rows)[-MOST_STEPS:], future=())


def undone(draft: Draft) -> Draft:
    if not draft.past:
        return draft
    return replace(draft, rows=draft.past[-1], past=draft.past[:-1], future=(*draft.future, draft.rows))


def redone(draft: Draft) -> Draft:
    if not draft.future:
        return draft
    return replace(draft, rows=draft.future[-1], future=draft.future[:-1], past=(*draft.past, draft.rows))


def with_edits(draft: Draft, edits: Mapping[int, Mapping[str, Any]], *, batch_g: float) -> Draft:
    """What was typed into the table, by row: `percent` or `grams` of the batch; a ticked `remove` takes the row out."""
    rows = [
        replace(row, share=_typed(edits.get(place, {}), row.share, batch_g))
        for place, row in enumerate(draft.rows)
        if not edits.get(place, {}).get("remove")
    ]
    return changed(draft, rows)


def _typed(edit: Mapping[str, Any], share: float | None, batch_g: float) -> float | None:
    if "percent" in edit:
        found: float | None = edit["percent"]
        return found
    return share_of(edit["grams"], batch_g) if "grams" in edit else share


def share_of(grams: float | None, batch_g: float) -> float | None:
    """Percent in steps of 0.001 of grams in a batch."""
    return None if grams is None else percent(milligrams(100 * grams / batch_g))


def with_line(draft: Draft, ingredient: str, share: float) -> Draft:
    """One line more, at the end; the share of one that stands already is replaced."""
    if any(row.ingredient == ingredient for row in draft.rows):
        return changed(
            draft, [replace(row, share=share) if row.ingredient == ingredient else row for row in draft.rows]
        )
    return changed(draft, (*draft.rows, Row(ingredient, share)))


def scaled(draft: Draft) -> Draft:
    """All lines scaled to 100 %. Raises BadInput as `normalised`."""
    return changed(draft, [Row(one.ingredient, float(one.amount)) for one in normalised(draft.entries)])


def filled_up(draft: Draft, ingredient: str) -> Draft:
    """One line takes what is missing to 100 %, or gives what is too much, as far as it goes."""
    rest = Decimal(percent(WHOLE_MG)) - draft.sum
    rows = [
        replace(row, share=float(max(Decimal(str(row.share or 0)) + rest, Decimal(0))))
        if row.ingredient == ingredient
        else row
        for row in draft.rows
    ]
    return changed(draft, rows)
