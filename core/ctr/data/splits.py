"""Training, validation and test rows: later rows tested by earlier ones, or stratified; duplicates on one side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.ctr.data.schema import TARGET
from core.errors import BadInput

if TYPE_CHECKING:
    import polars as pl

ROW_ORDER = "row order"
TEST_SHARE = 0.20
VALIDATION_SHARE = 0.16
Places = NDArray[np.intp]


@dataclass(frozen=True)
class Split:
    """Row numbers of each part, ascending in time or in the file. basis: what the order of time was read from.

    moved: duplicates that went to the part of their first twin.
    """

    kind: str  # "time" or "stratified"
    basis: str
    train: Places
    validation: Places
    test: Places
    moved: int
    seed: int | None

    @property
    def parts(self) -> dict[str, Places]:
        return {"train": self.train, "validation": self.validation, "test": self.test}


def split_by_time(
    frame: pl.DataFrame, *, target: str = TARGET, order_by: Sequence[str] = (), test_share: float = TEST_SHARE,
    validation_share: float = VALIDATION_SHARE, groups: NDArray[np.int64] | None = None,
) -> Split:  # fmt: skip
    """The last rows are the test, those before them the validation.

    groups: `twin_groups` of the whole table, where `frame` holds the target and the columns of time alone.

    order_by: columns that tell the time, coarsest first, such as day_of_week and hour; empty: the order of the
    rows. Columns of text are compared as numbers where they are numbers. Raises BadInput when a part lacks clicks.
    """
    order = _time_order(frame, order_by)
    rows = frame.height
    rank = np.empty(rows, np.intp)
    rank[order] = np.arange(rows)
    share = rank / rows
    part = np.select([share >= 1 - test_share, share >= 1 - test_share - validation_share], [2, 1], 0)
    groups = twin_groups(frame, target) if groups is None else groups
    first = np.full(groups.max() + 1, rows)
    np.minimum.at(first, groups, rank)
    kept = part[order][first[groups]]
    return _split("time", ", ".join(order_by) or ROW_ORDER, order, part, kept, frame, target, None)


def split_stratified(
    frame: pl.DataFrame, *, target: str = TARGET, seed: int = 0, test_share: float = TEST_SHARE,
    validation_share: float = VALIDATION_SHARE, groups: NDArray[np.int64] | None = None,
) -> Split:  # fmt: skip
    """Each part gets its share of clicks and of other rows, drawn by `seed`.

    Twins with different outcomes are drawn as clicks. groups: as in `split_by_time`. Raises BadInput when a part
    lacks clicks.
    """
    groups = twin_groups(frame, target) if groups is None else groups
    labels = frame[target].cast(str).to_numpy()
    classes = np.unique(labels, return_inverse=True)[1]
    group_class = np.zeros(groups.max() + 1, np.intp)
    np.maximum.at(group_class, groups, classes)
    part_of_group = np.zeros(len(group_class), np.intp)
    random = np.random.default_rng(seed)
    for one in np.unique(group_class):
        members = random.permutation(np.flatnonzero(group_class == one))
        share = (np.arange(len(members)) + 0.5) / len(members)
        part_of_group[members] = np.select([share < test_share, share < test_share + validation_share], [2, 1], 0)
    part = part_of_group[groups]
    return _split("stratified", f"seed {seed}", np.arange(frame.height), part, part, frame, target, seed)


def twin_groups(frame: pl.DataFrame, target: str) -> NDArray[np.int64]:
    """A number per row, shape (rows,), equal for rows that agree in every column but the target."""
    return groups_of(row_hashes(frame, target))


def row_hashes(frame: pl.DataFrame, target: str) -> NDArray[np.uint64]:
    """64 bits per row, shape (rows,), equal for rows that agree in every column but the target."""
    return frame.drop(target, strict=False).hash_rows(seed=0).to_numpy()


def groups_of(hashes: NDArray[np.uint64]) -> NDArray[np.int64]:
    """A number per row for each different hash."""
    return np.unique(hashes, return_inverse=True)[1].astype(np.int64)


def _time_order(frame: pl.DataFrame, order_by: Sequence[str]) -> Places:
    import polars as pl

    missing = [name for name in order_by if name not in frame.columns]
    if missing:
        raise BadInput("ctr.no_order_column", column=missing[0], found=", ".join(frame.columns[:20]))
    if not order_by:
        return np.arange(frame.height)
    keys = []
    for name in order_by:
        number = frame[name].cast(pl.Float64, strict=False)
        keys.append(number if number.null_count() == frame[name].null_count() else frame[name])
    sorted_rows = pl.DataFrame(keys).with_row_index("__row").sort([key.name for key in keys], maintain_order=True)
    return sorted_rows["__row"].to_numpy().astype(np.intp)


def _split(
    kind: str, basis: str, order: Places, planned: NDArray[np.intp], kept: NDArray[np.intp], frame: pl.DataFrame,
    target: str, seed: int | None,
) -> Split:  # fmt: skip
    places = [order[kept[order] == part] for part in range(3)]
    for name, rows in zip(("train", "validation", "test"), places, strict=True):
        if len(rows) == 0 or frame[target].gather(rows).n_unique() < 2:
            raise BadInput("ctr.part_without_clicks", part=name, rows=len(rows))
    return Split(kind, basis, places[0], places[1], places[2], int((planned != kept).sum()), seed)
