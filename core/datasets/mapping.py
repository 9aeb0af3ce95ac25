"""Which found column stands for which expected one, and the table brought to the expected types.

What is wrong with the values afterwards (missing, out of range, unknown levels) is said by `quality`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Literal

from core.datasets.coercion import coerce_column
from core.datasets.schemas import ExpectedColumn, Schema, Uncoerced
from core.errors import BadInput

if TYPE_CHECKING:
    import polars as pl


How = Literal["exact", "spelling", "alias", "close", "none"]

CLOSE_ENOUGH = 0.82  # lowest similarity of spelling (0..1) that is suggested; "Ages" to "Age" is 0.86


@dataclass(frozen=True)
class ColumnMatch:
    """The suggestion for one expected column; `found` is None and `confidence` 0.0 where nothing fits."""

    expected: str
    found: str | None
    confidence: float  # 1.0 same name .. CLOSE_ENOUGH similar spelling; 0.0 none
    how: How


@dataclass(frozen=True)
class MappedTable:
    """The renamed and typed table: expected columns found first to last where they stood, others kept."""

    frame: pl.DataFrame
    uncoerced: tuple[Uncoerced, ...]


def suggest_mapping(found: Sequence[str], schema: Schema) -> tuple[ColumnMatch, ...]:
    """One suggestion per expected column, in the schema's order; a found column is used at most once.

    The surest kind of match goes first over all columns, so that a near miss never takes
    a column which another expected name fits exactly.
    """
    chosen: dict[str, ColumnMatch] = {}
    free = list(found)
    for how, confidence, accepts in _RULES:
        for column in schema.columns:
            if column.name in chosen:
                continue
            hit = next((name for name in free if accepts(name, column)), None)
            if hit is not None:
                chosen[column.name] = ColumnMatch(column.name, hit, confidence, how)
                free.remove(hit)
    missing = [column for column in schema.columns if column.name not in chosen]
    for score, column, name in sorted(_close_pairs(free, missing), key=lambda pair: -pair[0]):
        if column.name not in chosen and name in free:
            chosen[column.name] = ColumnMatch(column.name, name, round(score, 2), "close")
            free.remove(name)
    return tuple(chosen.get(name, ColumnMatch(name, None, 0.0, "none")) for name in schema.names)


def chosen_columns(matches: Iterable[ColumnMatch]) -> dict[str, str]:
    """The matches as the plain `{expected: found}` that is stored and can be edited by a person."""
    return {match.expected: match.found for match in matches if match.found is not None}


def apply_mapping(frame: pl.DataFrame, mapping: Mapping[str, str], schema: Schema) -> MappedTable:
    """Rename found columns to expected ones (others keep their names) and bring them to their kinds.

    mapping: `{expected: found}`; expected columns left out stay out.
    Raises BadInput when a name is unknown, used twice, or would collide with another column.
    """
    for expected in mapping:
        if expected not in schema.names:
            raise BadInput("mapping.unknown_expected", column=expected, known=", ".join(schema.names))
    frame = rename_columns(frame, mapping)
    uncoerced = []
    for column in schema.columns:
        if column.name in mapping:
            typed, problem = coerce_column(frame[column.name], column)
            frame = frame.with_columns(typed)
            uncoerced += [problem] if problem is not None else []
    return MappedTable(frame, tuple(uncoerced))


def rename_columns(frame: pl.DataFrame, mapping: Mapping[str, str]) -> pl.DataFrame:
    """Only rename, `{expected: found}`. Raises BadInput as `apply_mapping` does."""
    chosen = list(mapping.values())
    for expected, name in mapping.items():
        if name not in frame.columns:
            found = ", ".join(frame.columns)
            raise BadInput("mapping.unknown_column", column=name, expected=expected, found=found)
        if chosen.count(name) > 1:
            raise BadInput("mapping.used_twice", column=name)
        if expected != name and expected in frame.columns and expected not in chosen:
            raise BadInput("mapping.name_taken", column=name, expected=expected)
    return frame.rename({found: expected for expected, found in mapping.items()})


def _plain(name: str) -> str:
    """Only letters and digits, lower case, NFC: `Purchase_Amount (USD)` -> `purchaseamountusd`."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFC", name).casefold())


def _without_unit(name: str) -> str:
    return _plain(re.sub(r"[(\[（].*?[)\]）]", "", name))


def _spelled_alike(name: str, column: ExpectedColumn) -> bool:
    return _plain(name) != "" and _plain(name) == _plain(column.name)


def _same_but_unit(name: str, column: ExpectedColumn) -> bool:
    return _without_unit(name) != "" and _without_unit(name) == _without_unit(column.name)


def _is_alias(name: str, column: ExpectedColumn) -> bool:
    spellings = {_plain(name), _without_unit(name)} - {""}
    return any(_plain(alias) in spellings for alias in column.aliases)


_RULES: tuple[tuple[How, float, Callable[[str, ExpectedColumn], bool]], ...] = (
    ("exact", 1.0, lambda name, column: name == column.name),
    ("spelling", 0.99, _spelled_alike),
    ("alias", 0.95, _is_alias),
    ("spelling", 0.9, _same_but_unit),
)


def _close_pairs(free: Sequence[str], missing: Sequence[ExpectedColumn]) -> Iterable[tuple[float, ExpectedColumn, str]]:
    for column in missing:
        wanted = {_plain(column.name), _without_unit(column.name), *map(_plain, column.aliases)} - {""}
        for name in free:
            score = max(SequenceMatcher(None, _plain(name), word).ratio() for word in wanted)
            if score >= CLOSE_ENOUGH:
                yield min(score, 0.89), column, name
