"""Documents: collections, what is brought in, and every document and passage that the chat can cite."""

from app.ui import notices, state, theme
from app.ui.knowledge import collection_list, collection_views, document_views, ingestion_views, passage_views

PLACES = {
    state.PASSAGE: passage_views.draw,
    state.DOCUMENT: document_views.draw,
    state.INGESTION: ingestion_views.draw,
    state.COLLECTION: collection_views.draw,
}

principal = state.principal()
theme.draw_heading("knowledge.title", "knowledge.lead")
with notices.errors_shown():
    opened = state.open_place(*PLACES)
    if opened is None:
        collection_list.draw(principal)
    else:
        name, value = opened
        PLACES[name](value, principal)
