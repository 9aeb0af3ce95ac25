"""Vectors under another encoder for passages that answer already; until they are there, the earlier ones serve."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import and_, select

from core.knowledge.index_generations import next_generation
from core.knowledge.passages.vectors import PassageEncoder, ToEmbed, complete_vectors
from core.knowledge.rights import editable_by, require_editor
from core.security.policy import Principal
from core.storage import knowledge_tables
from core.storage.database import reading, writing

DOCUMENTS, PASSAGES, VECTORS = knowledge_tables.documents, knowledge_tables.passages, knowledge_tables.passage_vectors


def encode_again(
    collection_id: str, *, encoder: PassageEncoder, principal: Principal,
    progress: Callable[[int, int], None] = lambda done, missing: None,
) -> int:  # fmt: skip
    """Compute what a collection lacks under the encoder; how many passages that were.

    Killed and begun again, it goes on where it was. Raises NotFound, NotAllowed, Unavailable, BadInput.
    """
    with reading() as connection:
        require_editor(connection, collection_id, principal=principal)
        answers = and_(DOCUMENTS.c.version_id == PASSAGES.c.version_id, DOCUMENTS.c.removed_at.is_(None))
        known = select(VECTORS.c.words_sha256).where(
            VECTORS.c.collection_id == collection_id, VECTORS.c.encoder_id == encoder.id
        )
        lacking = (
            select(PASSAGES.c.words_sha256, PASSAGES.c.text, PASSAGES.c.words)
            .join(DOCUMENTS, answers)
            .where(PASSAGES.c.collection_id == collection_id, editable_by(principal, PASSAGES.c.collection_id))
            .where(PASSAGES.c.words_sha256.not_in(known))
            .order_by(PASSAGES.c.id)
        )
        missing = [ToEmbed(**row) for row in connection.execute(lacking).mappings()]
    done = complete_vectors(
        missing, collection_id=collection_id, encoder=encoder, name=collection_id, principal=principal,
        progress=progress,
    )  # fmt: skip
    if missing:
        with writing() as connection:
            next_generation(connection)
    return done
