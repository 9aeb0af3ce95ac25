"""The list of picture domains, and the head of the one that is open."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import streamlit as st

from app.ui import choosing, formats, notices, state, theme, thumbnails
from app.ui.image_domains import domain_counts
from app.ui.image_domains.domain_counts import Counts
from app.ui.navigation import IMAGE_DOMAINS, IMAGE_MATCHING, go_to, link_to
from app.ui.texts import say
from core.images.domains import DomainCard
from core.images.names import nfc
from core.security.policy import Principal

PAGE, SHOWN = 12, 4  # domains at a time, pictures on each card
CARD_WIDTH = 330  # [px]


def draw_list(cards: Sequence[DomainCard], principal: Principal) -> None:
    """All domains as cards, a page at a time."""
    theme.draw_section("domains.stored")
    _, shown = choosing.one_page(cards, PAGE, key="domains-page")
    with st.grid(min_column_width=CARD_WIDTH):
        for place, card in enumerate(shown):
            with st.container(border=True, key=f"domain-{place}"):
                _draw_card(card, place, principal)


def _draw_card(card: DomainCard, place: int, principal: Principal) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{card.name}**", width="stretch")
        draw_badges(card)
    pictures = domain_counts.first_pictures(card.name, principal, SHOWN)
    if pictures:
        thumbnails.draw_row(pictures)
    st.caption(" · ".join(facts_of(card, domain_counts.count(card.name, principal))))
    if card.problem is not None:
        notices.show_error(card.problem)
    if st.button(say("domains.open"), icon=":material/folder_open:", key=f"open-domain-{place}"):
        go_to(IMAGE_DOMAINS, domain=card.name)


def facts_of(card: DomainCard, counts: Counts) -> list[str]:
    """Classes, pictures, encoder and when it was built, in words."""
    classes = card.classes or counts.classes
    facts = [say("domains.classes", count=classes)]
    number = counts.pictures or card.pictures
    if number is not None:
        facts.append(say("domains.pictures", count=f"{number:,}"))
    if card.encoder:
        facts.append(card.encoder)
    if card.created_at:
        facts.append(say("domains.built", when=when(card.created_at)))
    return facts


def draw_badges(card: DomainCard) -> None:
    """Whether it can be asked, and whether somebody measured what it lets through."""
    if card.problem is not None:
        st.badge(say("domains.has_problem"), color="red", icon=":material/error:")
    elif not card.is_built:
        st.badge(say("domains.not_built"), color="gray", icon=":material/construction:")
    elif card.is_calibrated:
        st.badge(say("domains.calibrated"), color="green", icon=":material/verified:")
    else:
        st.badge(say("domains.not_calibrated"), color="orange", icon=":material/warning:")


def find(name: str, cards: Sequence[DomainCard]) -> DomainCard:
    """The domain of that name; one that is only a name so far has no pictures and is not built."""
    found = {card.name: card for card in cards}.get(nfc(name))
    return found or DomainCard(nfc(name), 0, None, None, False, None, is_built=False)


def draw_head(card: DomainCard, principal: Principal) -> Counts:
    """The way back and what the open domain is; its counts."""
    if st.button(say("domains.back"), icon=":material/arrow_back:", type="tertiary"):
        go_to(IMAGE_DOMAINS)
    counts = domain_counts.count(card.name, principal)
    with st.container(border=True, key="hero-domain"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"### {card.name}", width="stretch")
            draw_badges(card)
            if card.is_built and card.problem is None:
                link_to(IMAGE_MATCHING, say("domains.match"), **{state.DOMAIN: card.name})
        facts = st.columns(4)
        facts[0].metric(say("domains.classes_now"), f"{counts.classes or card.classes:,}")
        facts[1].metric(say("domains.pictures_now"), f"{counts.pictures:,}")
        facts[2].metric(say("domains.unknown_now"), f"{counts.unknown:,}", help=say("domains.unknown_help"))
        facts[3].metric(say("domains.staged_now"), f"{counts.staged:,}", help=say("domains.staged_help"))
        parts = [card.encoder, say("domains.built", when=when(card.created_at)) if card.created_at else None]
        nothing = say("pictures.built_elsewhere") if card.is_built else say("domains.not_built_hint")
        st.caption(" · ".join(part for part in parts if part) or nothing)
        if card.problem is not None:
            notices.show_error(card.problem)
    return counts


def when(told: str) -> str:
    """How long ago a domain says it was built; files from elsewhere may write times in their own way."""
    read = _read_time(told)
    return formats.ago(read) if read else told


def moment(told: str) -> str:
    """The same as date and time of day."""
    read = _read_time(told)
    return formats.moment(read) if read else told


def _read_time(told: str) -> datetime | None:
    try:
        read = datetime.fromisoformat(told)
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)
