"""All collections that may be read, as cards, and the way to a new one."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.ui import choosing, formats, notices, state, theme
from app.ui.knowledge import search_views, undo
from app.ui.navigation import KNOWLEDGE, go_to
from app.ui.texts import say
from core.knowledge.collections import LONGEST_NAME, Collection, create_collection, list_collections
from core.security.policy import Permission, Principal, is_allowed

CARD_WIDTH, PAGE = 330, 12  # [px], collections at a time


def draw(principal: Principal) -> None:
    """The list, a search over all of it, and the form for a new collection."""
    undo.draw_collection(principal)
    known = list_collections(principal=principal)
    if known:
        search_views.draw(known, principal)
        _draw_cards(known, principal)
    else:
        notices.empty("collections.none", "collections.none_hint", icon=":material/library_books:")
    if is_allowed(principal, Permission.KNOWLEDGE_WRITE):
        _draw_new()
    else:
        st.caption(f":material/lock: {say('collections.may_not_write')}")


def _draw_cards(known: Sequence[Collection], principal: Principal) -> None:
    theme.draw_section("collections.title")
    _, shown = choosing.one_page(known, PAGE, key="collections-page")
    with st.grid(min_column_width=CARD_WIDTH):
        for place, one in enumerate(shown):
            with st.container(border=True, key=f"collection-{place}"):
                _draw_card(one, place, principal)


def _draw_card(one: Collection, place: int, principal: Principal) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{formats.plain(one.name)}**", width="stretch")
        draw_sharing(one, principal)
    if one.description:
        st.caption(formats.plain(one.description))
    facts = [say("collections.documents", count=f"{one.documents:,}"), formats.ago(one.updated_at)]
    st.caption(" · ".join(facts))
    if st.button(say("collections.open"), icon=":material/folder_open:", key=f"open-collection-{place}"):
        go_to(KNOWLEDGE, **{state.COLLECTION: one.id})


def draw_sharing(one: Collection, principal: Principal) -> None:
    """Who may read it, in a word."""
    if one.is_open:
        st.badge(say("collections.is_open"), color="green", icon=":material/public:")
    elif one.organisation_id:
        st.badge(say("collections.is_organisation"), color="blue", icon=":material/apartment:")
    elif one.owner != principal.id:
        st.badge(say("collections.is_shared"), color="violet", icon=":material/group:")
    else:
        st.badge(say("collections.is_own"), color="gray", icon=":material/lock:")


def _draw_new() -> None:
    theme.draw_section("collections.new")
    with st.container(border=True, key="collection-new"):
        key = state.generation("collection-name")
        name = st.text_input(say("collections.name"), max_chars=LONGEST_NAME, key=key)
        told = st.text_area(say("collections.description"), height=80, key=state.generation("collection-told"))
        if st.button(say("collections.create"), type="primary", icon=":material/add:", key="collection-create"):
            with notices.errors_shown():
                principal = state.principal()
                assert principal is not None
                made = create_collection(name or "", description=told or "", principal=principal)
                state.reset("collection-name")
                state.reset("collection-told")
                go_to(KNOWLEDGE, **{state.COLLECTION: made.id})
