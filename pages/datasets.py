"""Datasets: upload, map, check, profile, name the columns, and train on what has been stored."""

from app.ui import dataset_intake, dataset_views, notices, state, theme
from core.datasets.records import get_dataset, list_datasets

principal = state.principal()
theme.draw_heading("datasets.title", "datasets.lead")

dataset_id = state.open_dataset()
if dataset_id:
    dataset_views.draw_back()
    with notices.errors_shown():
        dataset_views.draw(get_dataset(dataset_id, principal=principal), principal)
else:
    with notices.errors_shown():
        dataset_intake.draw(principal)
    stored = list_datasets(principal=principal)
    if stored:
        dataset_views.draw_list(stored)
    else:
        notices.empty("datasets.none", "datasets.none_hint", icon=":material/database:")
