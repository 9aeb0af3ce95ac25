"""A new domain: from a ZIP of class folders, as an empty name that is filled page by page, or from older files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

import streamlit as st

from app.ui import notices, state, theme, uploading
from app.ui.image_domains import domain_import, ingestion_views
from app.ui.navigation import IMAGE_DOMAINS, go_to
from app.ui.texts import say, say_value
from core.errors import Conflict
from core.images.domains import DomainCard
from core.images.names import domain_name
from core.security.policy import Permission, Principal, is_allowed

UPLOAD = "domain-upload"
WAYS = ("zip", "empty", "files")


def draw(cards: Sequence[DomainCard], principal: Principal) -> None:
    """The three ways to a new domain, for those who may."""
    if not is_allowed(principal, Permission.DATASETS_WRITE):
        st.caption(f":material/lock: {say('domains.may_not_write')}")
        return
    theme.draw_section("domains.new")
    with st.container(border=True, key="domain-intake"):
        way = st.segmented_control(
            say("domains.way"),
            WAYS,
            format_func=lambda one: say_value("domain_way", one),
            default=WAYS[0],
            required=True,
            key="domain-way",
        )
        st.caption(say_value("domain_way_help", str(way)))
        with notices.errors_shown():
            if way == "zip":
                _draw_zip(cards, principal)
            elif way == "empty":
                _draw_empty(cards)
            else:
                domain_import.draw(principal)


def _draw_zip(cards: Sequence[DomainCard], principal: Principal) -> None:
    file = st.file_uploader(
        say("domains.zip"), type=["zip"], max_upload_size=uploading.limit_mb(), key=state.generation(UPLOAD)
    )
    suggested = PurePath(file.name).stem if file else ""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input(
            say("domains.name"), suggested, max_chars=80, key=f"domain-name:{file.file_id if file else ''}", width=360
        )
        pressed = st.button(
            say("domains.create"), type="primary", icon=":material/add:", disabled=file is None, key="domain-create"
        )
    if pressed and file is not None:
        domain = free_name(name or "", cards)
        ingestion_views.keep(domain, [ingestion_views.take(domain, file, principal)])
        state.reset(UPLOAD)
        go_to(IMAGE_DOMAINS, domain=domain)


def _draw_empty(cards: Sequence[DomainCard]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input(say("domains.name"), max_chars=80, key="domain-empty-name", width=360)
        if st.button(say("domains.create"), type="primary", icon=":material/add:", key="domain-create-empty"):
            go_to(IMAGE_DOMAINS, domain=free_name(name or "", cards))


def free_name(name: str, cards: Sequence[DomainCard]) -> str:
    """The name as it is kept. Raises BadInput for one that no folder may have, Conflict for one that is taken."""
    wanted = domain_name(name)
    taken = {card.name.casefold(): card.name for card in cards}.get(wanted.casefold())
    if taken is not None:
        raise Conflict("images.domain_exists", domain=taken)
    return wanted
