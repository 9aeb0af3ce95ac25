"""Time of the product's `find`, by part, over many passages in a database: rights, both legs, rows of 50 passages.

Against the search of the mapped indexes alone, in the same run. The query's vector is given: what the encoder takes is
told beside it. `python -m benchmarks.knowledge_find 100000` measures the size of the goal (minutes, 3 GB).
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from dataclasses import dataclass

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np

from benchmarks.knowledge_filled import ENCODER, fill
from benchmarks.knowledge_home import READER, own_home
from benchmarks.knowledge_search import DIM, QUERIES, SMALL, WINDOWS, passages, vectors
from benchmarks.report import write_section

PARTS = {"rights": "rights and filters", "search": "both legs and their fusion", "rows": "rows of 50 passages",
         "index": "looking whether the index is current"}  # fmt: skip
K = 50


@dataclass
class Given:
    """Stands where the encoder does and answers at once."""

    vector: np.ndarray
    id: str = ENCODER
    dim: int = DIM

    def embed_query(self, text: str, /) -> np.ndarray:
        return self.vector

    def embed_passages(self, texts: object, /) -> np.ndarray:
        raise NotImplementedError


def encoding_ms(asked: list[str]) -> float:
    """Median time of one question in the text model of the settings."""
    from core.embeddings.text_models import text_model

    model, taken = text_model(), []
    for question in asked[:30]:
        start = time.perf_counter()
        model.embed_query(question)
        taken.append(1e3 * (time.perf_counter() - start))
    return statistics.median(taken)


def main(count: int = SMALL) -> None:
    random = np.random.default_rng(0)
    texts, rows = passages(random, count), vectors(random, count * WINDOWS)
    chosen = random.integers(0, count, QUERIES)
    asked = [" ".join(random.choice(texts[number].split(), 6)) for number in chosen]
    near = rows[chosen * WINDOWS].copy()
    with own_home():
        encoding = encoding_ms(asked)
        from core.knowledge.retrieval import find
        from core.knowledge.retrieval.fusion import search
        from core.knowledge.retrieval.index import bring_up_to_date

        fill(texts, rows, WINDOWS)
        del texts, rows
        start = time.perf_counter()
        index = bring_up_to_date(encoder_id=ENCODER)
        built = time.perf_counter() - start
        assert index is not None and index.size == count
        allowed = index.columns.allowed([f"collection-{number}" for number in range(0, 10, 2)])
        given = Given(near[0])
        find.text_model = lambda: given  # type: ignore[assignment]
        alone, whole, by_part = [], [], []
        for number in range(-3, QUERIES):  # three to warm up
            given.vector = near[number]
            start = time.perf_counter()
            search(asked[number], near[number], lexical=index.lexical, dense=index.dense, k=K, allowed=allowed)
            middle = time.perf_counter()
            found = find.find(asked[number], k=K, principal=READER)
            end = time.perf_counter()
            assert len(found.passages) == K and not found.warnings and found.searched == int(allowed.sum())
            if number >= 0:
                alone.append(1e3 * (middle - start))
                whole.append(1e3 * (end - middle))
                by_part.append(found.seconds)
    search_ms, find_ms = statistics.median(alone), statistics.median(whole)
    lines = [
        f"| `find` of {K} passages among {count:,}, half of which may be read | a query |",
        "| --- | --- |",
        f"| search of the mapped indexes alone | {search_ms:.2f} ms |",
        f"| `find`, without the encoder | {find_ms:.2f} ms |",
        *(
            f"| ... {said} | {1e3 * statistics.median(one[part] for one in by_part):.2f} ms |"
            for part, said in PARTS.items()
        ),
        f"| the question's vector, by the encoder | {encoding:.1f} ms |",
        "",
        f"`find` takes {find_ms / search_ms:.2f} times as long as the search alone; 95 of 100 queries take under "
        f"{np.quantile(whole, 0.95):.1f} ms. The index was built from the database in {built:.1f} s. Medians of "
        f"{QUERIES} queries.",
    ]
    write_section("knowledge_find", "Retrieval with rights and rows", "\n".join(lines))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
