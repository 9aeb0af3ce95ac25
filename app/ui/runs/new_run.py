"""Asking for a run: which notebook, with which values, how often it is tried; or an earlier run with changes."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.ui import choosing, formats, job_cards, notices, state
from app.ui.navigation import RUNS, go_to
from app.ui.parameter_form import draw_grouped, label_of
from app.ui.runs import suggestions
from app.ui.runs.values import value_text
from app.ui.texts import say, say_if_known
from core.errors import NotFound
from core.jobs.job import Job, Plan
from core.jobs.notebooks import catalogue
from core.jobs.notebooks.catalogue import NotebookDescription, Value
from core.jobs.records import get_job, submit
from core.jobs.runs.comparing import parameter_pairs
from core.jobs.runs.listing import RunSearch, search_jobs
from core.security.policy import Permission, Principal, is_allowed

MOST_ATTEMPTS, LONGEST_BACKOFF_S, BACKOFF_S = 10, 86_400.0, 30.0


def runnable(principal: Principal) -> tuple[NotebookDescription, ...]:
    """The notebooks that this person may run."""
    if not is_allowed(principal, Permission.JOBS_SUBMIT):
        return ()
    return tuple(one for one in catalogue.list_notebooks() if is_allowed(principal, one.permission))


def may_run_any(principal: Principal) -> bool:
    """Whether there is anything to offer."""
    return bool(runnable(principal))


def may_run(notebook: str, principal: Principal) -> bool:
    """Whether this person may run that one."""
    return any(one.name == notebook for one in runnable(principal))


def draw(named: str | None, changed_from: Job | None, principal: Principal) -> None:
    """The form. named: the notebook to begin with. changed_from: the run whose values stand in it."""
    known = sorted(runnable(principal), key=lambda one: (one.room, job_cards.name_of(one.name)))
    if not known:
        notices.empty("runs.may_not_run", "runs.may_not_run_hint", icon=":material/lock:")
        return
    notebook = _choose(known, changed_from.notebook if changed_from else named, is_fixed=changed_from is not None)
    _draw_broken()
    if notebook is None:
        st.info(say("runs.cannot_run_again"), icon=":material/lock:")
        return
    _draw_about(notebook, principal)
    began = changed_from.parameters if changed_from else {}
    base = changed_from.id if changed_from else ""
    with st.container(border=True, key="run-form"):
        values = draw_grouped(
            notebook,
            began,
            lambda place, one, key: suggestions.draw(place, notebook, one, key, principal),
            key=f"run:{base}",
        )
        if not notebook.parameters:
            st.caption(say("runs.no_values"))
        attempts, backoff_s = _draw_attempts(changed_from)
    if changed_from is not None:
        _draw_changes(notebook, changed_from, values)
    plan = Plan(most_attempts=attempts, backoff_s=backoff_s, changed_from=base or None)
    if st.button(say("runs.start"), type="primary", icon=":material/play_arrow:", key="start-run"):
        with notices.errors_shown():
            go_to(RUNS, run=_submit(notebook, values, plan, principal))


def _choose(known: Sequence[NotebookDescription], wanted: str | None, *, is_fixed: bool) -> NotebookDescription | None:
    """One of the notebooks; a run with changes keeps its own."""
    names = [one.name for one in known]
    if is_fixed and wanted not in names:
        return None
    chosen = choosing.one_of(
        st,
        say("runs.notebook"),
        [wanted] if is_fixed and wanted else names,
        index=names.index(wanted) if wanted in names and not is_fixed else 0,
        format_func=lambda name: f"{_room_name(name, known)} · {job_cards.name_of(name)}",
        key=f"run-of:{wanted or ''}",
        disabled=is_fixed,
    )
    return next((one for one in known if one.name == chosen), None)


def _room_name(name: str, known: Sequence[NotebookDescription]) -> str:
    room = next(one.room for one in known if one.name == name)
    return say_if_known("section", room, room)


def _draw_about(notebook: NotebookDescription, principal: Principal) -> None:
    """How it is called in its file, and how long it took the last time."""
    last = search_jobs(RunSearch(notebook.name, ("succeeded",)), principal=principal, limit=1)
    took = say("runs.took_last", duration=formats.duration(last[0].seconds)) if last else say("runs.never_ran")
    st.caption(f"`notebooks/{notebook.name}.ipynb` · {took}")


def _draw_broken() -> None:
    """Notebooks that nobody can run, with what is wrong with them."""
    broken = catalogue.broken_notebooks()
    if broken:
        with st.expander(say("runs.broken", count=len(broken)), icon=":material/warning:"):
            for one in broken:
                st.markdown(f"**{formats.plain(one.name)}**: {formats.plain(one.text(state.language()))}")


def _draw_attempts(changed_from: Job | None) -> tuple[int, float]:
    """How often it is tried, and how long it waits before the second attempt [s]."""
    with st.expander(say("runs.attempts"), icon=":material/replay:"):
        columns = st.columns(2)
        attempts = columns[0].number_input(
            say("runs.most_attempts"), 1, MOST_ATTEMPTS, changed_from.most_attempts if changed_from else 1,
            help=say("runs.most_attempts_help"), key="run-attempts",
        )  # fmt: skip
        backoff_s = columns[1].number_input(
            say("runs.backoff"), 0.0, LONGEST_BACKOFF_S, changed_from.backoff_s if changed_from else BACKOFF_S,
            step=5.0, format="%g", help=say("runs.backoff_help"), disabled=attempts == 1, key="run-backoff",
        )  # fmt: skip
        if attempts > 1:
            waits = [formats.duration(backoff_s * 2**turn) for turn in range(attempts - 1)]
            st.caption(say("runs.waits", waits=", ".join(waits)))
    return int(attempts), float(backoff_s) if attempts > 1 else 0.0


def _draw_changes(notebook: NotebookDescription, before: Job, values: dict[str, Value]) -> None:
    """What the new run will do differently."""
    pairs = [one for one in parameter_pairs(before.parameters, values) if not one.is_same]
    if not pairs:
        st.caption(f":material/check: {say('runs.no_changes')}")
        return
    st.markdown(f"**{say('runs.changes', count=len(pairs))}**")
    for one in pairs:
        was, now = (formats.plain(value_text(value, notebook.room)) for value in (one.left, one.right))
        st.markdown(f":material/edit: {formats.plain(label_of(one.name, notebook.room))}: ~~{was}~~ → **{now}**")


def _submit(notebook: NotebookDescription, values: dict[str, Value], plan: Plan, principal: Principal) -> str:
    """The run's id; the same values again give the same run until it has ended."""
    form = f"run:{notebook.name}:{plan.changed_from or ''}"
    last = state.submitted_job(form)
    if last is not None and _has_ended(last, principal):
        state.renew_submission_key(form)
    asked = {**values, "most_attempts": plan.most_attempts, "backoff_s": plan.backoff_s}
    job_cards.submit_once(
        form,
        asked,
        lambda key: submit(notebook.name, values, principal=principal, idempotency_key=key, plan=plan),
        said=say("runs.queued"),
    )
    return state.submitted_job(form) or ""


def _has_ended(job_id: str, principal: Principal) -> bool:
    try:
        return get_job(job_id, principal=principal).has_ended
    except NotFound:
        return True
