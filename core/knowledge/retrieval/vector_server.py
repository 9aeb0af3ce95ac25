"""The leg of vectors on a Chroma server, where the settings name one: for more passages than one process should map.

The database stays the only home of vectors; the server is filled from it and may be emptied. It proposes passages, and
their windows are compared here, exactly.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import islice
from typing import Any, TypeVar
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from core.errors import Unavailable
from core.knowledge.index_generations import index_generation
from core.knowledge.passages.stored import IndexedPassage, passages_to_index, vectors_of
from core.knowledge.passages.vectors import unpacked
from core.resilience.guarded_call import guarded_call
from core.settings.current import get_settings

NAME = "chroma"  # of the dependency, in breakers and health
CANDIDATES = 100
AT_ONCE = 500
GENERATION = "generation"
Result = TypeVar("Result")
Row = TypeVar("Row")


@dataclass(frozen=True, eq=False)
class ServedVectors:
    """What `retrieval.dense.DenseIndex` does, for one question. ids: of all passages of the index, ascending.

    proposed: passage to cosine of its mean vector. is_behind: the database has changed since the server was filled.
    """

    encoder_id: str
    ids: NDArray[np.int64]
    proposed: Mapping[int, float]
    is_behind: bool = False

    @property
    def size(self) -> int:
        return len(self.ids)

    @cached_property
    def has_vectors(self) -> NDArray[np.bool_]:
        """Shape (n,): the server is taken to hold every passage; `is_behind` says where it may not."""
        return np.ones(self.size, dtype=np.bool_)

    def scores(self, query: NDArray[np.float32], allowed: NDArray[np.bool_] | None = None) -> NDArray[np.float32]:
        """How near the proposed passages are, for order alone, shape (n,); -1 for all others.

        allowed: what the server proposes beside these is left out, whatever it was asked for.
        """
        scores = np.full(self.size, -1.0, dtype=np.float32)
        for passage, cosine in self.proposed.items():
            place = int(np.searchsorted(self.ids, passage))
            is_known = place < self.size and self.ids[place] == passage
            if is_known and (allowed is None or allowed[place]):
                scores[place] = cosine
        return scores

    def nearest_windows(
        self, query: NDArray[np.float32], numbers: NDArray[np.int64]
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Of the numbered passages: cosine similarity of the nearest window, and which it is; NaN and -1 for none."""
        cosines, places = np.full(len(numbers), np.nan, dtype=np.float32), np.full(len(numbers), -1, dtype=np.int64)
        stored = vectors_of([int(self.ids[number]) for number in numbers], self.encoder_id)
        for row, number in enumerate(numbers):
            windows = stored.get(int(self.ids[number]))
            if windows is not None:
                near = windows @ query
                places[row] = int(near.argmax())
                cosines[row] = near[places[row]]
        return cosines, places


def propose(
    query: NDArray[np.float32], *, encoder_id: str, ids: NDArray[np.int64], **filters: Sequence[str]
) -> ServedVectors:
    """The passages that the server finds nearest, of those that the filters name. Raises Unavailable.

    filters: values of `collection`, `document`, `doc_type` and `language`; empty ones do not narrow.
    """
    named: list[dict[str, Any]] = [{name: {"$in": list(values)}} for name, values in filters.items() if values]
    where = {"$and": named} if len(named) > 1 else named[0] if named else None

    def ask() -> tuple[dict[str, Any], int]:
        collection = _stored(encoder_id)
        found = collection.query(
            query_embeddings=[query.tolist()], n_results=CANDIDATES, where=where, include=["distances"]
        )
        return found, _filled_at(collection)

    found, generation = _asked(ask)
    near = {int(one): 1.0 - far for one, far in zip(found["ids"][0], found["distances"][0], strict=True)}
    return ServedVectors(encoder_id, ids, near, generation < index_generation())


def is_used() -> bool:
    """Whether the settings name a server."""
    return bool(get_settings().chroma_url)


