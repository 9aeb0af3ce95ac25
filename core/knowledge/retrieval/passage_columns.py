"""Which collection, document, type and language every indexed passage is of, and which passages a search may see."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.knowledge.passages.stored import IndexedPassage

NAMED = ("collection", "document", "doc_type", "language")


@dataclass(frozen=True, eq=False)
class PassageColumns:
    """ids: of the passages, shape (n,), ascending. Of each of NAMED: the names there are, as UTF-8, and which each has.

    A type or language that a document does not have is an empty name.
    """

    ids: NDArray[np.int64]
    collection_names: NDArray[np.bytes_]
    collection: NDArray[np.int32]
    document_names: NDArray[np.bytes_]
    document: NDArray[np.int32]
    doc_type_names: NDArray[np.bytes_]
    doc_type: NDArray[np.int32]
    language_names: NDArray[np.bytes_]
    language: NDArray[np.int32]

    @property
    def size(self) -> int:
        return len(self.ids)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What a snapshot keeps; `PassageColumns(**arrays)` takes it back."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    def allowed(self, collections: Collection[str], **filters: Collection[str] | None) -> NDArray[np.bool_]:
        """The passages of these collections, shape (n,); of NAMED others, only those named, where any are."""
        found = self._having("collection", collections)
        for name, wanted in filters.items():
            if wanted:
                found &= self._having(name, wanted)
        return found

    def _having(self, name: str, wanted: Collection[str]) -> NDArray[np.bool_]:
        names: NDArray[np.bytes_] = getattr(self, f"{name}_names")
        asked = {one.encode() for one in wanted}
        is_wanted = np.fromiter((one in asked for one in names.tolist()), dtype=np.bool_, count=len(names))
        found: NDArray[np.bool_] = is_wanted[getattr(self, name)]
        return found


class GatheredColumns:
    """Takes passages one by one and makes the columns of them."""

    def __init__(self) -> None:
        self._ids: list[int] = []
        self._codes: dict[str, list[int]] = {name: [] for name in NAMED}
        self._numbers: dict[str, dict[str, int]] = {name: {} for name in NAMED}

    def add(self, passage: IndexedPassage) -> None:
        self._ids.append(passage.id)
        values = passage.collection_id, passage.document_id, passage.doc_type or "", passage.language or ""
        for name, value in zip(NAMED, values, strict=True):
            numbers = self._numbers[name]
            self._codes[name].append(numbers.setdefault(value, len(numbers)))

    def columns(self) -> PassageColumns:
        made: dict[str, NDArray[Any]] = {"ids": np.array(self._ids, dtype=np.int64)}
        for name in NAMED:
            made[f"{name}_names"] = _as_bytes(self._numbers[name])
            made[name] = np.array(self._codes[name], dtype=np.int32)
        return PassageColumns(**made)


def _as_bytes(names: Iterable[str]) -> NDArray[np.bytes_]:
    encoded = [one.encode() for one in names]
    return np.array(encoded, dtype=f"S{max(map(len, encoded), default=1) or 1}")
