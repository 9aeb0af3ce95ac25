"""The fields of a material, by the columns of its file, so that editing and importing take the same words."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from app.ui import state
from app.ui.fragrance_words import several_of, word
from app.ui.texts import say, say_value
from core.fragrance.catalogue.columns import CatalogueColumn, columns
from core.fragrance.catalogue.material_rows import COLUMNS, material_from, row_of
from core.fragrance.catalogue.materials import KINDS, Material
from core.fragrance.catalogue.perfume_ids import material_id
from core.fragrance.vocabulary import ids
from core.settings.current import get_settings

LONG = ("description_en", "description_ko")


def name_of(before: Material | None) -> str:
    """Names the form to `state`; a reset fills it anew."""
    return f"material-form-{before.id if before else ''}"


def draw(before: Material | None, key: str) -> dict[str, str]:
    """The cells as they are filled in. before: None for a new material."""
    now: Mapping[str, str] = row_of(before) if before is not None else dict.fromkeys(COLUMNS, "")
    told = {one.name: one for one in columns("materials", get_settings().fragrance_currency)}
    cells: dict[str, str] = {}
    names = [name for name in COLUMNS if name in told and not (name == "id" and before is not None)]
    places = st.columns(2, gap="medium")
    for place, name in enumerate(names):
        with places[place % 2]:
            cells[name] = _draw_cell(told[name], now.get(name, ""), f"{key}-{name}")
    return cells


def _draw_cell(column: CatalogueColumn, now: str, key: str) -> str:
    language = state.language()
    label = f"{column.label(language)} ({column.unit})" if column.unit else column.label(language)
    described = column.description(language)
    if column.name == "odour":
        labels = {one: word("odour", one) for one in ids("odour")}
        first = [one for one in now.split(";") if one in labels]
        return ";".join(several_of(label, labels, key=key, first=first, help=described))
    options = _options(column.name)
    if options is None:
        if column.name in LONG:
            return st.text_area(label, now, key=key, help=described, height=80)
        return st.text_input(label, now, key=key, help=described)
    index = list(options).index(now) if now in options else 0
    return str(st.selectbox(label, list(options), index, format_func=options.__getitem__, key=key, help=described))


def _options(name: str) -> dict[str, str] | None:
    if name == "kind":
        return {one: say_value("material_kind", one) for one in KINDS}
    if name == "family":
        return {one: word("material_family", one) for one in ids("material_family")}
    if name == "position":
        return {one: word("layer", one) for one in ids("layer")}
    if name in ("volatility_is_estimated", "constituents_known"):
        return {"yes": say("perfumes.yes"), "no": say("perfumes.no")}
    return None


def material_of(cells: Mapping[str, str], before: Material | None) -> Material:
    """Raises BadInput naming the field that cannot be."""
    row = {name: value for name, value in cells.items() if name != "id"}
    own = before.id if before is not None else cells["id"].strip() or material_id(cells["name_en"] or cells["name_ko"])
    return material_from(row, material_id=own, currency=get_settings().fragrance_currency, before=before)
