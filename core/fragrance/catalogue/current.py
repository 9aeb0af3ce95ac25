"""The catalogue that counts now: the database's materials, or the shipped ones where it never held any."""

from __future__ import annotations

from core.fragrance.catalogue.documents import material_of
from core.fragrance.catalogue.items import has_items, read_items
from core.fragrance.catalogue.materials import Catalogue
from core.fragrance.catalogue.shipped import in_currency, shipped_catalogue
from core.fragrance.generations import KeptCopy
from core.settings.current import get_settings


def current_catalogue() -> Catalogue:
    """The same value for every caller until a material changes; nobody may change it. By id, in the order of ids.

    A price in another currency than the workbench's is not known in it. While the database is away the earlier one
    serves on; raises Unavailable where there is none.
    """
    return _kept.get()


def _read(generation: int) -> Catalogue:
    if not has_items("material"):
        return shipped_catalogue()
    currency = get_settings().fragrance_currency
    materials = (in_currency(material_of(item.document), currency) for item in read_items("material"))
    return Catalogue(generation, {material.id: material for material in materials})


_kept = KeptCopy("catalogue", _read)
