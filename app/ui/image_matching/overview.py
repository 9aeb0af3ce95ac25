"""The newest built domain on the overview: what it knows, whether it was calibrated, and the way to asking it."""

from __future__ import annotations

import streamlit as st

from app.ui import notices, state
from app.ui.image_domains import domain_choice
from app.ui.navigation import IMAGE_MATCHING, link_to
from app.ui.texts import say
from core.images.domains import list_domains, open_domain
from core.images.verdict import in_words
from core.messages import say as say_sentence
from core.security.policy import Permission, Principal, is_allowed


def draw(principal: Principal) -> None:
    """A card of the domain that was built last; nothing where none is, or for a role that may not see domains."""
    if not is_allowed(principal, Permission.IMAGES_READ):
        return
    built = [card for card in list_domains(principal=principal) if card.is_built and card.problem is None]
    if not built:
        return
    card = max(built, key=lambda one: one.created_at or "")
    with st.container(border=True, key="hero-images-newest"), notices.errors_shown():
        rule = open_domain(card.name, principal=principal).rule
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"### {card.name}", width="stretch")
            domain_choice.draw_badges(card)
        classes, pictures = st.columns(2)
        classes.metric(say("domains.classes_now"), f"{card.classes:,}")
        pictures.metric(say("domains.pictures_now"), "–" if card.pictures is None else f"{card.pictures:,}")
        key, details = in_words(rule)
        st.caption(say_sentence(key, state.language(), **details))
        with st.container(horizontal=True, vertical_alignment="center"):
            when = say("domains.built", when=domain_choice.when(card.created_at)) if card.created_at else ""
            st.caption(when, width="stretch")
            link_to(IMAGE_MATCHING, say("domains.match"), **{state.DOMAIN: card.name})
