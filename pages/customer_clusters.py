"""Customer clusters: train, compare with the whole, see the evidence, publish, roll back and export."""

import streamlit as st

from app.ui import job_cards, notices, state, theme
from app.ui.customer_clusters import champion_card, cluster_views, publication_views, train_form
from app.ui.texts import say, say_value
from core.customers.serving import ROOM, is_published
from core.jobs.held_back import held_back

principal = state.principal()
theme.draw_heading("clusters.title", "clusters.lead")
live, newest = job_cards.newest(principal, room=ROOM, limit=30)
job_cards.draw_live(live, principal, ROOM)
candidates = held_back(newest)
publication_views.draw_outcome(newest, candidates)

published = [slot for slot in cluster_views.SLOTS if is_published(slot)]
model = None
if "champion" not in published:
    notices.empty("clusters.none", "clusters.none_hint", icon=":material/hub:")
if published:
    slot = published[0]
    if len(published) > 1:
        slot = st.segmented_control(
            say("clusters.slot"),
            published,
            format_func=lambda name: say_value("slot", name),
            default=published[0],
            required=True,
            help=say("clusters.slot_help"),
            key="slot",
        )
    with notices.errors_shown():
        model = champion_card.draw(slot)

names = cluster_views.TABS_UNPUBLISHED if model is None else cluster_views.TABS
labels = [say_value("tab", name) for name in names]
for name, tab in zip(names, st.tabs(labels, on_change="rerun", key="cluster-tabs"), strict=True):
    if not tab.open:
        continue
    with tab, notices.errors_shown():
        if name == "train":
            train_form.draw(principal)
        elif name == "candidates":
            publication_views.draw_candidates(candidates, principal)
        elif model is not None and name == "explorer":
            cluster_views.draw_explorer(model)
        elif model is not None and name == "evidence":
            cluster_views.draw_evidence(model)
        elif model is not None and name == "history":
            publication_views.draw_history(model.slot, principal)
        elif model is not None:
            cluster_views.draw_export(model, principal)
