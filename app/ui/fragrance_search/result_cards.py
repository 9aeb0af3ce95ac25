"""One result: what it is, and every part of why it was found."""

from __future__ import annotations

import streamlit as st

from app.ui import formats, state
from app.ui.fragrance_search import filter_words
from app.ui.fragrance_words import UNKNOWN, chips, money, word, words
from app.ui.navigation import MATERIALS, PERFUMES, STUDIO, link_to
from app.ui.texts import say, say_value
from core.errors import BadInput
from core.fragrance.catalogue.materials import Material
from core.fragrance.catalogue.perfumes import Perfume
from core.fragrance.search.finding import Found
from core.fragrance.search.matching import Matched
from core.fragrance.vocabulary import canonical
from core.security.policy import Permission, Principal, is_allowed

MOST_LETTERS = 240  # of a description


def draw(one: Found, principal: Principal) -> None:
    """A card; its parts of the score stand beside its name."""
    with st.container(border=True, key=f"found-{one.id}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{one.rank}. {formats.plain(_title(one))}**", width="stretch")
            _draw_scores(one)
        if one.perfume is not None:
            draw_facts(one.perfume)
            link_to(PERFUMES, say("perfumes.open"), icon=":material/open_in_new:", **{state.PERFUME: one.id})
        elif one.material is not None:
            _draw_material(one.material)
            link_to(MATERIALS, say("perfumes.open_material"), **{state.MATERIAL: one.id})
        elif one.formula is not None:
            st.caption(formats.plain(", ".join(one.formula.materials)))
            if is_allowed(principal, Permission.FRAGRANCE_FORMULA):
                link_to(STUDIO, say("perfumes.open_formula"), **{state.FORMULA: one.id})
        _draw_why(one.matched)


def _title(one: Found) -> str:
    if one.perfume is not None:
        return f"{one.perfume.name} · {one.perfume.brand}" if one.perfume.brand else one.perfume.name
    if one.material is not None:
        return one.material.name(state.language())
    return one.formula.name if one.formula is not None else one.id


def _draw_scores(one: Found) -> None:
    """The three parts that the order is made of; grey where a part says nothing."""
    parts = {
        "words": (one.lexical, "blue", ".1f"),
        "vectors": (one.similarity, "violet", ".2f"),
        "notes": (one.notes, "green", ".0%"),
    }
    for leg, (score, color, shape) in parts.items():
        shown = UNKNOWN if score is None else format(score, shape)
        told = f"{say_value('perfume_leg', leg)} {shown}"
        st.badge(told, color=color if score is not None else "gray")  # type: ignore[arg-type]
    is_sample = any(part is not None and part.is_sample for part in (one.perfume, one.material, one.formula))
    if is_sample:
        draw_sample()


def draw_sample() -> None:
    st.badge(say("perfumes.sample"), color="orange", icon=":material/science:")


def draw_facts(one: Perfume) -> None:
    """Description, notes and facts in few lines."""
    if one.description:
        text = one.description if len(one.description) <= MOST_LETTERS else f"{one.description[:MOST_LETTERS]}…"
        st.markdown(formats.plain(text))
    st.caption(notes_line(one))
    price = UNKNOWN if one.price is None else money(one.price, one.currency or "")
    if one.price is not None and one.price_ml is not None:
        price += f" / {one.price_ml:g} ml"
    facts = {
        say("fragrance.family"): word("family", one.family),
        say("fragrance.gender"): word("gender", one.gender),
        say("fragrance.seasons"): words("season", one.seasons),
        say("perfumes.price"): price,
        say("perfumes.longevity"): UNKNOWN if one.longevity_h is None else f"{one.longevity_h:g} h",
    }
    st.caption(" · ".join(f"{name}: {formats.plain(value)}" for name, value in facts.items()))


def notes_line(one: Perfume) -> str:
    """Notes by layer, as far as layers are told."""
    layers = {"top": one.top, "heart": one.heart, "base": one.base}
    told = [f"**{word('layer', layer)}** {formats.plain(', '.join(notes))}" for layer, notes in layers.items() if notes]
    if one.notes:
        told.append(f"**{say('perfumes.notes')}** {formats.plain(', '.join(one.notes))}")
    return " · ".join(told) or say("perfumes.no_notes")


def _draw_material(one: Material) -> None:
    told = one.description_ko if state.language() == "ko" and one.description_ko else one.description_en
    st.markdown(formats.plain(told) or UNKNOWN)
    st.caption(f"{word('material_family', one.family)} · {words('odour', one.odour)}")


def _draw_why(found: Matched) -> None:
    """Words and notes that were asked for and are there; asked notes that are not; filters that held."""
    told = []
    if found.notes:
        told.append(f"{say('perfumes.has_notes')} {chips(found.notes, 'green')}")
    if found.words:
        told.append(f"{say('perfumes.has_words')} {chips(found.words, 'blue')}")
    if found.missing:
        told.append(f"{say('perfumes.lacks_notes')} {chips(map(_in_language, found.missing), 'gray')}")
    if found.filters:
        names = [filter_words.name_of(one) for one in found.filters]
        told.append(f"{say('perfumes.passed')} {chips(names, 'violet')}")
    if told:
        st.markdown("  \n".join(told))


def _in_language(note: str) -> str:
    """The visitor's word for a note that is an odour word; any other as it is."""
    try:
        return word("odour", canonical("odour", note))
    except BadInput:
        return note
