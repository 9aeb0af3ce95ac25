"""One perfume in full: what is known of it, its formula where there is one, and the perfumes most like it."""

from __future__ import annotations

import streamlit as st

from app.ui import formats, notices, state
from app.ui.fragrance_search import filter_words
from app.ui.fragrance_search.result_cards import draw_facts, draw_sample, notes_line
from app.ui.fragrance_words import chips, words
from app.ui.navigation import PERFUMES, STUDIO, link_to
from app.ui.texts import say
from core.errors import NotAllowed, NotFound
from core.fragrance.catalogue.perfumes import Perfume
from core.fragrance.catalogue.stored import perfume
from core.fragrance.formulas.stored import get_formula
from core.fragrance.search.similar import Alike, similar_items
from core.security.policy import Permission, Principal, is_allowed

ALIKE = 6


def draw(perfume_id: str, principal: Principal) -> None:
    """Raises NotFound."""
    link_to(PERFUMES, say("perfumes.back"), icon=":material/arrow_back:")
    one = perfume(perfume_id, principal)
    with st.container(border=True, key="hero-perfume"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader(formats.plain(one.name), anchor=False, width="content")
            if one.is_sample:
                draw_sample()
        if one.brand:
            st.caption(formats.plain(one.brand))
        draw_facts(one)
        st.caption(f"{say('fragrance.moods')}: {words('mood', one.moods)}")
        if one.source:
            st.caption(say("perfumes.source", source=formats.plain(one.source)))
        _draw_formula(one, principal)
    st.subheader(say("perfumes.alike"), anchor=False)
    with notices.errors_shown():
        found = similar_items(perfume_id, k=ALIKE, principal=principal)
        filter_words.draw_notices(found.notices)
        if not found.results:
            st.caption(say("perfumes.none_alike"))
        for alike in found.results:
            _draw_alike(alike)


def _draw_formula(one: Perfume, principal: Principal) -> None:
    """The link for whoever may read the formula; nobody else learns whether there is one."""
    if one.formula_id is None or not is_allowed(principal, Permission.FRAGRANCE_FORMULA):
        return
    try:
        get_formula(one.formula_id, principal=principal)
    except (NotFound, NotAllowed):
        return
    link_to(STUDIO, say("perfumes.open_formula"), **{state.FORMULA: one.formula_id})


def _draw_alike(one: Alike) -> None:
    if not isinstance(one.row, Perfume):
        return
    with st.container(border=True, key=f"alike-{one.id}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            name = f"{one.row.name} · {one.row.brand}" if one.row.brand else one.row.name
            st.markdown(f"**{one.rank}. {formats.plain(name)}**", width="stretch")
            st.badge(say("perfumes.similarity", similarity=formats.similarity(one.similarity, 2)), color="violet")
            st.badge(say("perfumes.overlap", overlap=formats.share(one.overlap)), color="green")
            if one.row.is_sample:
                draw_sample()
        st.caption(notes_line(one.row))
        if one.shared:
            st.markdown(f"{say('perfumes.shared')} {chips(one.shared, 'green')}")
        link_to(PERFUMES, say("perfumes.open"), icon=":material/open_in_new:", **{state.PERFUME: one.id})
