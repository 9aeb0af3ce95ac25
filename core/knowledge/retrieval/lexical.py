"""BM25 over terms that suit Korean and English, in flat arrays that several processes map into memory."""

from __future__ import annotations

import hashlib
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.knowledge.retrieval.terms import terms

K1, B = 0.9, 0.4  # saturation of repeated terms, and how much long passages are held back
FEW = 20  # among fewer passages a term that half of them have may be what the question is about
COMMON = 0.5  # a term that more of the passages have says nothing, and has most of the postings
MOST_COUNTED = 255  # repetitions of a term in one passage; with K1 the hundredth adds nothing


@dataclass(frozen=True, eq=False)
class LexicalIndex:
    """Postings by term; passages are rows, numbered from 0 in the order they were given.

    codes: 64-bit hash of each term, sorted. starts: shape (terms + 1,), where each term's postings begin.
    passages, counts: a passage and how often it has the term. lengths: terms of each passage.
    Whatever is counted or averaged is so among the passages that may be seen: nobody can tell from a score what the
    others hold.
    """

    codes: NDArray[np.uint64]
    starts: NDArray[np.int64]
    passages: NDArray[np.int32]
    counts: NDArray[np.uint8]
    lengths: NDArray[np.int32]

    @property
    def size(self) -> int:
        return len(self.lengths)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What a snapshot keeps; `LexicalIndex(**arrays)` takes it back."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    def scores(self, query: str, allowed: NDArray[np.bool_] | None = None) -> NDArray[np.float32]:
        """BM25 of every passage, shape (n,); 0 where no term is shared. allowed: the passages that may be seen."""
        from core.knowledge.retrieval.kernels import add_impacts

        found = np.zeros(self.size, dtype=np.float32)
        asked = Counter(terms(query))
        first, last = self._postings(list(asked))
        times = np.array(list(asked.values()), dtype=np.int64)
        having = self._having(first, last, allowed)
        count, mean = self._measures(allowed)
        is_telling = having <= COMMON * count if count >= FEW else having > 0
        if is_telling.any():
            first, last, having, times = first[is_telling], last[is_telling], having[is_telling], times[is_telling]
        weights = (_rarity(having, count) * times * (K1 + 1)).astype(np.float32)
        least, slope = np.float32(K1 * (1 - B)), np.float32(K1 * B / mean)
        add_impacts(first, last, weights, self.passages, self.counts, self.lengths, least, slope, found)
        return found

    def passages_with(self, asked: Sequence[str], allowed: NDArray[np.bool_] | None = None) -> NDArray[np.int64]:
        """How many of the allowed passages have each of the terms."""
        return self._having(*self._postings(asked), allowed)

    def rarity(self, term: str, allowed: NDArray[np.bool_] | None = None) -> float:
        """How much BM25 weighs a term among the allowed passages; one that none of them has is the rarest."""
        count = self.size if allowed is None else int(np.count_nonzero(allowed))
        return float(_rarity(self.passages_with([term], allowed), count)[0])

    def _postings(self, asked: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Where the postings of each term begin and end; an empty stretch for a term that is not known."""
        codes = np.array([_code(term) for term in asked], dtype=np.uint64)
        places = np.searchsorted(self.codes, codes)
        is_known = places < len(self.codes)
        is_known[is_known] = self.codes[places[is_known]] == codes[is_known]
        first, last = np.zeros((2, len(codes)), dtype=np.int64)
        first[is_known], last[is_known] = self.starts[places[is_known]], self.starts[places[is_known] + 1]
        return first, last

    def _having(
        self, first: NDArray[np.int64], last: NDArray[np.int64], allowed: NDArray[np.bool_] | None
    ) -> NDArray[np.int64]:
        from core.knowledge.retrieval.kernels import visible_counts

        if allowed is None:
            return last - first
        having = np.zeros(len(first), dtype=np.int64)
        visible_counts(first, last, self.passages, allowed, having)
        return having

    def _measures(self, allowed: NDArray[np.bool_] | None) -> tuple[int, float]:
        """How many passages may be seen, and their mean length; 1 where they have none."""
        from core.knowledge.retrieval.kernels import visible_length

        count, total = (
            (self.size, int(self.lengths.sum())) if allowed is None else visible_length(self.lengths, allowed)
        )
        return count, total / count if total else 1.0


def _rarity(having: NDArray[np.int64], count: int) -> NDArray[np.float64]:
    return np.log1p((count - having + 0.5) / (having + 0.5))


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
    return LexicalIndex(
        codes=codes[order],
        starts=np.concatenate([[0], np.cumsum(np.bincount(by_term, minlength=len(codes)))]).astype(np.int64),
        passages=passages.astype(np.int32),
        counts=np.minimum(counts, MOST_COUNTED).astype(np.uint8),
        lengths=sizes,
    )


def _code(term: str) -> int:
    """The same in every process and version, unlike `hash`."""
    return int.from_bytes(hashlib.blake2b(term.encode("utf-8", "replace"), digest_size=8).digest(), "little")
