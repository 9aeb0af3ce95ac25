"""Materials in a table: found by name, CAS number or odour, and narrowed by family, layer and kind."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.ui import row_choice, state
from app.ui.fragrance_words import one_word, word, words
from app.ui.texts import say, say_value
from core.fragrance.catalogue.materials import KINDS, Material
from core.fragrance.catalogue.stored import StoredMaterial
from core.fragrance.vocabulary import label, plain
from core.security.policy import Permission, Principal, is_allowed

HEIGHT = 420  # [px]


def draw(found: Sequence[StoredMaterial], principal: Principal) -> StoredMaterial | None:
    """The fields above, the table, and the chosen row."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input(say("materials.find"), key="material-find", placeholder=say("materials.find_example"))
        kinds = {one: say_value("material_kind", one) for one in KINDS}
        kind = st.pills(say("materials.kind"), list(kinds), format_func=kinds.__getitem__, key="material-kind")
    with st.expander(say("materials.narrow"), icon=":material/tune:"):
        family = one_word("material_family", say("materials.family"), key="material-family")
        position = one_word("layer", say("materials.position"), key="material-layer")
        only_unknown = st.checkbox(say("materials.only_unknown"), key="material-unknown")
    shown = [
        one
        for one in found
        if (kind is None or one.material.kind == kind)
        and (family is None or one.material.family == family)
        and (position is None or one.material.position == position)
        and not (only_unknown and one.material.constituents is not None)
        and _has(one.material, text)
    ]
    with st.container(key="material-count"):
        st.caption(say("materials.count", shown=len(shown), total=len(found)))
    if not shown:
        st.info(say("materials.none_found"), icon=":material/search_off:")
        return None
    is_inside = is_allowed(principal, Permission.FRAGRANCE_FORMULA)
    place = row_choice.draw(
        [_row(one.material, is_inside=is_inside) for one in shown], _columns(), key="material-table", height=HEIGHT,
        alt=say("materials.table"),
    )  # fmt: skip
    return shown[place] if place is not None else None


def _has(one: Material, text: str) -> bool:
    """Every typed word stands in its names, CAS number or odour words, in either language."""
    odour = (label("odour", word_id, language) for word_id in one.odour for language in ("en", "ko"))
    whole = plain(" ".join((one.name_en, one.name_ko, one.cas or "", one.id, *odour)))
    return all(part in whole for part in plain(text).split())


def _row(one: Material, *, is_inside: bool) -> dict[str, object]:
    row: dict[str, object] = {
        "name": one.name(state.language()),
        "cas": one.cas or "",
        "kind": say_value("material_kind", one.kind),
        "position": word("layer", one.position),
        "family": word("material_family", one.family),
        "odour": words("odour", one.odour),
        "usual": one.usual_share,
        "highest": one.highest_share,
        "constituents": _held(one),
    }
    if is_inside:
        row |= {"price": one.price.per_kg if one.price else None, "stock": one.stock_g}
    return row


def _held(one: Material) -> str:
    if one.constituents is None:
        return say("materials.not_known")
    return str(len(one.constituents))


def _columns() -> dict[str, object]:
    column = st.column_config
    return {
        "name": column.TextColumn(say("materials.name"), pinned=True),
        "cas": column.TextColumn("CAS"),
        "kind": column.TextColumn(say("materials.kind")),
        "position": column.TextColumn(say("materials.position")),
        "family": column.TextColumn(say("materials.family")),
        "odour": column.TextColumn(say("materials.odour"), width="medium"),
        "usual": column.NumberColumn(say("materials.usual_percent")),
        "highest": column.NumberColumn(say("materials.highest_percent")),
        "constituents": column.TextColumn(say("materials.constituents")),
        "price": column.NumberColumn(say("materials.price_per_kg"), format="localized"),
        "stock": column.NumberColumn(say("materials.stock_g")),
    }
