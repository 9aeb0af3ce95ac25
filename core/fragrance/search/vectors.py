"""Vectors of what can be found: encoded once for each text, kept in the database by encoder, half as precise."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import delete, insert, select

from core.embeddings.text_models import TextModel
from core.errors import Unavailable
from core.fragrance.generations import raise_generation
from core.fragrance.search.encoder import search_encoder
from core.fragrance.search.items import Item, stored_items
from core.knowledge.passages.vectors import unpacked
from core.security.policy import Permission, Principal, require
from core.storage.database import reading, writing
from core.storage.generations import Mark, mark_of
from core.storage.perfumery_tables import fragrance_generations, fragrance_vectors

GENERATION = "vectors"  # raised when some were stored: the index is to be built again
BATCH = 32  # items that are encoded and stored together: what a killed run does again at most
ASKED_AT_ONCE = 500


@dataclass(frozen=True)
class Lacking:
    """How many of how many items have no vector of the encoder in use, or one of words that were changed since."""

    count: int
    total: int
    encoder_id: str


def encode_missing(
    progress: Callable[[int, int], None] | None = None, *, at_most: int | None = None, principal: Principal
) -> int:  # fmt: skip
    """Encode and keep what has no vector yet, and forget those of what is gone; how many items were encoded.

    progress: told how many of how many are done after each batch; what it raises ends the work, and what was kept
    stays. at_most: items, for a step whose time is bounded. Raises Unavailable, NotAllowed.
    """
    require(principal, Permission.FRAGRANCE_WRITE)
    encoder = search_encoder()
    kept = _checksums(encoder.id)
    missing: list[Item] = []
    there: set[str] = set()
    for item in stored_items():
        there.add(item.id)
        if kept.get(item.id) != item.sha256:
            missing.append(item)
    missing = missing[:at_most]
    if progress is not None:
        progress(0, len(missing))
    for start in range(0, len(missing), BATCH):
        batch = missing[start : start + BATCH]
        is_last = start + BATCH >= len(missing)
        _keep(batch, _encoded(batch, encoder), encoder.id, principal, is_last=is_last)
        if progress is not None:
            progress(start + len(batch), len(missing))
    gone = sorted(kept.keys() - there)
    with writing() as connection:
        for some in _some(gone):
            connection.execute(
                delete(fragrance_vectors).where(
                    fragrance_vectors.c.encoder_id == encoder.id, fragrance_vectors.c.item_id.in_(some)
                )
            )
        if gone:
            raise_generation(connection, GENERATION)
    return len(missing)


def lacking(*, principal: Principal) -> Lacking:
    """What `encode_missing` would have to do, counted anew after each change. Raises Unavailable, NotAllowed."""
    require(principal, Permission.FRAGRANCE_READ)
    encoder_id = search_encoder().id
    about = encoder_id, mark_of(fragrance_generations)
    found = _counted.get(about)
    if found is None:  # taken before counting: what is stored meanwhile counts as stored afterwards
        found = _lacking(encoder_id)
        _counted.clear()
        _counted[about] = found
    return found


def _lacking(encoder_id: str) -> Lacking:
    """Reads every item there is, which takes seconds with a hundred thousand of them."""
    kept = _checksums(encoder_id)
    count = total = 0
    for item in stored_items():
        total += 1
        count += kept.get(item.id) != item.sha256
    return Lacking(count, total, encoder_id)


_counted: dict[tuple[str, Mark], Lacking] = {}


def kept_vectors(encoder_id: str, dim: int) -> Callable[[Item], NDArray[np.float32] | None]:
    """A look-up of an item's unit rows, shape (windows, dim); None for what has none of the words it has now."""
    with reading() as connection:
        table = fragrance_vectors
        wanted = select(table.c.item_id, table.c.sha256, table.c.vector).where(table.c.encoder_id == encoder_id)
        held = {row.item_id: (row.sha256, row.vector) for row in connection.execute(wanted)}

    def of(item: Item) -> NDArray[np.float32] | None:
        found = held.get(item.id)
        return unpacked(found[1], dim) if found is not None and found[0] == item.sha256 else None

    return of


def _checksums(encoder_id: str) -> Mapping[str, str]:
    table = fragrance_vectors
    with reading() as connection:
        wanted = select(table.c.item_id, table.c.sha256).where(table.c.encoder_id == encoder_id)
        return {row.item_id: row.sha256 for row in connection.execute(wanted)}


def _encoded(batch: Sequence[Item], encoder: TextModel) -> list[bytes]:
    """The windows of each item, one row after the other. Raises Unavailable for rows that are none."""
    texts = [text for item in batch for text in item.windows]
    rows = np.asarray(encoder.embed_passages(texts), dtype=np.float32)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True) if rows.ndim == 2 else np.zeros((1, 1))
    if rows.shape != (len(texts), encoder.dim) or not (np.isfinite(lengths) & (lengths > 0)).all():
        raise Unavailable("fragrance_search.not_encoded", encoder=encoder.id, count=len(texts))
    units = (rows / lengths).astype("<f2")
    ends = np.cumsum([len(item.windows) for item in batch])
    return [part.tobytes() for part in np.split(units, ends[:-1])]


def _keep(
    batch: Sequence[Item], vectors: Sequence[bytes], encoder_id: str, principal: Principal, *, is_last: bool
) -> None:  # fmt: skip
    """The generation rises with the last of them at once: a run killed in between would leave them unseen for good."""
    rows = [
        {"item_id": item.id, "encoder_id": encoder_id, "owner": principal.id, "sha256": item.sha256, "vector": vector}
        for item, vector in zip(batch, vectors, strict=True)
    ]
    table = fragrance_vectors
    with writing() as connection:
        ids = [item.id for item in batch]
        connection.execute(delete(table).where(table.c.encoder_id == encoder_id, table.c.item_id.in_(ids)))
        connection.execute(insert(table), rows)
        if is_last:
            raise_generation(connection, GENERATION)


def _some(values: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), ASKED_AT_ONCE):
        yield values[start : start + ASKED_AT_ONCE]
