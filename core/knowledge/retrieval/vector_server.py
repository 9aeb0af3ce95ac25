"""The leg of vectors on a server, where the settings name one: for more passages than one process should map.

That is Chroma, or PostgreSQL with pgvector (`pgvector_index`). The database stays the only home of vectors; the server
is filled from it and may be emptied. It proposes passages, and their windows are compared here, exactly.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any, TypeVar
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from core.errors import Unavailable
from core.knowledge.index_generations import index_generation
from core.knowledge.passages.stored import IndexedPassage, passages_to_index
from core.knowledge.passages.vectors import unpacked
from core.knowledge.retrieval import pgvector_index
from core.knowledge.retrieval.served_vectors import CANDIDATES, ServedVectors, batches, mean_of
from core.resilience.guarded_call import guarded_call
from core.settings.current import get_settings

NAME = "chroma"  # of the dependency, in breakers and health
AT_ONCE = 500
GENERATION = "generation"
Result = TypeVar("Result")


def propose(
    query: NDArray[np.float32], *, encoder_id: str, ids: NDArray[np.int64], **filters: Sequence[str]
) -> ServedVectors:
    """The passages that the server finds nearest, of those that the filters name. Raises Unavailable.

    filters: values of `collection`, `document`, `doc_type` and `language`; empty ones do not narrow.
    """
    if get_settings().pgvector:
        return pgvector_index.propose(query, encoder_id=encoder_id, ids=ids, **filters)
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
    """Whether the settings name a server. pgvector goes before Chroma where they name both."""
    return get_settings().pgvector or bool(get_settings().chroma_url)


def fill(encoder_id: str) -> int:
    """Give the server every passage it lacks and take away what answers no more; how many were given.

    Can be stopped at any time and begun again. Raises Unavailable, after which the server may lack some: `is_behind`.
    """
    if get_settings().pgvector:
        return pgvector_index.fill(encoder_id)
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
    for some in batches(lacking(), AT_ONCE):
        rows = [mean_of(unpacked(one.vectors or b"", one.dim or 1)).tolist() for one in some]
        told = [
            {"collection": one.collection_id, "document": one.document_id, "doc_type": one.doc_type or "",
             "language": one.language or ""}
            for one in some
        ]  # fmt: skip
        _give(collection, [str(one.id) for one in some], rows, told)
        given += len(some)
    for gone in batches(sorted(there - wanted), AT_ONCE):
        _take(collection, [str(one) for one in gone])
    _asked(lambda: collection.modify(metadata={GENERATION: generation}))
    return given


def heartbeat() -> None:
    """Raises Unavailable where the server does not answer."""
    if get_settings().pgvector:
        pgvector_index.heartbeat()
    else:
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
