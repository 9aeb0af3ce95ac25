"""Whether the values of a perfume can be: said by column, before anything is stored."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from core.errors import BadInput
from core.fragrance.catalogue.material_values import between, check_currency, check_id, composed, in_vocabulary
from core.fragrance.catalogue.perfumes import Perfume

NOTES = ("top", "heart", "base", "notes")


def checked_perfume(perfume: Perfume, *, currency: str) -> Perfume:
    """The perfume with its words in NFC. currency: the workbench's. Raises BadInput naming the column."""
    check_id(perfume.id)
    words: dict[str, Any] = {
        field: composed(getattr(perfume, field)) for field in ("name", "brand", "description", "source")
    }
    if not words["name"]:
        raise BadInput("fragrance_catalogue.needed", column="name")
    if perfume.family is not None:
        in_vocabulary("family", perfume.family, "family")
    if perfume.gender is not None:
        in_vocabulary("gender", perfume.gender, "gender")
    for season in perfume.seasons:
        in_vocabulary("seasons", season, "season")
    for mood in perfume.moods:
        in_vocabulary("moods", mood, "mood")
    between("price", perfume.price, 0, math.inf)
    between("price_ml", perfume.price_ml, 0, math.inf)
    between("longevity_h", perfume.longevity_h, 0, math.inf)
    if perfume.price is not None:
        check_currency(perfume.currency or "", currency)
    lists: dict[str, Any] = {field: tuple(composed(note) for note in getattr(perfume, field)) for field in NOTES}
    return replace(perfume, **words, **lists)