def fill(encoder_id: str) -> int:
    """Give the server every passage it lacks and take away what answers no more; how many were given.

    Can be stopped at any time and begun again. Raises Unavailable, after which the server may lack some: `is_behind`.
    """
    generation = index_generation()
    collection = _asked(lambda: _stored(encoder_id))
    there = set(_all_ids(collection))
    wanted: set[int] = set()

    def lacking() -> Iterable[IndexedPassage]:
        for one in passages_to_index(encoder_id):
            if one.vectors is not None:
                wanted.add(one.id)
                if one.id not in there:
                    yield one

    given = 0
    for some in _batches(lacking()):
        rows = [_mean(unpacked(one.vectors or b"", one.dim or 1)).tolist() for one in some]
        told = [
            {"collection": one.collection_id, "document": one.document_id, "doc_type": one.doc_type or "",
             "language": one.language or ""}
            for one in some
        ]  # fmt: skip
        _give(collection, [str(one.id) for one in some], rows, told)
        given += len(some)
    for gone in _batches(sorted(there - wanted)):
        _take(collection, [str(one) for one in gone])
    _asked(lambda: collection.modify(metadata={GENERATION: generation}))
    return given


def heartbeat() -> None:
    """Raises Unavailable where the server does not answer."""
    _asked(lambda: _client(get_settings().chroma_url).heartbeat())


def _give(collection: Any, ids: Sequence[str], rows: Sequence[Any], told: Sequence[Any]) -> None:
    _asked(lambda: collection.upsert(ids=list(ids), embeddings=list(rows), metadatas=list(told)))


def _take(collection: Any, ids: Sequence[str]) -> None:
    _asked(lambda: collection.delete(ids=list(ids)))


def _all_ids(collection: Any) -> Iterable[int]:
    offset = 0
    while True:
        start = offset
        found = _asked(lambda: collection.get(limit=AT_ONCE * 10, offset=start, include=[])["ids"])  # noqa: B023
        yield from map(int, found)
        if len(found) < AT_ONCE * 10:
            return
        offset += len(found)


def _batches(rows: Iterable[Row]) -> Iterator[tuple[Row, ...]]:
    left = iter(rows)
    while some := tuple(islice(left, AT_ONCE)):
        yield some


def _mean(windows: NDArray[np.float32]) -> NDArray[np.float32]:
    mean = windows.mean(axis=0)
    unit: NDArray[np.float32] = mean / max(float(np.linalg.norm(mean)), 1e-12)
    return unit


def _filled_at(collection: Any) -> int:
    return int((collection.metadata or {}).get(GENERATION, 0))


def _stored(encoder_id: str) -> Any:
    """The server's collection of one encoder, made where there is none; vectors of two encoders never mix."""
    name = f"workbench-{hashlib.sha256(encoder_id.encode()).hexdigest()[:16]}"
    return _client(get_settings().chroma_url).get_or_create_collection(
        name, embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
    )


def _asked(call: Callable[[], Result]) -> Result:
    import httpx
    from chromadb.errors import ChromaError

    failures = (httpx.HTTPError, ChromaError, ValueError)  # ValueError: Chroma's own for a server that it cannot reach
    return guarded_call(NAME, lambda _: call(), failures=failures, retries=0)


@cache
def _client(url: str) -> Any:
    try:
        import chromadb
    except ImportError as error:
        raise Unavailable("knowledge.chroma_not_installed") from error
    import httpx

    parts = urlsplit(url)
    is_secure = parts.scheme == "https"
    port = parts.port or (443 if is_secure else 8000)
    settings = chromadb.Settings(anonymized_telemetry=False)
    limit_s = get_settings().outside_timeout_s
    # The library waits for ever, from its first greeting on, and has no setting for that.
    httpx.get(f"{url.rstrip('/')}/api/v2/heartbeat", timeout=limit_s).raise_for_status()
    client: Any = chromadb.HttpClient(parts.hostname or "", port, ssl=is_secure, settings=settings)
    client._server._session.timeout = limit_s
    return client
