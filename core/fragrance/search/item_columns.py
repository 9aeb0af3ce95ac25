"""The facts of every indexed item in flat arrays that several processes map into memory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.fragrance import vocabulary
from core.fragrance.search.concepts import concepts, concepts_in, concepts_said, words_in
from core.fragrance.search.items import COLLECTIONS, Item
from core.fragrance.vocabulary import plain

NAMED = ("brand", "family", "gender", "currency", "owner")
BITS = 64


@dataclass(frozen=True, eq=False)
class ItemColumns:
    """Shape (n,) where nothing else is said, in the order of the index.

    ids: UTF-8. collection: number among COLLECTIONS. Of NAMED: the plain names there are, "" for not known, and which
    each item has. price, longevity_h: NaN where not known. seasons, moods: bits of the vocabulary's ids, 0 for not
    known. concepts: bits of what the notes name, said: of what any of its words name, shape (n, words). note_names:
    every note once, plain; note_starts, note_items: the items of each, one after the other.
    """

    ids: NDArray[np.bytes_]
    collection: NDArray[np.int8]
    brand_names: NDArray[np.bytes_]
    brand: NDArray[np.int32]
    family_names: NDArray[np.bytes_]
    family: NDArray[np.int32]
    gender_names: NDArray[np.bytes_]
    gender: NDArray[np.int32]
    currency_names: NDArray[np.bytes_]
    currency: NDArray[np.int32]
    owner_names: NDArray[np.bytes_]
    owner: NDArray[np.int32]
    price: NDArray[np.float64]
    longevity_h: NDArray[np.float32]
    seasons: NDArray[np.uint64]
    moods: NDArray[np.uint64]
    concepts: NDArray[np.uint64]
    said: NDArray[np.uint64]
    has_notes: NDArray[np.bool_]
    is_sample: NDArray[np.bool_]
    is_public: NDArray[np.bool_]
    note_names: NDArray[np.bytes_]
    note_starts: NDArray[np.int64]
    note_items: NDArray[np.int32]

    @property
    def size(self) -> int:
        return len(self.ids)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What a snapshot keeps; `ItemColumns(**arrays)` takes it back."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    def having(self, name: str, wanted: Iterable[str]) -> NDArray[np.bool_]:
        """Those that have one of the wanted names in a column of NAMED."""
        names: NDArray[np.bytes_] = getattr(self, f"{name}_names")
        asked = {one.encode() for one in wanted}
        is_wanted = np.fromiter((one in asked for one in names.tolist()), dtype=np.bool_, count=len(names))
        found: NDArray[np.bool_] = is_wanted[getattr(self, name)]
        return found

    def naming(self, concept: int) -> NDArray[np.bool_]:
        """Those whose notes name this concept."""
        found: NDArray[np.bool_] = (self.concepts[:, concept // BITS] & np.uint64(1 << concept % BITS)) != 0
        return found

    def saying(self, concept: int) -> NDArray[np.bool_]:
        """Those of which notes, name or description name this concept."""
        found: NDArray[np.bool_] = (self.said[:, concept // BITS] & np.uint64(1 << concept % BITS)) != 0
        return found

    def with_note(self, phrase: str) -> NDArray[np.bool_]:
        """Those of whose notes one has these words one after the other, as whole words."""
        asked = words_in(phrase)
        found = np.zeros(self.size, dtype=np.bool_)
        if not asked:
            return found
        for number in self._notes_by_word.get(asked[0], ()):
            words = self._note_words[number]
            if any(words[at : at + len(asked)] == asked for at in range(len(words))):
                found[self.note_items[self.note_starts[number] : self.note_starts[number + 1]]] = True
        return found

    def number_of(self, item_id: str) -> int | None:
        return self._numbers.get(item_id.encode())

    @cached_property
    def _numbers(self) -> dict[bytes, int]:
        return {one: number for number, one in enumerate(self.ids.tolist())}

    @cached_property
    def _note_words(self) -> list[tuple[str, ...]]:
        return [words_in(name.decode()) for name in self.note_names.tolist()]

    @cached_property
    def _notes_by_word(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for number, words in enumerate(self._note_words):
            for word in dict.fromkeys(words):
                found.setdefault(word, []).append(number)
        return found


class GatheredItems:
    """Takes items one by one and makes the columns of them."""

    def __init__(self) -> None:
        self._ids: list[str] = []
        self._codes: dict[str, list[int]] = {name: [] for name in NAMED}
        self._numbers: dict[str, dict[str, int]] = {name: {} for name in NAMED}
        self._plain: dict[str, list[Any]] = {
            name: [] for name in ("collection", "price", "longevity_h", "seasons", "moods", "is_sample", "is_public")
        }
        self._concepts: list[list[int]] = []
        self._said: list[list[int]] = []
        self._notes: dict[str, list[int]] = {}
        self._has_notes: list[bool] = []

    def add(self, item: Item) -> None:
        number = len(self._ids)
        self._ids.append(item.id)
        for name in NAMED:
            numbers = self._numbers[name]
            value = getattr(item, name) or ""
            self._codes[name].append(numbers.setdefault(value if name == "owner" else plain(value), len(numbers)))
        values = {
            "collection": COLLECTIONS.index(item.collection),
            "price": np.nan if item.price is None else item.price,
            "longevity_h": np.nan if item.longevity_h is None else item.longevity_h,
            "seasons": bits(vocabulary.ids("season"), item.seasons),
            "moods": bits(vocabulary.ids("mood"), item.moods),
            "is_sample": item.is_sample,
            "is_public": item.is_public,
        }
        for name, value in values.items():
            self._plain[name].append(value)
        self._concepts.append([one.number for one in concepts_in(item.notes)])
        self._said.append([one.number for one in concepts_said(item.words)])
        self._has_notes.append(bool(item.notes))
        for note in dict.fromkeys(plain(one) for one in item.notes):
            self._notes.setdefault(note, []).append(number)

    def columns(self) -> ItemColumns:
        made: dict[str, NDArray[Any]] = {"ids": _as_bytes(self._ids)}
        for name in NAMED:
            made[f"{name}_names"] = _as_bytes(self._numbers[name])
            made[name] = np.array(self._codes[name], dtype=np.int32)
        types = {"collection": np.int8, "price": np.float64, "longevity_h": np.float32, "seasons": np.uint64,
                 "moods": np.uint64, "is_sample": np.bool_, "is_public": np.bool_}  # fmt: skip
        made |= {name: np.array(values, dtype=types[name]) for name, values in self._plain.items()}
        made |= {"concepts": _rows_of_bits(self._concepts), "said": _rows_of_bits(self._said)}
        made["has_notes"] = np.array(self._has_notes, dtype=np.bool_)
        sizes = [len(items) for items in self._notes.values()]
        made["note_names"] = _as_bytes(self._notes)
        made["note_starts"] = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        made["note_items"] = np.array([one for items in self._notes.values() for one in items], dtype=np.int32)
        return ItemColumns(**made)


def bits(known: tuple[str, ...], values: Iterable[str]) -> int:
    """One bit for each value that is known, by its place."""
    return sum(1 << known.index(one) for one in dict.fromkeys(values) if one in known)


def _rows_of_bits(held: list[list[int]]) -> NDArray[np.uint64]:
    """Shape (n, words), one bit for each concept; column by column in memory, as they are asked for."""
    found = np.zeros((-(-len(concepts()) // BITS), len(held)), dtype=np.uint64)
    for number, of in enumerate(held):
        for one in of:
            found[one // BITS, number] |= np.uint64(1 << one % BITS)
    return found.T


def _as_bytes(names: Iterable[str]) -> NDArray[np.bytes_]:
    encoded = [one.encode() for one in names]
    return np.array(encoded, dtype=f"S{max(map(len, encoded), default=1) or 1}")
