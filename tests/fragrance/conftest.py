"""Small fixtures of perfumery: a catalogue by hand, also in place of the shipped one."""

from __future__ import annotations

import pytest

from core.fragrance.catalogue import current, shipped
from core.fragrance.catalogue.materials import Catalogue
from tests.fragrance.small_catalogue import small_catalogue


@pytest.fixture
def catalogue() -> Catalogue:
    """Thirteen materials by hand."""
    return small_catalogue()


@pytest.fixture
def small_shipped(monkeypatch: pytest.MonkeyPatch) -> Catalogue:
    """The small catalogue is what is shipped: an empty database begins with it."""
    small = small_catalogue()
    materials = tuple(sorted(small.materials.values(), key=lambda material: material.id))
    monkeypatch.setattr(shipped, "shipped_materials", lambda: materials)
    for module in (shipped, current):
        monkeypatch.setattr(module, "shipped_catalogue", lambda: small)
    return small
