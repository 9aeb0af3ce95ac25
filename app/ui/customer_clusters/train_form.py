"""Queue a training of the customer clusters: dataset, parameters, and one job however often the button is hit."""

from __future__ import annotations

import streamlit as st

from app.ui import choosing, job_cards, notices, state
from app.ui.parameter_form import draw_parameters
from app.ui.texts import say
from core.datasets.records import Dataset, list_datasets, require_trainable
from core.jobs.catalogue import Value, describe
from core.jobs.records import submit
from core.security.policy import Principal

NOTEBOOK = "customers_train_clusters"
FORM = "train-clusters"
DATASET = "dataset_id"
SAMPLE = ""  # the notebook's own word for the synthetic sample


def draw(principal: Principal) -> None:
    """The form; afterwards the job it queued is what `job_cards.draw_live` shows."""
    job_cards.draw_submitted(FORM, principal)
    stored: dict[str, Dataset] = {one.id: one for one in list_datasets(principal=principal, room="customers")}
    with st.form(FORM, border=True):
        dataset_id = choosing.one_of(
            st,
            say("train.dataset"),
            [*stored, SAMPLE],
            format_func=lambda key: _name(stored.get(key)),
            help=say("train.dataset_help"),
            key="train-dataset",
        )
        values = draw_parameters(describe(NOTEBOOK), leave_out={DATASET})
        pressed = st.form_submit_button(say("train.start"), type="primary", icon=":material/play_arrow:")
    if pressed:
        with notices.errors_shown():
            queue(dataset_id or SAMPLE, values, principal)
            st.rerun()


def queue(dataset_id: str, values: dict[str, Value], principal: Principal) -> None:
    """Submit once, however often. Raises Conflict while a blocking finding of the dataset is open."""
    if dataset_id:
        require_trainable(dataset_id, principal=principal)
    job = submit(
        NOTEBOOK,
        {DATASET: dataset_id, **values},
        principal=principal,
        idempotency_key=state.submission_key(FORM),
    )
    state.set_submitted_job(FORM, job.id)
    notices.flash(say("train.queued"))


def _name(dataset: Dataset | None) -> str:
    if dataset is None:
        return say("train.sample")
    return say("train.dataset_entry", name=dataset.name, rows=f"{dataset.rows:,}")
