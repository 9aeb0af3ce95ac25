"""What retrieval tells about whether the documents hold the answer: figures between questions alike, no raw scores.

E5 cosines bunch up and BM25 grows with the question, so every score is measured against others of the same question.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.knowledge.answers.questions import Question, Rarity, Searched, searched, word_weights
from core.knowledge.passages.windows import windows
from core.knowledge.retrieval.find import Found
from core.knowledge.retrieval.lexical import K1
from core.knowledge.retrieval.terms import terms

READ = 5  # of the best passages
LEADERS = 50  # what a score is measured against; ask retrieval for as many
FEW = 20  # passages found; with fewer, heights and leads mean something else and are weighed apart
Legs = Literal["both", "words", "vectors"]
_READING = (
    "terms_in_stretch", "terms_in_passage", "terms_anywhere", "words_missing", "words_lead", "numbers_found",
)  # fmt: skip
_LEXICAL = ("bm25_share", "bm25_lead")
_DENSE = ("fused_height", "fused_lead", "dense_lead", "dense_height")
# The figures that there are, by the legs of retrieval that answered.
NAMES: dict[Legs, tuple[str, ...]] = {
    "both": _READING + _LEXICAL + _DENSE,
    "words": _READING + _LEXICAL,
    "vectors": _READING + _DENSE,
}


@dataclass(frozen=True)
class Scored:
    """A passage that retrieval found. score: of the fusion; lexical: BM25; dense: cosine; None for a dead leg.

    headings: those above it, as they may stand in its text.
    """

    passage_id: int
    text: str
    score: float
    lexical: float | None = None
    dense: float | None = None
    headings: tuple[str, ...] = ()


def scored(found: Found) -> tuple[Scored, ...]:
    """The passages as answers weigh them, best first."""
    return tuple(
        Scored(one.passage.id, one.passage.text, one.score, one.lexical, one.dense, one.passage.heading_path)
        for one in found.passages
    )


def evidence(question: Question, found: Sequence[Scored], rarity: Rarity) -> dict[str, float]:
    """The figures of NAMES by name, for the legs that answered.

    found: best first, not empty, up to LEADERS of them; only the text of the first READ is looked at.
    Raises ValueError for an empty `found`.
    """
    if not found:
        raise ValueError("nothing was found; there is nothing to weigh")
    texts = [searched(one.text) for one in found[:READ]]
    counted = Counter(terms(question.text))
    weights = {term: rarity(term) * count for term, count in counted.items()}
    total = sum(weights.values()) or 1.0
    shares = {term: weight / total for term, weight in weights.items()}
    told = np.array(word_weights(question.words, rarity)) if question.words else np.ones(1)
    held = np.array([[one.holds(word) for word in question.words] or [0.0] for one in texts])
    by_words = held @ told
    best = int(by_words[:3].argmax())
    numbers = [at for at, word in enumerate(question.words) if word[0].isdigit()]
    result = {
        "terms_in_stretch": max(_share(shares, stretch) for stretch in _stretches(found[0].text)),
        "terms_in_passage": max(_share(shares, one) for one in texts[:3]),
        "terms_anywhere": sum(share for term, share in shares.items() if any(term in one.terms for one in texts[:3])),
        "words_missing": float((held[best] == 0).mean()),
        "words_lead": float(by_words[0] - np.sort(by_words)[-3:][0]) if len(by_words) > 1 else 0.0,
        "numbers_found": float(held[best][numbers].mean()) if numbers else 1.0,
    }
    lexical = [one.lexical for one in found if one.lexical is not None]
    if lexical:
        result |= _of_bm25(np.array(lexical), total)
    dense = [one.dense for one in found if one.dense is not None]
    if dense:
        result |= _of_dense(np.array([one.score for one in found]), np.array(dense))
    return result


def legs_of(found: Sequence[Scored]) -> Legs:
    """Which legs of retrieval gave these scores."""
    if all(one.dense is None for one in found):
        return "words"
    return "vectors" if all(one.lexical is None for one in found) else "both"


def _of_bm25(scores: NDArray[np.float64], total: float) -> dict[str, float]:
    """Against what a passage would get that has every term many times over, and against the next nine."""
    ranked = np.sort(scores)[::-1]
    top = float(ranked[0])
    rest = float(ranked[1:10].mean()) if len(ranked) > 1 else 0.0
    return {"bm25_share": top / (total * (K1 + 1)), "bm25_lead": (top - rest) / top if top > 0 else 0.0}


def _of_dense(fused: NDArray[np.float64], dense: NDArray[np.float64]) -> dict[str, float]:
    ranked = np.sort(dense[:LEADERS])[::-1]
    second = float(ranked[1]) if len(ranked) > 1 else float(ranked[0])
    deviation = float(ranked[1:].std()) if len(ranked) > 2 else 0.0
    return {
        "fused_height": float(fused[0]),
        "fused_lead": float(fused[0] - fused[1]) if len(fused) > 1 else 0.0,
        "dense_lead": float(ranked[0]) - second,
        "dense_height": (float(dense[0]) - float(ranked.mean())) / deviation if deviation > 1e-9 else 0.0,
    }


def _stretches(text: str) -> list[Searched]:
    return [searched(text[one.start : one.end]) for one in windows(text)]


def _share(shares: Mapping[str, float], text: Searched) -> float:
    return sum(share for term, share in shares.items() if term in text.terms)
