"""Queue a training of click models: dataset and target, then the notebook's own parameters in groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from app.ui import ctr_words, dataset_choice, job_cards, notices, state
from app.ui.ctr_training import click_choice
from app.ui.parameter_form import COLUMNS, draw_parameter
from app.ui.texts import say, say_value
from core.ctr import training_orders
from core.ctr.data.schema import COLUMNS as LAYOUT
from core.ctr.data.schema import TARGET
from core.ctr.models.baselines import KINDS
from core.ctr.runs import NOTEBOOK, ROOM
from core.ctr.training.config import LSTM
from core.datasets.records import list_datasets, load_column
from core.datasets.rows import Dataset
from core.jobs.notebooks.catalogue import Parameter, Value, describe
from core.security.policy import Principal

FORM = "ctr-train"
CHOSEN_ABOVE = ("dataset_id", "target", "positive")
GROUPS: dict[str, tuple[str, ...]] = {
    "data": ("experiment_name", "split", "order_by", "validation_split", "test_split", "max_rows", "seed"),
    "models": ("models", "trials"),
    "network": (
        "lstm_hidden",
        "mlp_hidden",
        "dropout",
        "batch_size",
        "learning_rate",
        "epochs",
        "patience",
        "downsampling",
        "max_events",
    ),
    "money": ("value_per_click", "cost_per_impression", "budget"),
    "afterwards": ("notifications", "explain", "publish", "publish_reason"),
}
FOLDED = ("network",)
WIDTHS = {"models": (3, 1)}  # the names of models need room
CHANNELS = ("email", "slack", "push")


def draw(principal: Principal) -> None:
    """What to train on, and the form; the job it queues is shown among the live ones."""
    job_cards.draw_submitted(FORM, principal)
    stored = {one.id: one for one in list_datasets(principal=principal, room=ROOM)}
    chosen = _draw_data(stored)
    parameters = {one.name: one for one in describe(NOTEBOOK).parameters}
    with st.form(FORM, border=True):
        values: dict[str, Value] = {}
        for group, names in GROUPS.items():
            values |= _draw_group(group, [parameters[name] for name in names])
        pressed = st.form_submit_button(say("train.start"), type="primary", icon=":material/play_arrow:")
    if pressed:
        with notices.errors_shown():
            queue({**chosen, **values}, principal)
            st.rerun()


def queue(values: Mapping[str, Value], principal: Principal) -> None:
    """Submit once per set of values, so two different trainings may be asked for side by side.

    Raises what `training_orders.order` raises.
    """
    job_cards.submit_once(
        FORM,
        values,
        lambda key: training_orders.order(values, principal=principal, idempotency_key=key),
        said=say("train.queued"),
    )


def _draw_data(stored: Mapping[str, Dataset]) -> dict[str, Value]:
    """Dataset, target and the value that is a click: outside the form, since each depends on the one before."""
    left, middle, right = st.columns(3)
    wanted = state.open_dataset()
    dataset_id = dataset_choice.draw(
        left, stored, wanted=wanted, help_text=say("ctr.dataset_help"), key=f"ctr-dataset:{wanted}"
    )
    dataset = stored.get(dataset_id)
    found = list(LAYOUT) if dataset is None else list(dataset.columns)
    suggested = TARGET if dataset is None else dataset.target
    target = middle.selectbox(
        say("ctr.target"),
        found,
        index=found.index(suggested) if suggested in found else None,
        placeholder=say("mapping.choose"),
        help=say("ctr.target_help"),
        disabled=dataset is None,
        key=f"ctr-target:{dataset_id}",
    )
    positive = None
    if dataset is not None and target is not None:
        positive = click_choice.draw(
            right,
            load_column(dataset, target),
            chosen=state.kept(f"positive:{dataset.id}"),
            key=f"ctr-positive:{dataset.id}:{target}",
        )
    return {"dataset_id": dataset_id, "target": target or TARGET, "positive": positive or ""}


def _draw_group(group: str, parameters: list[Parameter]) -> dict[str, Value]:
    if group in FOLDED:
        place = st.expander(say_value("ctr_group", group), icon=":material/tune:")
    else:
        place = st.container()
        place.markdown(f"**{say_value('ctr_group', group)}**")
    widths: Any = WIDTHS.get(group, COLUMNS)
    columns = [column for _ in range(0, len(parameters), COLUMNS) for column in place.columns(widths)]
    return {
        one.name: _draw_one(column, one, f"ctr:{one.name}") for column, one in zip(columns, parameters, strict=False)
    }


def _draw_one(place: Any, parameter: Parameter, key: str) -> Value:
    if parameter.name not in ("models", "notifications"):
        return draw_parameter(place, parameter, key)
    label = say_value("parameter", parameter.name)
    help_text = say_value("parameter_help", parameter.name)
    defaults = [word.strip() for word in str(parameter.default).split(",") if word.strip()]
    if parameter.name == "notifications":
        picked = place.pills(
            label,
            CHANNELS,
            selection_mode="multi",
            default=defaults,
            format_func=lambda name: say_value("channel", name),
            help=help_text,
            key=key,
        )
    else:
        picked = place.multiselect(
            label, [*KINDS, "blend", LSTM], default=defaults, format_func=ctr_words.model, help=help_text, key=key
        )
    return ",".join(picked or ())
