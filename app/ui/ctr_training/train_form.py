"""Queue a training of click models: dataset and target, then the notebook's own parameters in groups."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import streamlit as st

from app.ui import choosing, ctr_words, job_cards, notices, state
from app.ui.ctr_training.intake import MOST_VALUES
from app.ui.parameter_form import COLUMNS, draw_parameter
from app.ui.texts import say, say_value
from core.ctr.data.schema import COLUMNS as LAYOUT
from core.ctr.data.schema import TARGET
from core.ctr.models.baselines import KINDS
from core.ctr.runs import NOTEBOOK, ROOM
from core.ctr.training.config import LSTM
from core.datasets.records import Dataset, get_profile, list_datasets, require_trainable
from core.jobs.catalogue import Parameter, Value, describe
from core.jobs.records import submit
from core.security.policy import Principal

FORM = "ctr-train"
SAMPLE = ""  # the notebook's own word for the synthetic sample
CHOSEN_ABOVE = ("dataset_id", "target", "positive")
GROUPS: dict[str, tuple[str, ...]] = {
    "data": ("experiment_name", "split", "order_by", "validation_split", "test_split", "seed"),
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
    chosen = _draw_data(stored, principal)
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


def queue(values: dict[str, Value], principal: Principal) -> None:
    """Submit once per set of values while it is live, so two different trainings may be asked for side by side.

    Raises Conflict while a blocking finding of the dataset is open.
    """
    if values["dataset_id"]:
        require_trainable(str(values["dataset_id"]), principal=principal)
    asked = hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]
    job = submit(NOTEBOOK, values, principal=principal, idempotency_key=f"{state.submission_key(FORM)}:{asked}")
    state.set_submitted_job(FORM, job.id)
    notices.flash(say("train.queued"))


def _draw_data(stored: dict[str, Dataset], principal: Principal) -> dict[str, Value]:
    """Dataset, target and the value that is a click: outside the form, since each depends on the one before."""
    left, middle, right = st.columns(3)
    wanted, options = state.open_dataset(), [*stored, SAMPLE]
    dataset_id = choosing.one_of(
        left,
        say("train.dataset"),
        options,
        index=options.index(wanted) if wanted in options else 0,
        format_func=lambda key: name_of(stored.get(key)),
        help=say("ctr.dataset_help"),
        key=f"ctr-dataset:{wanted}",
    )
    dataset = stored.get(dataset_id or SAMPLE)
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
    positive = _draw_positive(right, dataset, target, principal)
    return {"dataset_id": dataset_id or SAMPLE, "target": target or TARGET, "positive": positive}


def _draw_positive(place: Any, dataset: Dataset | None, target: str | None, principal: Principal) -> str:
    if dataset is None or target is None:
        return ""
    column = get_profile(dataset.id, principal=principal).column(target)
    values = [str(top.value) for top in column.top[:MOST_VALUES]]
    if column.quantiles or {*values} <= {"0", "1", "0.0", "1.0", "true", "false", "True", "False"}:
        return ""
    remembered = state.kept(f"positive:{dataset.id}") or (values[1] if len(values) == 2 else None)
    chosen = place.selectbox(
        say("ctr.positive"),
        values,
        index=values.index(remembered) if remembered in values else None,
        placeholder=say("ctr.positive_choose"),
        help=say("ctr.positive_help"),
        key=f"ctr-positive:{dataset.id}:{target}",
    )
    return chosen or ""


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


def name_of(dataset: Dataset | None) -> str:
    """A dataset in a list; None is the synthetic sample."""
    if dataset is None:
        return say("train.sample")
    return say("train.dataset_entry", name=dataset.name, rows=f"{dataset.rows:,}")
