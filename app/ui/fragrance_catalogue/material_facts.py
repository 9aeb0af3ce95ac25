"""Every fact of a material with its source; what is not known says so."""

from __future__ import annotations

from collections.abc import Iterator

import streamlit as st

from app.ui import formats, state
from app.ui.fragrance_words import UNKNOWN, money, word, words
from app.ui.texts import say, say_value
from core.fragrance.catalogue.materials import Material
from core.fragrance.catalogue.shipped import shipped_sources
from core.security.policy import Permission, Principal, is_allowed

Fact = tuple[str, str, str]  # what, its value, where from


def draw(one: Material, principal: Principal) -> None:
    """Description, a table of facts, and what the material holds."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(formats.plain(one.name(state.language())), anchor=False, width="content")
        st.badge(say_value("material_kind", one.kind), color="blue")
        if one.is_sample:
            st.badge(say("perfumes.sample"), color="orange", icon=":material/science:")
    told = one.description_ko if state.language() == "ko" and one.description_ko else one.description_en
    if told:
        st.markdown(formats.plain(told))
    is_inside = is_allowed(principal, Permission.FRAGRANCE_FORMULA)
    rows = [
        {
            say("materials.fact"): fact,
            say("materials.value"): say("materials.not_known") if value == UNKNOWN else value,
            say("materials.source"): "" if value == UNKNOWN else where_from,
        }
        for fact, value, where_from in facts(one, is_inside=is_inside)
    ]
    st.dataframe(rows, hide_index=True, alt=say("materials.facts"), height="content")
    _draw_constituents(one)


def facts(one: Material, *, is_inside: bool) -> Iterator[Fact]:
    """is_inside: prices and stock are told too."""
    identity, odour, volatility, use = (source(one.sources.get(group, "")) for group in GROUPS)
    yield say("materials.name_en"), one.name_en, identity
    yield say("materials.name_ko"), one.name_ko or UNKNOWN, identity
    yield "CAS", one.cas or UNKNOWN, identity
    yield say("materials.molar_mass"), _figure(one.molar_mass, "g/mol"), identity
    yield say("materials.family"), word("material_family", one.family), odour
    yield say("materials.position"), word("layer", one.position), odour
    yield say("materials.odour"), words("odour", one.odour), odour
    yield say("materials.strength"), UNKNOWN if one.strength is None else f"{one.strength} / 4", odour
    estimated = f" ({say('materials.estimated')})" if one.volatility_is_estimated else ""
    pressure = _figure(one.vapour_pressure_pa, "Pa (25 °C)")
    yield (
        say("materials.vapour_pressure"),
        pressure + (estimated if one.vapour_pressure_pa is not None else ""),
        volatility,
    )
    yield say("materials.boiling_point"), _figure(one.boiling_point_c, "°C (101.3 kPa)"), volatility
    yield say("materials.usual_share"), _figure(one.usual_share, "%"), use
    yield say("materials.highest_share"), _figure(one.highest_share, "%"), use
    yield say("materials.solubility"), one.solubility or UNKNOWN, use
    if is_inside:
        price = one.price
        told = UNKNOWN if price is None else f"{money(price.per_kg, price.currency)} / kg · {price.on.isoformat()}"
        sample = f" ({say('materials.price_sample')})" if price is not None and price.is_sample else ""
        yield say("materials.price"), told + sample, source(price.source) if price else ""
        yield say("materials.stock"), _figure(one.stock_g, "g"), ""


GROUPS = ("identity", "odour", "volatility", "use")


def source(key: str) -> str:
    """The work behind a key; free words as they are."""
    works = shipped_sources()
    return "; ".join(
        works[part].title if part in works else part for part in (p.strip() for p in key.split(";")) if part
    )


def _figure(value: float | None, unit: str) -> str:
    return UNKNOWN if value is None else f"{value:,.6g} {unit}"


def _draw_constituents(one: Material) -> None:
    st.markdown(f"##### {say('materials.constituents')}")
    if one.constituents is None:
        st.warning(say("materials.constituents_unknown"), icon=":material/help:")
    elif not one.constituents:
        st.caption(say("materials.constituents_none"))
    else:
        rows = [
            {
                say("materials.substance"): held.name,
                "CAS": held.cas,
                say("materials.share"): f"{held.share:g} %",
                say("materials.source"): source(held.source),
            }
            for held in one.constituents
        ]
        st.dataframe(rows, hide_index=True, alt=say("materials.constituents"))
        st.caption(say("materials.constituents_hint"))
