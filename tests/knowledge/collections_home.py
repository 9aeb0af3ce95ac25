"""Accounts, an encoder and a collection that tests of stored documents begin with."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import insert

from core.errors import Unavailable
from core.knowledge.collections import create_collection
from core.knowledge.ingestion.carrying_out import run_ingestion
from core.knowledge.ingestion.plans import Ingestion, plan
from core.knowledge.ingestion.sources import Source, files
from core.security.policy import Principal, Role
from core.storage import tables
from core.storage.database import utc_now, writing

ANA, BEN, CHO = (Principal(name, Role.ANALYST, name) for name in ("ana", "ben", "cho"))
RES = Principal("res", Role.RESEARCHER, "res")
ADMIN = Principal("root", Role.ADMIN, "root")
POLICY = "# 환불 규정\n\n구매 후 30일 안에 환불할 수 있습니다.\n\n# 배송\n\n배송은 사흘이 걸립니다.\n".encode()


@dataclass
class HashEncoder:
    """Unit vectors from hashes of words. texts: all it was given; broken: what a text with that word is answered by."""

    id: str = "hash-1"
    dim: int = 8
    texts: list[str] = field(default_factory=list)
    broken: Mapping[str, object] = field(default_factory=dict)

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = np.zeros((len(texts), self.dim), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            self.texts.append(text)
            for word in text.split():
                row[hashlib.sha256(word.encode()).digest()[0] % self.dim] += 1
            for word, answer in self.broken.items():
                if word in text and answer is Unavailable:
                    raise Unavailable("embeddings.unavailable", encoder=self.id, reason="down")
                if word in text:
                    row[:] = answer
        return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)


@dataclass
class HashModel(HashEncoder):
    """The same vectors for questions. is_away: it answers nothing."""

    is_away: bool = False

    def embed_query(self, text: str) -> NDArray[np.float32]:
        if self.is_away:
            raise Unavailable("embeddings.unavailable", encoder=self.id, reason="down")
        return np.asarray(self.embed_passages([text])[0])


def account(principal: Principal, *, organisation: str | None = None) -> None:
    """An account of that id; no password is ever compared here."""
    with writing() as connection:
        connection.execute(insert(tables.accounts).values(
            id=principal.id, owner=principal.id, login_name=principal.id, login_key=principal.id,
            display_name=principal.id.title(), kind="personal", role=str(principal.role),
            organisation_id=organisation, password_hash="-", client_fields={}, created_at=utc_now(),
            password_changed_at=utc_now(),
        ))  # fmt: skip


def ingest(
    collection_id: str, source: Source | Mapping[str, bytes], *, encoder: HashEncoder | None = None,
    principal: Principal = ANA, force: bool = False,
) -> Ingestion:  # fmt: skip
    """Plan and carry out."""
    used = encoder or HashEncoder()
    given = files(source) if isinstance(source, Mapping) else source
    made = plan(collection_id, given, force=force, principal=principal)
    return run_ingestion(made.id, load_encoder=lambda: used, principal=principal)


def filled(principal: Principal = ANA, **contents: bytes) -> str:
    """A collection of that person with files named after their keyword, as Markdown."""
    collection = create_collection("규정", principal=principal)
    ingest(collection.id, {f"{name}.md": content for name, content in contents.items()}, principal=principal)
    return collection.id
