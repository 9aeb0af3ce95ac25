"""Time of a query over many passages: both legs and their fusion, against rank_bm25 with a dense scan.

Half of the made-up words are Korean; every passage has 80 of them and four windows. Medians of single queries whose
ways take turns. `python -m benchmarks.knowledge_search 100000` measures the size of the goal (minutes, 4 GB).
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np

from benchmarks.report import write_section
from core.knowledge.retrieval.dense import build_dense
from core.knowledge.retrieval.fusion import POOL, search
from core.knowledge.retrieval.kernels import best_of
from core.knowledge.retrieval.lexical import LexicalIndex, build_lexical
from core.knowledge.retrieval.snapshots import Snapshots, write_snapshot

SMALL, WORDS, WINDOWS, DIM, QUERIES, RIVAL_QUERIES = 20_000, 80, 4, 384, 100, 5
VOCABULARY, SYLLABLES = 50_000, 1200


def vocabulary(random: np.random.Generator) -> list[str]:
    """Half Korean words of two to four frequent syllables, half others of three to nine letters."""
    rank = np.arange(1, SYLLABLES + 1) ** -1.0
    syllables = random.choice(np.arange(0xAC00, 0xD7A4), SYLLABLES, replace=False)
    drawn = []
    for number in range(VOCABULARY):
        if number % 2:
            letters = random.choice(syllables, random.integers(2, 5), p=rank / rank.sum())
        else:
            letters = random.integers(97, 123, random.integers(3, 10))
        drawn.append("".join(map(chr, letters)))
    return drawn


def passages(random: np.random.Generator, count: int) -> list[str]:
    words = np.array(vocabulary(random))
    rank = np.arange(1, VOCABULARY + 1) ** -1.0
    drawn = random.choice(VOCABULARY, (count, WORDS), p=rank / rank.sum())
    return [" ".join(row) for row in words[drawn]]


def vectors(random: np.random.Generator, rows: int) -> np.ndarray:
    """Unit rows that bunch up round a few hundred centres, as those of E5 do."""
    centres = random.standard_normal((300, DIM), dtype=np.float32) + 1.2
    drawn = np.empty((rows, DIM), dtype=np.float32)
    for start in range(0, rows, 20_000):
        part = drawn[start : start + 20_000]
        part[:] = centres[random.integers(0, 300, len(part))]
        part += 0.7 * random.standard_normal(part.shape, dtype=np.float32)
        part /= np.linalg.norm(part, axis=1, keepdims=True)
    return drawn


def best_by_rank(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Rank fusion over all passages, as one would write it in a few lines."""
    fused = np.zeros(len(first))
    for scores in (first, second):
        order = np.argpartition(-scores, 100)[:100]
        fused[order[np.argsort(-scores[order])]] += 1 / (60 + np.arange(100))
    return np.argsort(-fused)[:10]


def medians(ways: dict[str, Callable[[int], object]], counts: dict[str, int]) -> dict[str, float]:
    """Milliseconds of each way; counts: queries of those that take long."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(-2, QUERIES):  # two to warm up
        for name, way in ways.items():
            if number < counts.get(name, QUERIES):
                start = time.perf_counter()
                way(number)
                if number >= 0:
                    times[name].append(1e3 * (time.perf_counter() - start))
    return {name: statistics.median(taken) for name, taken in times.items()}


def fast_bm25(texts: list[str], asked: list[str]) -> Callable[[int], object] | None:
    """The kept library bm25s over the same terms; None where it is not installed."""
    try:
        import bm25s
    except ImportError:
        return None
    from core.knowledge.retrieval.terms import terms

    numbers: dict[str, int] = {}
    rows = [[numbers.setdefault(term, len(numbers)) for term in terms(text)] for text in texts]
    library = bm25s.BM25(k1=0.9, b=0.4)
    library.index((rows, numbers), show_progress=False)
    return lambda number: library.retrieve(
        [[numbers[term] for term in terms(asked[number]) if term in numbers]], k=10, show_progress=False
    )


def main(count: int = SMALL) -> None:
    from rank_bm25 import BM25Okapi

    random = np.random.default_rng(0)
    texts, rows = passages(random, count), vectors(random, count * WINDOWS)
    chosen = random.integers(0, count, QUERIES)
    asked = [" ".join(random.choice(texts[number].split(), 6)) for number in chosen]
    near = rows[chosen * WINDOWS] + 0.02 * random.standard_normal((QUERIES, DIM), dtype=np.float32)
    near /= np.linalg.norm(near, axis=1, keepdims=True)
    whole = rows[::WINDOWS].copy()
    allowed = np.arange(count) * 10 // count % 2 == 0  # every other of ten collections

    start = time.perf_counter()
    lexical = build_lexical(texts)
    built = time.perf_counter() - start
    dense = build_dense(rows, np.full(count, WINDOWS))
    rival = BM25Okapi([text.split() for text in texts])
    with tempfile.TemporaryDirectory() as folder:
        write_snapshot(Path(folder), 1, {"lexical": lexical.arrays(), "dense": dense.arrays()}, {})
        opened = Snapshots(Path(folder)).newest()
        assert opened is not None
        lexical, dense = LexicalIndex(**opened.part("lexical")), type(dense)(**opened.part("dense"))
        everything = np.empty(0, dtype=np.bool_)

        def by_vector(number: int) -> object:
            numbers = best_of(dense.scores(near[number]), everything, -np.inf, POOL)
            return dense.nearest_windows(near[number], numbers)

        ways: dict[str, Callable[[int], object]] = {
            "rank_bm25 over words": lambda number: rival.get_scores(asked[number].split()),
            "dense scan in fp32 (NumPy)": lambda number: whole @ near[number],
            "both of these, rank fusion": lambda number: best_by_rank(
                rival.get_scores(asked[number].split()), whole @ near[number]
            ),
            "lexical": lambda number: best_of(lexical.scores(asked[number]), everything, 0.0, 10),
            "dense": by_vector,
            "hybrid": lambda number: search(asked[number], near[number], lexical=lexical, dense=dense),
            "hybrid, five of ten collections": lambda number: search(
                asked[number], near[number], lexical=lexical, dense=dense, allowed=allowed
            ),
        }
        library = fast_bm25(texts, asked)
        if library is not None:
            ways["bm25s over our terms"] = library
        rivals = dict.fromkeys(("rank_bm25 over words", "both of these, rank fusion"), RIVAL_QUERIES)
        times = medians(ways, rivals)
    slow = times["both of these, rank fusion"]
    lines = [
        f"| over {count:,} passages | a query | of the rival's time |",
        "| --- | --- | --- |",
        *(f"| {name} | {taken:.2f} ms | 1/{slow / taken:.0f} |" for name, taken in times.items()),
        "",
        f"Hybrid takes {times['hybrid'] / max(times['lexical'], times['dense']):.2f} times as long as its slower leg. "
        f"The lexical index was built in {built:.1f} s. Without the vector of the query, which the encoder makes.",
    ]
    write_section("knowledge_search", "Retrieval time", "\n".join(lines))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
