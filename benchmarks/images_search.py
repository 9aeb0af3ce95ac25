"""Nearest prototypes: the exact product up to its stated size, and the graph beyond, against the bare product.

Medians of single queries in one run; recall at 5 is against the exact answer on queries that built nothing.
`python -m benchmarks.images_search 1000000` measures the size of the goal (about ten minutes, 6 GB).
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

import numpy as np

from benchmarks.report import write_section
from core.images.search import EXACT_VALUES, ExactIndex, make_index, recall_at

DIM, CLASSES, QUERIES = 512, 2000, 200
SMALL = (150, EXACT_VALUES // DIM)
LARGE = 100_000


def draw(random: np.random.Generator, centres: np.ndarray, rows: int) -> np.ndarray:
    """Unit vectors in clusters, with a spectrum that falls as that of learnt features does."""
    scale = np.arange(1, DIM + 1, dtype=np.float32) ** -0.5
    drawn = np.empty((rows, DIM), dtype=np.float32)
    for start in range(0, rows, 50_000):
        part = drawn[start : start + 50_000]
        part[:] = centres[random.integers(0, CLASSES, len(part))]
        part += 0.7 * random.standard_normal(part.shape, dtype=np.float32) * scale
        part /= np.linalg.norm(part, axis=1, keepdims=True)
    return drawn


def median_ms(call: Callable[[np.ndarray], object], queries: np.ndarray) -> float:
    times = []
    for query in queries:
        start = time.perf_counter()
        call(query)
        times.append(time.perf_counter() - start)
    return 1000 * statistics.median(times)


def main(large: int = LARGE) -> None:
    random = np.random.default_rng(0)
    scale = np.arange(1, DIM + 1, dtype=np.float32) ** -0.5
    centres = random.standard_normal((CLASSES, DIM), dtype=np.float32) * scale
    queries = draw(random, centres, QUERIES)
    lines = [
        "| prototypes | kind | ours, best 5 | bare product | ratio | recall at 5 | build |",
        "|---|---|---|---|---|---|---|",
    ]
    for rows in (*SMALL, large):
        vectors = draw(random, centres, rows)
        start = time.perf_counter()
        index = make_index(vectors)
        build_s = time.perf_counter() - start
        asked = queries if index.is_exact else queries[:50]
        # Bound now: the loop goes on to other vectors.
        bare = median_ms(lambda query, rows=vectors: rows @ query, asked)
        ours = median_ms(lambda query, one=index: one.search(query, 5), queries)
        recall = recall_at(index, ExactIndex(vectors), queries)
        kind = "exact" if index.is_exact else "graph"
        cells = (f"{rows:,}", kind, f"{ours:.3f} ms", f"{bare:.3f} ms", f"{ours / bare:.3g}", f"{recall:.3f}")
        lines.append(f"| {' | '.join(cells)} | {build_s:.0f} s |")
    body = f"{DIM} numbers per vector, one query at a time. The goal is at most 2 ms at recall 0.95.\n\n"
    write_section("images-search", "Nearest prototypes", body + "\n".join(lines))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else LARGE)
