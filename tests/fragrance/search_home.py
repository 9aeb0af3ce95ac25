"""A few perfumes to search in, and an encoder that needs no model: words that are shared make vectors alike."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from core.embeddings.checked_vectors import CheckedTextModel, Purpose
from core.errors import Unavailable
from core.fragrance.catalogue.perfumes import Perfume
from core.fragrance.catalogue.stored import save_perfumes
from core.fragrance.search import collections, finding, similar, vectors
from core.security.policy import LOCAL_ANALYST, Principal, Role

DIM = 64
ADMIN = LOCAL_ANALYST
CUSTOMER = Principal("customer", Role.ANALYST, "customer")
GUEST = Principal("guest", Role.GUEST, "guest")
RESEARCHER = Principal("researcher", Role.RESEARCHER, "researcher")

PERFUMES = (
    Perfume("rose-oud", "Dark Rose", "House A", "A dark rose with smoke and leather.", "floral", "feminine",
            ("winter",), ("romantic", "mysterious"), notes=("Bulgarian rose absolute", "oud", "saffron"),
            price=90_000, price_ml=50, currency="KRW", longevity_h=9),
    Perfume("citrus", "Morning Light", "House A", "A bright morning of lemon and mint.", "citrus", "unisex",
            ("summer", "spring"), ("fresh",), top=("lemon", "bergamot"), heart=("mint",), base=("musk",),
            price=45_000, price_ml=50, currency="KRW", longevity_h=3),
    Perfume("vanilla", "Sweet Evening", "House B", "Vanilla and tonka by the fire.", "gourmand", "feminine",
            ("winter",), ("cosy",), notes=("vanilla pod", "tonka bean", "benzoin"),
            price=60_000, price_ml=50, currency="KRW", longevity_h=8),
    Perfume("leather", "Old Library", "House B", "Books, leather and tobacco in a quiet room.", "leather", "masculine",
            ("autumn",), ("confident",), notes=("leather", "tobacco", "vanilla", "cedarwood"),
            price=150_000, price_ml=50, currency="KRW", longevity_h=10),
    Perfume("dollars", "Far Rose", "House C", "A rose from far away.", "floral", "feminine", ("spring",), ("romantic",),
            notes=("rose", "peony"), price=40, price_ml=50, currency="USD", longevity_h=5),
    Perfume("untold", "Untold", "House C", "A rose of which nothing else is told."),
)  # fmt: skip


def encoder(name: str = "shared-words") -> CheckedTextModel:
    """Unit rows that are near for texts that share words."""

    def rows(texts: Sequence[str], purpose: Purpose) -> np.ndarray:
        found = np.full((len(texts), DIM), 0.01)
        for number, text in enumerate(texts):
            for word in text.casefold().replace(",", " ").replace(".", " ").split():
                found[number, hashlib.blake2b(word.encode(), digest_size=2).digest()[0] % DIM] += 1
        return found

    return CheckedTextModel(name, DIM, rows)


def use(monkeypatch: pytest.MonkeyPatch, model: CheckedTextModel | None) -> None:
    """Let the search use this encoder; None: it is away."""

    def given() -> CheckedTextModel:
        if model is None:
            raise Unavailable("embeddings.unavailable", encoder="test", reason="not installed")
        return model

    for module in (finding, similar, vectors, collections):
        monkeypatch.setattr(module, "search_encoder", given)


def fill(perfumes: Sequence[Perfume] = PERFUMES, *, encoded: bool = True) -> None:
    """Into the database; a price in another currency than the workbench's cannot be stored."""
    mine = [one if one.currency != "USD" else replace(one, currency=None, price=None) for one in perfumes]
    save_perfumes(mine, reason="test", principal=ADMIN)
    if encoded:
        vectors.encode_missing(principal=ADMIN)
