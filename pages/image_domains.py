"""Image domains: bring pictures, build, calibrate, review what people said, and see where everything comes from."""

import streamlit as st

from app.ui import job_cards, notices, state, theme
from app.ui.image_domains import (
    build_views,
    calibration_views,
    domain_choice,
    domain_intake,
    domain_pictures,
    domain_provenance,
    review_queue,
)
from app.ui.texts import say_value
from core.images.domains import list_domains

ROOM = "images"
TABS = {
    "pictures": domain_pictures.draw,
    "build": build_views.draw,
    "calibration": calibration_views.draw,
    "review": review_queue.draw,
    "provenance": domain_provenance.draw,
}

principal = state.principal()
theme.draw_heading("domains.title", "domains.lead")
live, _ = job_cards.newest(principal, room=ROOM, limit=30)
job_cards.draw_live(live, principal, ROOM)

cards = list_domains(principal=principal)
name = state.open_domain()
if name:
    card = domain_choice.find(name, cards)
    domain_choice.draw_head(card, principal)
    labels = [say_value("domain_tab", tab) for tab in TABS]
    for tab, place in zip(TABS, st.tabs(labels, on_change="rerun", key="domain-tabs"), strict=True):
        if place.open:
            with place, notices.errors_shown():
                TABS[tab](card, principal)
else:
    if cards:
        domain_choice.draw_list(cards, principal)
    else:
        notices.empty("domains.none", "domains.none_hint", icon=":material/photo_library:")
    domain_intake.draw(cards, principal)
