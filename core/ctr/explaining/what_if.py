"""The same impression with some cells changed: what the model would say then, and which contributions move."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.ctr.data.impressions import Impressions, read_impressions
from core.ctr.data.schema import NAMED, SEQUENCE, TARGET
from core.ctr.data.sequences import parse_sequences
from core.ctr.explaining.additive import is_additive
from core.ctr.explaining.local import LocalExplainer, LocalExplanation, explain_rows
from core.errors import BadInput

if TYPE_CHECKING:
    import polars as pl

MOVED = 1e-9  # smaller changes of a contribution are rounding


@dataclass(frozen=True)
class Move:
    """A contribution before and after. value_after: the new cell."""

    name: str
    value_after: str | None
    before: float
    after: float


@dataclass(frozen=True)
class WhatIf:
    """moved: contributions that changed, the furthest first. unknown: changed cells with a level nobody trained on."""

    before: LocalExplanation
    after: LocalExplanation
    moved: tuple[Move, ...]
    unknown: tuple[str, ...]


def what_if(
    explainer: LocalExplainer, frame_row: pl.DataFrame, changes: Mapping[str, str | float | None], *,
    target: str = TARGET,
) -> WhatIf:  # fmt: skip
    """frame_row: one row of raw cells. changes: column -> new cell, as text or number; None or "" empties it.

    A sequence is written "1,2,3", oldest first. Raises BadInput for a column that the row does not have, and for
    text where a number belongs.
    """
    changed = change_cells(frame_row, changes, target=target)
    before, after = (explain_rows(explainer, _read(frame, target))[0] for frame in (frame_row, changed))
    first = {one.name: one for one in before.contributions}
    moves = []
    for one in after.contributions:
        was = first.get(one.name)
        if was is not None and (abs(was.contribution - one.contribution) > MOVED or was.value != one.value):
            moves.append(Move(one.name, one.value, was.contribution, one.contribution))
    moves.sort(key=lambda move: -abs(move.after - move.before))
    return WhatIf(before, after, tuple(moves), _unknown(explainer, _read(changed, target), changes))


def change_cells(
    frame_row: pl.DataFrame, changes: Mapping[str, str | float | None], *, target: str = TARGET
) -> pl.DataFrame:
    """The row with the new cells, each in a column that can hold it."""
    import polars as pl

    found = frame_row
    for name, cell in changes.items():
        if name not in frame_row.columns or name == target:
            raise BadInput("ctr.what_if_column", column=name)
        text = None if cell is None or str(cell).strip() == "" else str(cell).strip()
        if name == SEQUENCE:
            column = pl.Series(name, [text], dtype=pl.String)
            if text is not None and (read := parse_sequences(column)).unreadable:
                raise BadInput("ctr.what_if_sequence", column=name, count=read.unreadable)
        elif name in NAMED or not _holds_numbers(frame_row[name].dtype):
            column = pl.Series(name, [text], dtype=pl.String)
        else:
            column = pl.Series(name, [_number(name, text)], dtype=pl.Float64)
        found = found.with_columns(column)
    return found


def _read(frame: pl.DataFrame, target: str) -> Impressions:
    return read_impressions(frame.drop(target, strict=False), target=target)


def _holds_numbers(dtype: pl.DataType) -> bool:
    import polars as pl

    # A column of one empty cell has no type of its own; words in it are refused below where it must be a number.
    return dtype.is_numeric() or dtype == pl.Null


def _number(name: str, text: str | None) -> float | None:
    if text is None:
        return None
    try:
        return float(text)
    except ValueError as error:
        raise BadInput("ctr.what_if_number", column=name, value=text) from error


def _unknown(
    explainer: LocalExplainer, rows: Impressions, changes: Mapping[str, str | float | None]
) -> tuple[str, ...]:
    levels = _known_levels(explainer)
    return tuple(
        one.name
        for one in rows.categories
        if one.name in changes and one.codes[0] >= 0 and one.levels[one.codes[0]] not in levels.get(one.name, ())
    )


def _known_levels(explainer: LocalExplainer) -> dict[str, tuple[str, ...]]:
    if explainer.design is not None:
        return explainer.design.levels
    model = explainer.model
    parts = list(model.parts.values()) if hasattr(model, "parts") else [model]
    assert is_additive(model)
    return {name: levels for part in parts for name, levels in part.layout_.table.levels.items()}
