"""Customer lookup: the cluster of one customer with its reasons, or of a whole file."""

import streamlit as st

from app.ui import notices, state, theme
from app.ui.customer_clusters import champion_card
from app.ui.customer_lookup import batch as batch_lookup
from app.ui.customer_lookup import views
from app.ui.navigation import CLUSTERS, link_to
from app.ui.texts import say
from core.customers.serving import current_model, is_published

principal = state.principal()
theme.draw_heading("lookup.title", "lookup.lead")

if not is_published():
    with notices.empty("lookup.none", "lookup.none_hint", icon=":material/person_search:"):
        link_to(CLUSTERS, say("next.train"))
else:
    model = current_model()
    one, batch = st.tabs([say("lookup.one"), say("lookup.batch")], on_change="rerun", key="lookup-tabs")
    if one.open:
        with one:
            form, answer = st.columns([2, 3], gap="medium")
            with form, notices.errors_shown():
                profile = views.draw_form(model)
            with answer, notices.errors_shown():
                if profile is None:
                    notices.empty("lookup.ask", "lookup.ask_hint", icon=":material/touch_app:")
                else:
                    views.draw_answer(model, model.assign_cluster(profile))
                    champion_card.draw_origin(model)
    if batch.open:
        with batch, notices.errors_shown():
            batch_lookup.draw(model)
