"""Image matching: which class a picture belongs to, or that it belongs to none, with every number behind it."""

import streamlit as st

from app.ui import notices, state, theme
from app.ui.image_matching import asked_domain, batch, single
from app.ui.navigation import IMAGE_DOMAINS, link_to
from app.ui.texts import say
from core.images.domains import list_domains

principal = state.principal()
theme.draw_heading("images.title", "images.lead")

cards = [card for card in list_domains(principal=principal) if card.is_built]
if not cards:
    with notices.empty("images.none", "images.none_hint", icon=":material/image_search:"):
        link_to(IMAGE_DOMAINS, say("images.to_domains"))
else:
    with notices.errors_shown():
        asked = asked_domain.choose(cards, principal)
        one, many = st.tabs([say("images.one"), say("images.batch")], on_change="rerun", key="image-tabs")
        if one.open:
            with one, notices.errors_shown():
                single.draw(asked, principal)
        if many.open:
            with many, notices.errors_shown():
                batch.draw(asked.name, principal)
