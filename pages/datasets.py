"""Datasets: upload, map, check, profile, name the columns, and train on what has been stored."""

from app.ui import notices, state, theme
from app.ui.datasets import intake, views
from core.datasets.records import get_dataset, list_datasets

principal = state.principal()
theme.draw_heading("datasets.title", "datasets.lead")

dataset_id = state.open_dataset()
if dataset_id:
    views.draw_back()
    with notices.errors_shown():
        views.draw(get_dataset(dataset_id, principal=principal), principal)
else:
    with notices.errors_shown():
        intake.draw(principal)
    stored = list_datasets(principal=principal)
    if stored:
        views.draw_list(stored)
    else:
        notices.empty("datasets.none", "datasets.none_hint", icon=":material/database:")
