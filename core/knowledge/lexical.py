"""BM25 over terms that suit Korean and English, in flat arrays that several processes map into memory."""

from __future__ import annotations

import hashlib
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.knowledge.terms import terms

K1, B = 0.9, 0.4  # saturation of repeated terms, and how much long passages are held back
COMMON = 0.5  # a term that more of the passages have says nothing, and has most of the postings
MOST_COUNTED = 255  # repetitions of a term in one passage; with K1 the hundredth adds nothing


@dataclass(frozen=True, eq=False)
class LexicalIndex:
    """Postings by term; passages are rows, numbered from 0 in the order they were given.

    codes: 64-bit hash of each term, sorted. starts: shape (terms + 1,), where each term's postings begin.
    passages, counts: a passage and how often it has the term. lengths: terms of each passage.
    """

    codes: NDArray[np.uint64]
    starts: NDArray[np.int64]
    passages: NDArray[np.int32]
    counts: NDArray[np.uint8]
    lengths: NDArray[np.int32]
    damping: NDArray[np.float32]

    @property
    def size(self) -> int:
        return len(self.lengths)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What a snapshot keeps; `LexicalIndex(**arrays)` takes it back."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    def scores(self, query: str, allowed: NDArray[np.bool_] | None = None) -> NDArray[np.float32]:
        """BM25 of every passage, shape (n,); 0 where no term is shared.

        allowed: the passages that may be seen; how rare a term is, is counted among them, so that nobody can tell
        from a score what the others hold.
        """
        from core.knowledge.search_kernels import add_impacts, visible_counts

        found = np.zeros(self.size, dtype=np.float32)
        asked = Counter(terms(query))
        codes = np.array([_code(term) for term in asked], dtype=np.uint64)
        places = np.searchsorted(self.codes, codes)
        is_known = places < len(self.codes)
        is_known[is_known] = self.codes[places[is_known]] == codes[is_known]
        first, last = self.starts[places[is_known]], self.starts[places[is_known] + 1]
        times = np.array(list(asked.values()), dtype=np.int64)[is_known]
        count, having = self.size, last - first
        if allowed is not None:
            count, having = int(allowed.sum()), np.zeros(len(first), dtype=np.int64)
            visible_counts(first, last, self.passages, allowed, having)
        is_telling = having <= COMMON * count
        if is_telling.any():
            first, last, having = first[is_telling], last[is_telling], having[is_telling]
            times = times[is_telling]
        rarity = np.log1p((count - having + 0.5) / (having + 0.5))
        weights = (rarity * times * (K1 + 1)).astype(np.float32)
        add_impacts(first, last, weights, self.passages, self.counts, self.damping, found)
        return found


def build_lexical(texts: Iterable[str]) -> LexicalIndex:
    """The index over passages (`Passage.words`: headings and names of columns count as much as the text)."""
    numbers: defaultdict[str, int] = defaultdict()
    numbers.default_factory = numbers.__len__  # a new term gets the next number
    found, lengths = array("i"), array("i")
    for text in texts:
        of_text = terms(text)
        lengths.append(len(of_text))
        found.extend(map(numbers.__getitem__, of_text))
    codes = np.array([_code(term) for term in numbers], dtype=np.uint64)
    order = np.argsort(codes)
    rank = np.empty(len(order), dtype=np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    sizes = np.array(lengths, dtype=np.int32)
    passage_of = np.repeat(np.arange(len(sizes)), sizes)
    postings, counts = np.unique(rank[np.array(found, dtype=np.int32)] * np.int64(len(sizes)) + passage_of,
                                 return_counts=True)  # fmt: skip
    by_term, passages = np.divmod(postings, max(len(sizes), 1))
    mean = float(sizes.mean()) if len(sizes) and sizes.any() else 1.0
    return LexicalIndex(
        codes=codes[order],
        starts=np.concatenate([[0], np.cumsum(np.bincount(by_term, minlength=len(codes)))]).astype(np.int64),
        passages=passages.astype(np.int32),
        counts=np.minimum(counts, MOST_COUNTED).astype(np.uint8),
        lengths=sizes,
        damping=(K1 * (1 - B + B * sizes / mean)).astype(np.float32),
    )


def _code(term: str) -> int:
    """The same in every process and version, unlike `hash`."""
    return int.from_bytes(hashlib.blake2b(term.encode("utf-8", "replace"), digest_size=8).digest(), "little")
