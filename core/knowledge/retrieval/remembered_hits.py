"""Which numbers of an index a question leads to, remembered with all that this depends on.

Only numbers and scores are: rows are read anew each time, by the rights and in the words of that moment.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable
from typing import TypeVar
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from core.knowledge.retrieval.served_snapshots import ServedIndex
from core.resilience.result_cache import remembered

Hits = TypeVar("Hits")

_orders: WeakKeyDictionary[ServedIndex, str] = WeakKeyDictionary()


def remembered_hits(
    kind: str, index: ServedIndex, ids: NDArray[np.generic], asked: Hashable, allowed: NDArray[np.bool_],
    make: Callable[[], Hits], *, model: object,
) -> Hits:  # fmt: skip
    """What `make` returned for the same question to the same index among the same rows.

    ids: of the index, whose order gives its numbers their meaning; machines that share results may differ in it.
    asked: everything else that decides. allowed: the rows that the asker may see and that pass all filters.
    """
    version = f"{index.generation}/{index.facts.raised_at}/{index.encoder_id}/{_order(index, ids)}"
    among = hashlib.blake2b(np.packbits(allowed).tobytes(), digest_size=16).hexdigest()
    return remembered(kind, (asked, among), version, make, model=model)


def _order(index: ServedIndex, ids: NDArray[np.generic]) -> str:
    found = _orders.get(index)
    if found is None:
        found = hashlib.blake2b(np.ascontiguousarray(ids).tobytes(), digest_size=16).hexdigest()
        _orders[index] = found
    return found
