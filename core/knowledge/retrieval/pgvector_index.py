"""The leg of vectors in PostgreSQL itself, by the extension pgvector: one table of each encoder, searched by HNSW.

The tables lie in a schema of their own and can be dropped: `fill` makes them again from the vectors that are stored.
No migration knows of them, as the extension is not on every server.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray
from packaging.version import Version
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from core.errors import Unavailable
from core.knowledge.index_generations import index_generation
from core.knowledge.passages.stored import IndexedPassage, passages_to_index
from core.knowledge.passages.vectors import unpacked
from core.knowledge.retrieval.served_vectors import CANDIDATES, ServedVectors, batches, mean_of
from core.settings.current import get_settings
from core.storage.database import reading, writing

SCHEMA = "workbench_vectors"
AT_ONCE = 500
SEARCHED = 200  # neighbours that a walk through the graph keeps in view
MOST_INDEXED = 2000  # numbers of a vector that the index takes; of longer ones each is compared
FILTERS = ("collection", "document", "doc_type", "language")
_PREPARE = f"""
CREATE TABLE IF NOT EXISTS {SCHEMA}.filled (encoder text PRIMARY KEY, generation bigint NOT NULL)
"""


def propose(
    query: NDArray[np.float32], *, encoder_id: str, ids: NDArray[np.int64], **filters: Sequence[str]
) -> ServedVectors:
    """The passages that are nearest, of those that the filters name, filtered where they are found.

    filters: values of FILTERS; empty ones do not narrow. Raises Unavailable.
    """
    given = {name: list(filters[name]) for name in FILTERS if filters.get(name)}
    where = " AND ".join(f"{name} = ANY(:{name})" for name in given) or "true"
    # The order of the index, and beyond its first neighbours where the filter leaves too few of them.
    wanted = text(
        f"SELECT id, 1 - (embedding <=> CAST(:query AS vector)) AS cosine FROM {_table(encoder_id)} "  # noqa: S608 - ours
        f"WHERE {where} ORDER BY embedding <=> CAST(:query AS vector) LIMIT {CANDIDATES}"
    )
    _require_server()
    with _told_if_missing(), reading() as connection:
        _prepare_search(connection)
        rows = connection.execute(wanted, {"query": _written(query), **given}).all()
        filled = connection.execute(
            text(f"SELECT generation FROM {SCHEMA}.filled WHERE encoder = :encoder"),  # noqa: S608 - ours
            {"encoder": encoder_id},
        ).scalar()
    return ServedVectors(
        encoder_id, ids, {int(row.id): float(row.cosine) for row in rows}, int(filled or 0) < index_generation()
    )


def fill(encoder_id: str) -> int:
    """Put in every passage that is missing and take out what answers no more; how many were put in.

    Can be stopped at any time and begun again. Raises Unavailable.
    """
    _require_server()
    generation, table = index_generation(), _table(encoder_id)
    _make_schema()
    there = _ids_in(table)
    wanted: set[int] = set()

    def lacking() -> Iterable[IndexedPassage]:
        for one in passages_to_index(encoder_id):
            if one.vectors is not None:
                wanted.add(one.id)
                if there is None or one.id not in there:
                    yield one

    given = 0
    for some in batches(lacking(), AT_ONCE):
        if not given and there is None:
            _make_table(table, some[0].dim or 1)
        with writing(alone=False) as connection:
            connection.execute(
                text(
                    f"INSERT INTO {table} (id, collection, document, doc_type, language, embedding) VALUES "  # noqa: S608 - ours
                    "(:id, :collection, :document, :doc_type, :language, CAST(:embedding AS vector)) "
                    "ON CONFLICT (id) DO NOTHING"
                ),
                [_row(one) for one in some],
            )
        given += len(some)
    for gone in batches(sorted((there or set()) - wanted), AT_ONCE):
        with writing(alone=False) as connection:
            connection.execute(text(f"DELETE FROM {table} WHERE id = ANY(:ids)"), {"ids": list(gone)})  # noqa: S608 - ours
    with writing(alone=False) as connection:
        connection.execute(
            text(
                f"INSERT INTO {SCHEMA}.filled VALUES (:encoder, :generation) "  # noqa: S608 - ours
                "ON CONFLICT (encoder) DO UPDATE SET generation = excluded.generation"
            ),
            {"encoder": encoder_id, "generation": generation},
        )
    return given


def heartbeat() -> None:
    """Raises Unavailable where the database does not answer, or has no pgvector and cannot get it."""
    _require_server()
    with reading() as connection:
        found = "SELECT count(*) FROM pg_available_extensions WHERE name = 'vector'"
        if not connection.execute(text(found)).scalar():
            raise Unavailable("knowledge.pgvector_missing")


def _require_server() -> None:
    if get_settings().resolved_database_url.startswith("sqlite"):
        raise Unavailable("knowledge.pgvector_needs_postgresql")


@contextmanager
def _told_if_missing() -> Iterator[None]:
    """A table that is not there yet, or no more, is an index that holds nothing: not a database without our schema."""
    try:
        yield
    except Unavailable as error:
        if error.key != "storage.not_migrated":
            raise
        raise Unavailable("knowledge.pgvector_not_filled") from error


def _make_schema() -> None:
    try:
        with writing() as connection:
            connection.execute(text("CREATE EXTENSION IF NOT EXISTS vector"))
            connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
            connection.execute(text(_PREPARE))
    except DBAPIError as error:  # not on the server, or only its administrator may add it
        raise Unavailable("knowledge.pgvector_missing") from error


def _make_table(table: str, dim: int) -> None:
    columns = ", ".join(f"{name} text NOT NULL" for name in FILTERS)
    name = table.partition(".")[2]
    statements = [
        f"CREATE TABLE IF NOT EXISTS {table} (id bigint PRIMARY KEY, {columns}, embedding vector({dim}) NOT NULL)",
        f"CREATE INDEX IF NOT EXISTS {name}_collection ON {table} (collection)",
    ]
    if dim <= MOST_INDEXED:
        kind = "hnsw (embedding vector_cosine_ops) WITH (m = 16, ef_construction = 100)"
        statements.append(f"CREATE INDEX IF NOT EXISTS {name}_hnsw ON {table} USING {kind}")
    with writing() as connection:
        for one in statements:
            connection.execute(text(one))


def _ids_in(table: str) -> set[int] | None:
    """Of the passages that it holds; None where it is not there."""
    with reading() as connection:
        if connection.execute(text("SELECT to_regclass(:name)"), {"name": table}).scalar() is None:
            return None
        return set(connection.execute(text(f"SELECT id FROM {table}")).scalars())  # noqa: S608 - ours


def _prepare_search(connection: Connection) -> None:
    """Its time limit, how far it looks, and (from pgvector 0.8 on) that it looks further where a filter leaves few."""
    version = connection.execute(text("SELECT extversion FROM pg_extension WHERE extname = 'vector'")).scalar()
    options = {
        "statement_timeout": str(int(get_settings().outside_timeout_s * 1000)),
        "hnsw.ef_search": str(SEARCHED),
    }
    if Version(str(version or "0")) >= Version("0.8"):
        options["hnsw.iterative_scan"] = "strict_order"
    for name, value in options.items():
        connection.execute(text("SELECT set_config(:name, :value, true)"), {"name": name, "value": value})


def _row(one: IndexedPassage) -> dict[str, Any]:
    return {
        "id": one.id,
        "collection": one.collection_id,
        "document": one.document_id,
        "doc_type": one.doc_type or "",
        "language": one.language or "",
        "embedding": _written(mean_of(unpacked(one.vectors or b"", one.dim or 1))),
    }


def _written(vector: NDArray[np.float32]) -> str:
    return "[" + ",".join(f"{value:.8g}" for value in vector.tolist()) + "]"


def _table(encoder_id: str) -> str:
    """Of one encoder: vectors of two never mix."""
    return f"{SCHEMA}.of_{hashlib.sha256(encoder_id.encode()).hexdigest()[:16]}"
