"""Which domain is asked, whether its verdicts were calibrated, and what its rule lets through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from app.ui import state
from app.ui.navigation import IMAGE_DOMAINS, link_to
from app.ui.texts import say
from core.images.domains import DomainCard, open_domain
from core.images.feedback import staged
from core.images.prototypes import Prototypes
from core.images.verdict import in_words
from core.messages import say as say_sentence
from core.security.policy import Principal
from core.settings.current import get_settings

EVERYWHERE = "*"  # no domain may be called so
CHOICE = "image-domain"


@dataclass(frozen=True)
class Asked:
    """The domain that is asked; None asks all of them. version: changes whenever its answers might."""

    prototypes: Prototypes | None
    version: object

    @property
    def name(self) -> str | None:
        return self.prototypes.domain if self.prototypes else None


def choose(cards: Sequence[DomainCard], principal: Principal) -> Asked:
    """The choice, kept in the address, and a card on it. cards: the built domains, at least one.

    Raises what keeps the chosen domain from being read.
    """
    names = [card.name for card in cards]
    options = [*names, EVERYWHERE] if len(names) > 1 else names
    labels = {EVERYWHERE: say("images.everywhere")}
    preset = get_settings().image_domain
    key = f"{CHOICE}-{state.language()}"  # anew in another language: the browser would go on showing the old label
    state.follow_domain(key, options, preset if preset in options else options[0])
    with st.container(horizontal=True, vertical_alignment="bottom", key="image-domain-choice"):
        chosen = st.selectbox(
            say("images.domain"),
            options,
            format_func=lambda name: labels.get(name, name),
            key=key,
            width=340,
        )
        link_to(IMAGE_DOMAINS, say("images.to_domains"), **({} if chosen == EVERYWHERE else {state.DOMAIN: chosen}))
    state.hold_domain(chosen)
    if chosen == EVERYWHERE:
        st.caption(f":material/travel_explore: {say('images.everywhere_help', count=len(names))}")
        return Asked(None, tuple(_version(open_domain(name, principal=principal)) for name in _readable(cards)))
    prototypes = open_domain(chosen, principal=principal)
    _draw_rule(prototypes)
    _draw_waiting(prototypes.domain, principal)
    return Asked(prototypes, _version(prototypes))


def _readable(cards: Sequence[DomainCard]) -> list[str]:
    return [card.name for card in cards if card.problem is None]


def _version(one: Prototypes) -> tuple[object, ...]:
    return (one.domain, one.created_at, one.built_by, one.calibrated_by, one.thresholds, tuple(one.names.items()))


def _draw_rule(prototypes: Prototypes) -> None:
    rule = prototypes.rule
    key, details = in_words(rule)
    with st.container(horizontal=True, vertical_alignment="center", key="image-rule"):
        if rule.is_calibrated:
            st.badge(say("images.calibrated"), color="green", icon=":material/verified:")
        else:
            st.badge(say("images.not_calibrated"), color="orange", icon=":material/warning:")
        classes = say("images.classes", count=len(prototypes.classes))
        st.caption(f"{classes} · {say_sentence(key, state.language(), **details)}", width="stretch")


def _draw_waiting(domain: str, principal: Principal) -> None:
    waiting = len(staged(domain, principal=principal))
    if waiting:
        link_to(
            IMAGE_DOMAINS,
            say("images.remarks_wait", count=waiting),
            icon=":material/rate_review:",
            **{state.DOMAIN: domain},
        )
