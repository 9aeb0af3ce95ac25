"""What a search may find at all: what the principal may read, under given filters and those read from the words."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from core.fragrance.search.filters import Filtered, Filters, Removal, checked, filtered
from core.fragrance.search.index import Index
from core.fragrance.search.items import COLLECTIONS, RECIPES
from core.fragrance.search.items import Collection as Kind
from core.fragrance.search.reading_queries import ReadFilter, ReadQuery, with_read
from core.knowledge.notices import Notice
from core.security.policy import Permission, Principal, is_allowed
from core.storage.ownership import only_owner


def readable(
    index: Index, collections: Sequence[Kind], principal: Principal, notices: list[Notice]
) -> NDArray[np.bool_]:  # fmt: skip
    """The items of these collections that the principal may read, shape (n,)."""
    wanted = [one for one in collections if one != RECIPES]
    found = np.zeros(index.size, dtype=np.bool_)
    for one in wanted:
        found |= index.columns.collection == COLLECTIONS.index(one)
    if RECIPES in collections and is_allowed(principal, Permission.FRAGRANCE_FORMULA):
        recipes = index.columns.collection == COLLECTIONS.index(RECIPES)
        owner = only_owner(principal)
        if owner is not None:
            recipes &= index.columns.is_public | index.columns.having("owner", (owner,))
        found |= recipes
    elif RECIPES in collections:
        notices.append(Notice("fragrance_search.recipes_not_read"))
    return found


def narrowed(
    index: Index, given: Filters, read: ReadQuery, ignored: Collection[str], among: NDArray[np.bool_],
    notices: list[Notice],
) -> tuple[Filters, list[ReadFilter], Filtered]:  # fmt: skip
    """What holds, what of it was read, and what passes.

    Where nothing is left, read filters are let go of, one after the other: words are a wish, and most perfumes tell
    neither season nor price. What is to be left out stays out, as somebody may not bear it.
    """
    let_go: set[str] = set(ignored)
    while True:
        held, counted = with_read(given, read, ignored=let_go)
        held = checked(held)
        passed = filtered(index.columns, held, among)
        names = {one.name for one in counted} - {"currency", "exclude_notes"}
        if passed.after or not names or not passed.before:
            return held, [one for one in counted if one.name != "currency"], passed
        worst = max((one for one in passed.removals if one.filter in names), key=lambda one: one.removed)
        let_go.add(worst.filter)
        notices.append(Notice("fragrance_search.read_filter_let_go", _details(worst, passed)))


def tell_if_nothing_left(passed: Filtered, notices: list[Notice]) -> None:
    """Which filter removed how many, where together they leave nothing."""
    if not passed.after and passed.before and passed.removals:
        worst = max(passed.removals, key=lambda one: one.removed)
        notices.append(Notice("fragrance_search.nothing_left", _details(worst, passed)))


def _details(worst: Removal, passed: Filtered) -> dict[str, object]:
    return {"filter": worst.filter, "value": worst.value, "removed": worst.removed, "total": passed.before,
            "unknown": worst.unknown}  # fmt: skip
