"""Widgets for parameters whose values lie in the workbench: a dataset, a finished run, a picture domain."""

from __future__ import annotations

from collections.abc import Mapping

from streamlit.delta_generator import DeltaGenerator

from app.ui import choosing, dataset_choice, formats, job_cards
from app.ui.parameter_form import draw_parameter, help_of, label_of
from app.ui.texts import say
from core.datasets.records import list_datasets
from core.images.domains import list_domains
from core.jobs.notebooks.catalogue import NotebookDescription, Parameter, Value
from core.jobs.runs.listing import RunSearch, search_jobs
from core.security.policy import Permission, Principal, is_allowed

RUNS_OFFERED = 50


def draw(place: DeltaGenerator, notebook: NotebookDescription, one: Parameter, key: str, principal: Principal) -> Value:
    """A choice among what there is, where a value could be typed as well; any other parameter as it is declared."""
    known = _known(notebook, one, principal)
    if known is None:
        return draw_parameter(place, one, key, room=notebook.room)
    default = str(one.default)
    options = list(dict.fromkeys([default, *known]))
    chosen = choosing.one_of(
        place,
        label_of(one.name, notebook.room),
        options,
        format_func=lambda value: known.get(value, value or say("runs.left_empty")),
        help=help_of(one, notebook.room),
        key=key,
        accept_new_options=True,
    )
    return chosen or ""


def _known(notebook: NotebookDescription, one: Parameter, principal: Principal) -> Mapping[str, str] | None:
    """What can be chosen, by value; None where it has to be typed."""
    if one.type != "str" or one.choices:
        return None
    if one.name == "dataset_id":
        stored = list_datasets(principal=principal, room=notebook.room)
        return {"": say("train.sample"), **{each.id: dataset_choice.name_of(each) for each in stored}}
    if one.name == "run_id":
        search = RunSearch(notebook=f"{notebook.room}_train", states=("succeeded",))
        found = search_jobs(search, principal=principal, limit=RUNS_OFFERED)
        return {
            job.id: f"{job_cards.title_of(job)} · {formats.moment(job.created_at)} · {formats.short(job.id)}"
            for job in found
        }
    if one.name == "domain" and notebook.room == "images" and is_allowed(principal, Permission.IMAGES_READ):
        return {card.name: card.name for card in list_domains(principal=principal)}
    return None
