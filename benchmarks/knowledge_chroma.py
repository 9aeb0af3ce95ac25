"""The leg of vectors with a rights filter: a Chroma server over HTTP against a snapshot in this process.

One vector for each passage in ten collections, of which five may be read; the hundred nearest are wanted. Medians of
single queries that take turns. `python -m benchmarks.knowledge_chroma 100000` measures the size of the goal (minutes).
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np

from benchmarks.knowledge_search import DIM, QUERIES, medians, vectors
from benchmarks.report import write_section
from core.knowledge.retrieval.dense import build_dense
from core.knowledge.retrieval.fusion import POOL
from core.knowledge.retrieval.kernels import best_of
from tests.knowledge.chroma_server import running_chroma

SMALL, AT_ONCE, COLLECTIONS = 20_000, 2000, 10
GOAL_MS = 219 / 50  # a fiftieth of rank_bm25 with a dense scan over 100,000 passages, as it was measured first


def main(count: int = SMALL) -> None:
    import chromadb

    random = np.random.default_rng(0)
    rows = vectors(random, count)
    near = rows[random.integers(0, count, QUERIES + 2)] + 0.02 * random.standard_normal((QUERIES + 2, DIM), np.float32)
    near /= np.linalg.norm(near, axis=1, keepdims=True)
    names = np.array([f"collection-{number}" for number in range(COLLECTIONS)])[np.arange(count) % COLLECTIONS]
    readable = [f"collection-{number}" for number in range(0, COLLECTIONS, 2)]
    allowed = np.isin(names, readable)
    dense = build_dense(rows, np.ones(count, dtype=np.int64))
    with tempfile.TemporaryDirectory() as folder, running_chroma(Path(folder)) as server:
        address, port = server.url.removeprefix("http://").split(":")
        client = chromadb.HttpClient(address, int(port), settings=chromadb.Settings(anonymized_telemetry=False))
        stored = client.create_collection("passages", embedding_function=None, metadata={"hnsw:space": "cosine"})
        for start in range(0, count, AT_ONCE):
            part = slice(start, start + AT_ONCE)
            stored.add(
                ids=[str(number) for number in range(start, min(start + AT_ONCE, count))],
                embeddings=rows[part],
                metadatas=[{"collection": str(name)} for name in names[part]],
            )

        def over_http(number: int, where: dict[str, object] | None) -> list[str]:
            found = stored.query(query_embeddings=near[number][None], n_results=POOL, where=where, include=[])
            return found["ids"][0]

        def here(number: int, seen: np.ndarray) -> np.ndarray:
            return best_of(dense.scores(near[number], seen), seen, -np.inf, POOL)

        filtered = {"collection": {"$in": readable}}
        times = medians(
            {
                "snapshot in this process, filtered": lambda number: here(number, allowed),
                "Chroma over HTTP, filtered": lambda number: over_http(number, filtered),
                "Chroma over HTTP, everything": lambda number: over_http(number, None),
            },
            {},
        )
        exact = [np.argsort(-(rows[allowed] @ near[number]))[:10] for number in range(20)]
        places = np.flatnonzero(allowed)
        hits = [set(places[one].tolist()) for one in exact]
        recall = {
            "snapshot": np.mean([len(hits[n] & set(here(n, allowed).tolist())) / 10 for n in range(20)]),
            "Chroma": np.mean([len(hits[n] & set(map(int, over_http(n, filtered)))) / 10 for n in range(20)]),
        }
    own = times["snapshot in this process, filtered"]
    lines = [
        f"| over {count:,} vectors of {DIM} | a query | times the snapshot's |",
        "| --- | --- | --- |",
        *(f"| {name} | {taken:.2f} ms | {taken / own:.1f} |" for name, taken in times.items()),
        "",
        f"Of the ten nearest that may be read, the hundred candidates hold {recall['snapshot']:.1%} (snapshot) and "
        f"{recall['Chroma']:.1%} (Chroma). Whole hybrid retrieval may take {GOAL_MS:.1f} ms over 100,000 passages.",
    ]
    write_section("knowledge_chroma", "Vectors: a Chroma server against a snapshot", "\n".join(lines))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
