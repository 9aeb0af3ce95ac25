"""Queue a notebook for one domain: its own parameters, and one job however often the button is hit."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

import streamlit as st

from app.ui import job_cards, notices, state
from app.ui.parameter_form import COLUMNS, draw_parameter
from app.ui.texts import say
from core.jobs.notebooks.catalogue import NotebookDescription, Value, describe
from core.jobs.records import submit
from core.security.policy import Permission, Principal, is_allowed

DOMAIN = "domain"
ROWS = (
    ("image_model", "text_prompt", "with_space"),
    ("target", "seed", "calibrate"),
    ("publish_reason", "publish"),
)
LEFT_OUT = (DOMAIN, "samples_per_class")  # the page chose the domain; samples are drawn at the first start only


def draw(notebook: str, domain: str, label: str, principal: Principal) -> None:
    """The form, for those who may; the job it queues is shown among the live ones."""
    if not is_allowed(principal, Permission.JOBS_SUBMIT):
        st.caption(f":material/lock: {say('domains.may_not_run')}")
        return
    form = form_of(notebook, domain)
    job_cards.draw_submitted(form, principal)
    with st.form(form, border=False):
        values = _draw_parameters(describe(notebook))
        pressed = st.form_submit_button(label, type="primary", icon=":material/play_arrow:")
    if pressed:
        with notices.errors_shown():
            queue(notebook, domain, values, principal)
            st.rerun()


def _draw_parameters(notebook: NotebookDescription) -> dict[str, Value]:
    """The parameters in rows that belong together; one that no row knows stands in a row of its own."""
    left = {one.name: one for one in notebook.parameters if one.name not in LEFT_OUT}
    values: dict[str, Value] = {}
    for row in (*ROWS, *((name,) for name in left if not any(name in row for row in ROWS))):
        shown = [left[name] for name in row if name in left]
        for column, one in zip(st.columns(COLUMNS, vertical_alignment="bottom"), shown, strict=False):
            values[one.name] = draw_parameter(column, one, f"{notebook.name}:{one.name}", room=notebook.room)
    return values


def queue(notebook: str, domain: str, values: Mapping[str, Value], principal: Principal) -> None:
    """Submit once per set of values while it is live. Raises BadInput for a value that may not be."""
    form = form_of(notebook, domain)
    asked = hashlib.sha256(json.dumps(dict(values), sort_keys=True).encode()).hexdigest()[:16]
    job = submit(
        notebook,
        {DOMAIN: domain, **values},
        principal=principal,
        idempotency_key=f"{state.submission_key(form)}:{asked}",
    )
    state.set_submitted_job(form, job.id)
    notices.flash(say("domains.queued"))


def form_of(notebook: str, domain: str) -> str:
    """Which form it is in this visit."""
    return f"{notebook}:{domain}"


def defaults(notebook: str) -> dict[str, Value]:
    """What the notebook takes when nobody says otherwise, the domain left out."""
    return {one.name: one.default for one in describe(notebook).parameters if one.name != DOMAIN}
