"""Materials and perfumes as the documents that the database keeps, and back; what is not known is left out."""

from __future__ import annotations

from dataclasses import asdict, fields
from datetime import date
from typing import Any

from core.fragrance.catalogue.materials import Constituent, Material, Price
from core.fragrance.catalogue.perfumes import Perfume

Document = dict[str, Any]
_TUPLES = frozenset({"seasons", "moods", "top", "heart", "base", "notes"})
_PERFUME_FIELDS = tuple((one.name, one.default) for one in fields(Perfume))


def material_document(material: Material) -> Document:
    """Every field that is known; an empty list of constituents stays, since it says that there are none."""
    document: Document = {
        one.name: getattr(material, one.name)
        for one in fields(Material)
        if one.name not in {"odour", "price", "constituents", "sources"} and getattr(material, one.name) is not None
    }
    document |= {"odour": list(material.odour), "sources": dict(material.sources)}
    if material.price is not None:
        document["price"] = {**asdict(material.price), "on": material.price.on.isoformat()}
    if material.constituents is not None:
        document["constituents"] = [asdict(constituent) for constituent in material.constituents]
    return document


def material_of(document: Document) -> Material:
    values = {"cas": None, **document}
    values["odour"] = tuple(values["odour"])
    if "price" in values:
        values["price"] = Price(**{**values["price"], "on": date.fromisoformat(values["price"]["on"])})
    if "constituents" in values:
        values["constituents"] = tuple(Constituent(**one) for one in values["constituents"])
    return Material(**values)


def perfume_document(perfume: Perfume) -> Document:
    """The fields that say something."""
    return {
        name: list(value) if name in _TUPLES else value
        for name, default in _PERFUME_FIELDS
        if (value := getattr(perfume, name)) != default
    }


def perfume_of(document: Document) -> Perfume:
    values: dict[str, Any] = {name: tuple(value) if name in _TUPLES else value for name, value in document.items()}
    return Perfume(**values)
