"""A database of made-up passages with their vectors, in ten collections of which the reader may read five."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.knowledge_home import READER

COLLECTIONS, PER_DOCUMENT, AT_ONCE = 10, 20, 5000
ENCODER = "made-up"


def fill(texts: Sequence[str], rows: np.ndarray, windows: int) -> None:
    """rows: `windows` unit rows for each text, in order."""
    from sqlalchemy import insert

    from core.knowledge.index_generations import next_generation
    from core.storage import knowledge_tables
    from core.storage.database import utc_now, writing

    now = utc_now()
    per_collection = -(-len(texts) // COLLECTIONS)
    owners = [READER.id if number % 2 == 0 else "somebody" for number in range(COLLECTIONS)]
    with writing() as connection:
        generation = next_generation(connection)
        connection.execute(insert(knowledge_tables.collections), [
            {"id": f"collection-{number}", "owner": owner, "name": str(number), "description": "", "is_open": False,
             "created_at": now, "updated_at": now}
            for number, owner in enumerate(owners)
        ])  # fmt: skip
    for start in range(0, len(texts), AT_ONCE):
        documents: list[dict[str, Any]] = []
        versions: list[dict[str, Any]] = []
        passages: list[dict[str, Any]] = []
        vectors: list[dict[str, Any]] = []
        for number in range(start, min(start + AT_ONCE, len(texts))):
            document, place = divmod(number, PER_DOCUMENT)
            own = {"owner": owners[number // per_collection], "collection_id": f"collection-{number // per_collection}"}
            ids = {**own, "document_id": f"document-{document}"}
            text, key = texts[number], hashlib.sha256(str(number).encode()).hexdigest()
            if place == 0:
                same = {"title": f"Document {document}", "sha256": key, "format": "txt", "language": "ko",
                        "generation": generation, "created_at": now}  # fmt: skip
                documents.append({**own, **same, "id": f"document-{document}", "origin": "files",
                                  "source_key": str(document), "metadata": {}, "version_id": f"version-{document}",
                                  "version": 1, "state": "serving", "updated_at": now})  # fmt: skip
                versions.append({**ids, **same, "id": f"version-{document}", "number": 1, "bytes": 1, "name": "x.txt",
                                 "text": "", "notes": [], "passages": PER_DOCUMENT, "encoder_id": ENCODER})  # fmt: skip
            passages.append({**ids, "version_id": f"version-{document}", "number": place, "text": text, "words": text,
                             "start": 0, "end": len(text), "heading_path": [], "sha256": key, "words_sha256": key,
                             "flags": []})  # fmt: skip
            stored = rows[number * windows : (number + 1) * windows].astype("<f2").tobytes()
            vectors.append({**own, "encoder_id": ENCODER, "words_sha256": key, "windows": windows,
                            "dim": rows.shape[1], "vectors": stored, "created_at": now})  # fmt: skip
        with writing() as connection:
            for table, values in (
                (knowledge_tables.documents, documents), (knowledge_tables.document_versions, versions),
                (knowledge_tables.passages, passages), (knowledge_tables.passage_vectors, vectors),
            ):  # fmt: skip
                connection.execute(insert(table), values)
