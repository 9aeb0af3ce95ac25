"""Whether the values of a material can be: said by column, before anything is stored."""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import replace
from typing import Any

from core.errors import BadInput
from core.fragrance.catalogue.cas import cas_number
from core.fragrance.catalogue.cells import shown
from core.fragrance.catalogue.materials import KINDS, POSITIONS, Constituent, Material, Price
from core.fragrance.vocabulary import Field, ids

LONGEST_ID = 120
HIGHEST_STRENGTH = 4
WORDS = ("name_en", "name_ko", "solubility", "description_en", "description_ko")
_ID = re.compile(r"[\w.-]+")  # no colon: "accord:" begins the id of a formula
_CURRENCY = re.compile(r"[A-Z]{3}")


def checked_material(material: Material) -> Material:
    """The material with words in NFC and plain CAS numbers. Raises BadInput naming the column that cannot be."""
    check_id(material.id)
    if not material.name_en.strip() and not material.name_ko.strip():
        raise BadInput("fragrance_catalogue.needed", column="name_en")
    _known("kind", material.kind, KINDS)
    _known("position", material.position, POSITIONS)
    in_vocabulary("family", material.family, "material_family")
    for word in material.odour:
        in_vocabulary("odour", word, "odour")
    between("strength", material.strength, 0, HIGHEST_STRENGTH)
    between("usual_share", material.usual_share, 0, 100)
    between("highest_share", material.highest_share, 0, 100)
    if (material.usual_share or 0) > (100 if material.highest_share is None else material.highest_share):
        raise BadInput(
            "fragrance_catalogue.usual_over_highest",
            column="usual_share",
            usual=shown(material.usual_share),
            highest=shown(material.highest_share),
        )
    for column in ("vapour_pressure_pa", "molar_mass", "stock_g"):
        between(column, getattr(material, column), 0, math.inf)
    between("boiling_point_c", material.boiling_point_c, -273.15, math.inf)
    if material.price:
        check_price(material.price)
    words: dict[str, Any] = {name: composed(getattr(material, name)) for name in WORDS}
    named = replace(material, **words, cas=_cas(material.cas))
    named = replace(named, name_en=named.name_en or named.name_ko)
    if named.constituents is not None:
        named = replace(named, constituents=tuple(checked_constituent(one) for one in named.constituents))
    return named


def checked_constituent(constituent: Constituent) -> Constituent:
    """The same with its CAS number in plain form. Raises BadInput naming the column."""
    between("share", constituent.share, 0, 100)
    cas = _cas(constituent.cas)
    if cas is None or not constituent.name:
        raise BadInput("fragrance_catalogue.needed", column="name" if cas else "cas")
    return replace(constituent, cas=cas)


def composed(words: str) -> str:
    """In NFC, without blanks around."""
    return unicodedata.normalize("NFC", words).strip()


def check_id(item_id: str) -> None:
    if len(item_id) > LONGEST_ID or not _ID.fullmatch(item_id):
        raise BadInput("fragrance_catalogue.bad_id", column="id", value=item_id, most=LONGEST_ID)


def check_price(price: Price) -> None:
    """Whether it can be a price at all; which currency this workbench counts in is asked on storing."""
    between("price_per_kg", price.per_kg, 0, math.inf)
    if not _CURRENCY.fullmatch(price.currency):
        raise BadInput("fragrance_catalogue.bad_currency", column="currency", value=price.currency)


def check_currency(currency: str, expected: str) -> None:
    """Raises BadInput for a price in another currency than the one this workbench counts in."""
    if currency != expected:
        raise BadInput("fragrance_catalogue.other_currency", column="currency", value=currency, expected=expected)


def _cas(written: str | None) -> str | None:
    if not written:
        return None
    found = cas_number(written)
    if found is None:
        raise BadInput("fragrance_catalogue.bad_cas", column="cas", value=written)
    return found


def _known(column: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise BadInput("fragrance_catalogue.unknown_word", column=column, value=value, known=", ".join(known))


def in_vocabulary(column: str, value: str, field: Field) -> None:
    if value not in ids(field):
        raise BadInput("fragrance_catalogue.unknown_word", column=column, value=value, known=", ".join(ids(field)))


def between(column: str, value: float | None, lowest: float, highest: float) -> None:
    """Raises BadInput beyond the bounds. Infinity stands for no upper bound; a value has to be finite all the same."""
    if value is None or (math.isfinite(value) and lowest <= value <= highest):
        return
    if math.isinf(highest):
        raise BadInput(
            "fragrance_catalogue.too_low", column=column, value=shown(float(value)), lowest=shown(float(lowest))
        )
    raise BadInput(
        "fragrance_catalogue.out_of_range", column=column, value=shown(float(value)), lowest=lowest, highest=highest
    )
