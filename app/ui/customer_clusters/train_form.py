"""Queue a training of the customer clusters: dataset, parameters, and one job however often the button is hit."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from app.ui import dataset_choice, job_cards, notices
from app.ui.parameter_form import draw_parameters
from app.ui.texts import say
from core.customers.serving import ROOM
from core.datasets.records import list_datasets, require_trainable
from core.jobs.notebooks.catalogue import Value, describe
from core.jobs.records import submit
from core.security.policy import Principal

NOTEBOOK = "customers_train_clusters"
FORM = "train-clusters"
DATASET = "dataset_id"


def draw(principal: Principal) -> None:
    """The form; afterwards the job it queued is what `job_cards.draw_live` shows."""
    job_cards.draw_submitted(FORM, principal)
    stored = {one.id: one for one in list_datasets(principal=principal, room=ROOM)}
    with st.form(FORM, border=True):
        dataset_id = dataset_choice.draw(st, stored, help_text=say("train.dataset_help"), key="train-dataset")
        values = draw_parameters(describe(NOTEBOOK), leave_out={DATASET})
        pressed = st.form_submit_button(say("train.start"), type="primary", icon=":material/play_arrow:")
    if pressed:
        with notices.errors_shown():
            queue(dataset_id, values, principal)
            st.rerun()


def queue(dataset_id: str, values: Mapping[str, Value], principal: Principal) -> None:
    """Submit once, however often. Raises Conflict while a blocking finding of the dataset is open."""
    if dataset_id != dataset_choice.SAMPLE:
        require_trainable(dataset_id, principal=principal, room=ROOM)
    asked = {DATASET: dataset_id, **values}
    job_cards.submit_once(
        FORM,
        asked,
        lambda key: submit(NOTEBOOK, asked, principal=principal, idempotency_key=key),
        said=say("train.queued"),
    )
