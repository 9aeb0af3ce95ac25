"""A table, a catalogue and a category made ready for checking: worked out once, kept for as long as they are in use."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from core.fragrance.catalogue.materials import Catalogue
from core.fragrance.limits.composition import substance_matrix
from core.fragrance.limits.labelling import allergens, threshold
from core.fragrance.limits.rows import limit_of
from core.fragrance.limits.rules import Allergen, LimitTable, Rule
from core.fragrance.products import Category

MOST_KEPT = 24  # judges, a few kilobytes each: every category of one table, and some of another


@dataclass(frozen=True, eq=False)
class Judge:
    """rules: those that restrict the category or that a person has to verify, each with its limit there and its column.

    allergens: each with its column; rules and allergens about the same substances share one, of `column_count`.
    threshold: over which an allergen is named, percent of the finished product; None, and no allergens, where the
    product is not on the skin. rows: of materials, by id.
    columns, shares: what is not 0, material after material, shape (entries,); the entries of the material in a row are
    those from `starts[row]` on, before `starts[row + 1]`. shares: percent of the material.
    """

    catalogue: Catalogue
    table: LimitTable
    rules: tuple[tuple[Rule, float | None, int], ...]
    allergens: tuple[tuple[Allergen, int], ...]
    threshold: float | None
    rows: dict[str, int]
    is_unknown: tuple[bool, ...]
    column_count: int
    starts: NDArray[np.int64]
    columns: NDArray[np.int64]
    shares: NDArray[np.float64]

    def held(
        self, rows: NDArray[np.int64], amounts: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """Places in `rows`, columns and what is held there, for amounts of these materials in percent of anything.

        Shape (entries,) each, in the order of places; shares in percent of the same.
        """
        first = self.starts[rows]
        counts = self.starts[rows + 1] - first
        before = np.cumsum(counts) - counts
        places = np.repeat(np.arange(len(rows)), counts)
        entries = np.arange(len(places)) + np.repeat(first - before, counts)
        return places, self.columns[entries], self.shares[entries] * (amounts[places] / 100)

    def row(self, material_id: str) -> int:
        """Raises BadInput for a material that is not in the catalogue."""
        found = self.rows.get(material_id)
        return self.rows[self.catalogue.get(material_id).id] if found is None else found


_kept: OrderedDict[tuple[int, int, Category], Judge] = OrderedDict()
_lock = Lock()


def judge_of(catalogue: Catalogue, table: LimitTable, category: Category) -> Judge:
    """Catalogue and table are known by their identity: a kept judge holds both, so that no other takes their place."""
    key = (id(catalogue), id(table), category)
    with _lock:
        judge = _kept.get(key)
        if judge is not None:
            _kept.move_to_end(key)
            return judge
    judge = make_judge(catalogue, table, category)
    with _lock:
        _kept[key] = judge
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    return judge


def make_judge(catalogue: Catalogue, table: LimitTable, category: Category) -> Judge:
    columns: dict[tuple[str, ...], int] = {}

    def column(substances: tuple[str, ...]) -> int:
        return columns.setdefault(tuple(sorted(set(substances))), len(columns))

    limits = [(rule, limit_of(rule, category)) for rule in table.rules]
    rules = tuple(
        (rule, limit, column(rule.substances)) for rule, limit in limits if limit is not None or rule.specification
    )
    over = threshold(category)
    named = () if over is None else tuple((one, column(one.cas)) for one in allergens())
    matrix = substance_matrix(catalogue.materials.values(), list(columns))
    is_unknown = tuple(matrix.is_unknown.tolist())
    filled, found = np.nonzero(matrix.shares)
    starts = np.searchsorted(filled, np.arange(len(matrix.shares) + 1))
    return Judge(
        catalogue, table, rules, named, over, matrix.rows, is_unknown,
        len(columns), starts, found, matrix.shares[filled, found],
    )  # fmt: skip
