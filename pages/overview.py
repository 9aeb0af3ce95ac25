"""Overview: what is trained and how good it is, what runs now, what to do next."""

import streamlit as st

from app.ui import ctr_overview, inbox, job_cards, next_steps, notices, state, theme
from app.ui.chat import overview as chat_overview
from app.ui.customer_clusters import champion_card
from app.ui.image_matching import overview
from app.ui.knowledge import overview as knowledge_overview
from app.ui.runs import table
from core.customers.serving import ROOM, is_published, served_slot

principal = state.principal()
theme.draw_heading("overview.title", "overview.lead")

published = is_published()
live, newest = job_cards.newest(principal, limit=12)
ended = [job for job in newest if job.has_ended]
work, steps = st.columns([3, 2], gap="medium")
with work:
    inbox.draw(principal)
    chat_overview.draw(principal)
    theme.draw_section("overview.running")
    job_cards.draw_live(live, principal, when_idle=table.say_nothing_runs)
    theme.draw_section("overview.trained")
    with notices.errors_shown():
        if published:
            champion_card.draw(served_slot(), compact=True)
        else:
            notices.empty("overview.nothing", "overview.nothing_hint", icon=":material/model_training:")
        ctr_overview.draw(principal)
        overview.draw(principal)
        knowledge_overview.draw(principal)
with steps:
    theme.draw_section("overview.next")
    next_steps.draw(principal, published=published, room=ROOM)
    if ended:
        theme.draw_section("overview.recent")
        table.draw_recent(ended[:5])
