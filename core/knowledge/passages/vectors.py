"""Vectors of passages: computed in batches, kept as soon as they are there, and never kept when they are none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select

from core.errors import BadInput, Unavailable
from core.knowledge.passages.embedding import embedded
from core.knowledge.passages.windows import windows
from core.knowledge.rights import visible_to
from core.security.policy import Principal
from core.storage import knowledge_tables
from core.storage.database import insert_new, reading, utc_now, writing

VECTORS = knowledge_tables.passage_vectors
BATCH = 32  # windows that are encoded and stored together: what a killed run does again at most
ASKED_AT_ONCE = 500  # values in one condition; SQLite and PostgreSQL take many more


class PassageEncoder(Protocol):
    """What turns text into unit vectors; `id` names weights, precision and runtime."""

    @property
    def id(self) -> str: ...

    @property
    def dim(self) -> int: ...

    def embed_passages(self, texts: Sequence[str], /) -> NDArray[np.float32]:
        """Unit rows, shape (n, dim). Raises Unavailable."""
        ...


@dataclass(frozen=True)
class ToEmbed:
    """A passage that needs vectors: the key they are kept under, its text, and what stands above it with it."""

    words_sha256: str
    text: str
    words: str


def window_words(text: str, words: str) -> tuple[str, ...]:
    """What is embedded of a passage: its windows, each with the headings and names of columns above it."""
    above = words.removesuffix(text).rstrip("\n")
    return tuple(window.words for window in windows(text, above=above))


def complete_vectors(
    passages: Sequence[ToEmbed], *, collection_id: str, encoder: PassageEncoder, name: str,
    principal: Principal, progress: Callable[[int, int], None],
) -> int:  # fmt: skip
    """Compute and keep every vector that is missing; how many passages were embedded.

    progress is told how many of how many missing passages are done, after each batch; what it raises ends the work,
    and what was kept stays. Raises Unavailable, or BadInput for a passage that has no direction.
    """
    wanted = {one.words_sha256: one for one in passages}
    known = _known(list(wanted), collection_id, encoder.id, principal)
    missing = [one for checksum, one in wanted.items() if checksum not in known]
    done = 0
    progress(done, len(missing))
    batches = [(batch, [text for _, words in batch for text in words]) for batch in _batches(missing)]
    every = embedded((texts for _, texts in batches), encoder)
    for (batch, texts), rows in zip(batches, every, strict=True):
        if rows.shape != (len(texts), encoder.dim):
            raise Unavailable("knowledge.wrong_vectors", encoder=encoder.id, shape=str(rows.shape), count=len(texts))
        _keep(batch, rows, collection_id, encoder, name, principal)
        done += len(batch)
        progress(done, len(missing))
    return done


def count_kept(checksums: Iterable[str], *, collection_id: str, encoder_id: str, principal: Principal) -> int:
    """Of these passages, how many have vectors under the encoder in that collection."""
    wanted = list(dict.fromkeys(checksums))
    where = VECTORS.c.collection_id == collection_id, VECTORS.c.encoder_id == encoder_id
    mine = visible_to(principal, VECTORS.c.collection_id)
    with reading() as connection:
        return sum(
            connection.execute(
                select(func.count()).select_from(VECTORS).where(*where, mine, VECTORS.c.words_sha256.in_(some))
            ).scalar_one()
            for some in _some(wanted)
        )


def unpacked(vectors: bytes, dim: int) -> NDArray[np.float32]:
    """Unit rows, shape (windows, dim), of a stored value."""
    rows = np.frombuffer(vectors, dtype="<f2").reshape(-1, dim).astype(np.float32)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / lengths, dtype=np.float32)


def _known(checksums: list[str], collection_id: str, encoder_id: str, principal: Principal) -> set[str]:
    """Which of them have vectors here; those of other collections that may be read are copied over."""
    here: set[str] = set()
    with writing() as connection:
        for some in _some(checksums):
            is_asked = VECTORS.c.encoder_id == encoder_id, VECTORS.c.words_sha256.in_(some)
            mine = select(VECTORS.c.words_sha256).where(VECTORS.c.collection_id == collection_id, *is_asked)
            here.update(connection.execute(mine).scalars())
            left = [one for one in some if one not in here]
            if not left:
                continue
            elsewhere = select(VECTORS).where(
                visible_to(principal, VECTORS.c.collection_id), is_asked[0], VECTORS.c.words_sha256.in_(left)
            )
            rows = {row["words_sha256"]: dict(row) for row in connection.execute(elsewhere).mappings()}
            own = {"collection_id": collection_id, "owner": principal.id, "created_at": utc_now()}
            insert_new(connection, VECTORS, [{**row, **own} for row in rows.values()])
            here.update(rows)
    return here


def _batches(passages: Sequence[ToEmbed]) -> Iterator[list[tuple[ToEmbed, tuple[str, ...]]]]:
    batch: list[tuple[ToEmbed, tuple[str, ...]]] = []
    count = 0
    for one in passages:
        words = window_words(one.text, one.words)
        if batch and count + len(words) > BATCH:
            yield batch
            batch, count = [], 0
        batch.append((one, words))
        count += len(words)
    if batch:
        yield batch


def _keep(
    batch: Sequence[tuple[ToEmbed, tuple[str, ...]]], rows: NDArray[np.float32], collection_id: str,
    encoder: PassageEncoder, name: str, principal: Principal,
) -> None:  # fmt: skip
    """Store what has a direction, then say what has none: the others need not be computed again."""
    lengths = np.linalg.norm(rows.astype(np.float64), axis=1, keepdims=True)
    is_sound = (np.isfinite(lengths) & (lengths > 0)).ravel()
    stored, failed, at = [], 0, 0
    now = utc_now()
    for one, words in batch:
        mine = slice(at, at + len(words))
        at += len(words)
        if not is_sound[mine].all():
            failed += 1
            continue
        units = (rows[mine] / lengths[mine]).astype("<f2")
        stored.append({
            "collection_id": collection_id, "encoder_id": encoder.id, "words_sha256": one.words_sha256,
            "owner": principal.id, "windows": len(words), "dim": encoder.dim, "vectors": units.tobytes(),
            "created_at": now,
        })  # fmt: skip
    with writing() as connection:
        insert_new(connection, VECTORS, stored)
    if failed:
        raise BadInput("knowledge.not_embedded", name=name, count=failed)


def _some(values: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), ASKED_AT_ONCE):
        yield values[start : start + ASKED_AT_ONCE]
