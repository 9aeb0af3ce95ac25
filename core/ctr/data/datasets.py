"""An uploaded impression file becomes a stored dataset of this room: mapped with care, then put through the click gate.

Training reads it by id; `core.datasets.records` keeps the file and the findings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.ctr.data.impressions import clicks_of
from core.ctr.data.schema import CTR_SCHEMA, ROOM, TARGET
from core.datasets.coercion import coerce_column
from core.datasets.mapping import chosen_columns, rename_columns, suggest_mapping
from core.errors import BadInput
from core.security.policy import Principal

if TYPE_CHECKING:
    import polars as pl

    from core.datasets.records import Dataset
    from core.datasets.schemas import Uncoerced
    from core.datasets.uploads import UploadedTable

MOST_LOST = 0.5  # a suggested column that loses a larger share of its cells was meant for something else


@dataclass(frozen=True)
class ImpressionCounts:
    """What a file holds, counted; cells of the target that are neither 0 nor 1 count as neither."""

    rows: int
    columns: int
    missing_cells: int
    duplicate_rows: int  # that repeat an earlier row
    clicked: int
    not_clicked: int

    @property
    def missing_share(self) -> float:
        return self.missing_cells / (self.rows * self.columns) if self.rows * self.columns else 0.0

    @property
    def click_rate(self) -> float | None:
        """Share of clicks among the rows with a readable target; None without any."""
        known = self.clicked + self.not_clicked
        return self.clicked / known if known else None


def store_impressions(
    table: UploadedTable,
    *,
    name: str,
    principal: Principal,
    mapping: Mapping[str, str] | None = None,
    target: str | None = None,
    positive: str | None = None,
) -> Dataset:
    """Store an uploaded table with the findings of `core.ctr.data.quality.check_impressions`.

    mapping: `{expected: found}`; left out, the suggestion for the 119 columns is used where it loses nothing much.
    target: the column of clicks, kept under its own name; left out, `clicked` or what stands for it.
    positive: the target's value that is a click where the target is not 0 and 1.
    A file that cannot be trained on is kept too, and its findings say why. Raises BadInput for a mapping or a
    target that does not fit; then nothing is stored.
    """
    from core.ctr.data.quality import check_impressions
    from core.datasets.records import store_frame

    if target not in (None, TARGET) and target not in table.frame.columns:
        raise BadInput("ctr.no_target", target=target)
    frame, used, uncoerced = mapped_impressions(table.frame, mapping, target)
    chosen = target or TARGET
    findings = check_impressions(frame, target=chosen, positive=positive, uncoerced=uncoerced)
    return store_frame(
        frame, table, name=name, room=ROOM, principal=principal, mapping=used, target=chosen, findings=findings
    )


def count_impressions(frame: pl.DataFrame, *, target: str = TARGET, positive: str | None = None) -> ImpressionCounts:
    """Rows, cells and clicks of a stored table."""
    missing = 0
    for series in frame.get_columns():
        missing += series.null_count()
        if series.dtype.is_float():
            missing += int(series.is_nan().sum())
    clicked = clicks_of(frame[target], positive) if target in frame.columns else None
    return ImpressionCounts(
        rows=frame.height,
        columns=frame.width,
        missing_cells=missing,
        duplicate_rows=int((~frame.hash_rows().is_first_distinct()).sum()),
        clicked=0 if clicked is None else int((clicked == 1).sum()),
        not_clicked=0 if clicked is None else int((clicked == 0).sum()),
    )


def mapped_impressions(
    frame: pl.DataFrame, mapping: Mapping[str, str] | None, target: str | None, *, keep_target: bool = False
) -> tuple[pl.DataFrame, dict[str, str], tuple[Uncoerced, ...]]:
    """The frame with expected names and kinds, the mapping that was used, and what could not be brought to its kind.

    A target that is not all numbers stays as written for the gate; with `keep_target` it does whatever it holds.
    """
    used = dict(mapping) if mapping else chosen_columns(suggest_mapping(frame.columns, CTR_SCHEMA))
    if not mapping and target not in (None, TARGET):
        used = {expected: found for expected, found in used.items() if expected != TARGET and found != target}
    typed: dict[str, pl.Series] = {}
    uncoerced: list[Uncoerced] = []
    for expected, found in list(used.items()):
        column = CTR_SCHEMA.column(expected)
        if column is None:
            raise BadInput("mapping.unknown_expected", column=expected, known=", ".join(CTR_SCHEMA.names))
        if found not in frame.columns:
            continue  # renaming says so below
        series, lost = coerce_column(frame[found], column)
        if expected == TARGET and (keep_target or lost is not None):
            continue
        if lost is None:
            typed[expected] = series
        elif mapping or lost.count <= MOST_LOST * (frame.height - frame[found].null_count()):
            typed[expected] = series
            uncoerced.append(lost)
        else:
            del used[expected]
    renamed = rename_columns(frame, used)
    return renamed.with_columns([series.alias(name) for name, series in typed.items()]), used, tuple(uncoerced)
