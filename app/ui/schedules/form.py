"""A schedule is made or changed: what is run with which values, when, and what happens where that goes wrong."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from app.ui import choosing, formats, job_cards, notices
from app.ui.navigation import SCHEDULES, go_to
from app.ui.parameter_form import draw_grouped
from app.ui.runs import suggestions
from app.ui.schedules import builder, words
from app.ui.texts import say, say_value
from core.jobs.chains import chains
from core.jobs.chains.checks import as_notebook
from core.jobs.notebooks.catalogue import NotebookDescription, list_notebooks
from core.jobs.schedules import schedules
from core.jobs.schedules.schedules import (
    CATCH_UPS,
    LOGICAL_DATE,
    LONGEST_BACKOFF_S,
    MOST_ATTEMPTS,
    OVERLAPS,
    Order,
    Schedule,
)
from core.security.policy import Permission, Principal, is_allowed

CHAIN = "chain:"  # before the name of a chain among notebooks
DEFAULTS = Order("", "")


def runnable(principal: Principal) -> dict[str, str]:
    """What this person may have run: notebooks by name and chains by `chain:` and name, with what they are called."""
    if not is_allowed(principal, Permission.JOBS_SUBMIT):
        return {}
    found = {one.name: job_cards.name_of(one.name) for one in list_notebooks() if is_allowed(principal, one.permission)}
    for chain in chains.list_chains():
        if all(is_allowed(principal, permission) for permission in chain.permissions):
            found[CHAIN + chain.name] = say("schedules.chain_name", name=words.chain_name(chain.name))
    return dict(sorted(found.items(), key=lambda one: (one[0].removeprefix(CHAIN).partition("_")[0], one[1])))


def draw(before: Schedule | None, wanted: str, principal: Principal) -> None:
    """The form. before: the schedule that is changed. wanted: what a new one runs to begin with."""
    known = runnable(principal)
    if not known:
        notices.empty("schedules.may_not", "schedules.may_not_hint", icon=":material/lock:")
        return
    key = before.id if before else "new"
    if before is not None:
        wanted = before.notebook or CHAIN + (before.chain or "")
    names = list(known)
    left, right = st.columns(2)
    work = choosing.one_of(
        left, say("schedules.what"), names, index=names.index(wanted) if wanted in names else 0,
        format_func=known.__getitem__, key=f"schedule-what:{key}",
    ) or names[0]  # fmt: skip
    name = right.text_input(
        say("schedules.name"), before.name if before else "", placeholder=known[work], max_chars=200,
        key=f"schedule-name:{key}",
    )  # fmt: skip
    cron, zone = builder.draw(before.cron if before else "", before.time_zone if before else "", key)
    notebook = _described(work)
    given = before.parameters if before is not None and work == wanted else {}
    with st.expander(say("schedules.parameters", count=len(notebook.parameters)), icon=":material/tune:"):
        values = draw_grouped(
            notebook, given, lambda place, one, widget: suggestions.draw(place, notebook, one, widget, principal),
            key=f"schedule:{key}",
        )  # fmt: skip
    is_chain = work.startswith(CHAIN)
    rules = _draw_rules(before, key, is_chain=is_chain)
    usual = {one.name: one.default for one in notebook.parameters}
    order = replace(
        rules, name=(name or "").strip() or known[work], cron=cron, time_zone=zone,
        notebook=None if is_chain else work, chain=work.removeprefix(CHAIN) if is_chain else None,
        parameters={one: value for one, value in values.items() if one in given or value != usual[one]},
    )  # fmt: skip
    with st.container(horizontal=True):
        label = say("schedules.save_changes") if before else say("schedules.save")
        if st.button(label, type="primary", icon=":material/event_available:", key="schedule-save"):
            _save(order, before, principal)
        if st.button(say("schedules.leave"), key="schedule-leave"):
            go_to(SCHEDULES, **({"schedule": before.id} if before else {}))


def _save(order: Order, before: Schedule | None, principal: Principal) -> None:
    with notices.errors_shown():
        if before is None:
            saved = schedules.create(order, principal=principal)
        else:
            saved = schedules.change(before.id, order, principal=principal)
        notices.flash(say("schedules.saved", when=words.next_words(saved)))
        go_to(SCHEDULES, schedule=saved.id)


def _described(work: str) -> NotebookDescription:
    """The knobs of a notebook or chain; the time that a run is for is filled in by the schedule."""
    if work.startswith(CHAIN):
        chain = chains.describe(work.removeprefix(CHAIN))
        found = as_notebook(chain.name, chain.parameters)
    else:
        found = next(one for one in list_notebooks() if one.name == work)
    return replace(found, parameters=tuple(one for one in found.parameters if one.name != LOGICAL_DATE))


def _draw_rules(before: Schedule | None, key: str, *, is_chain: bool) -> Order:
    """What happens to missed times, while the run before goes on, and after a failure."""
    with st.expander(say("schedules.rules"), icon=":material/rule_settings:"):
        left, right = st.columns(2)
        catch_up = left.segmented_control(
            say("schedules.catch_up"), CATCH_UPS, default=before.catch_up if before else DEFAULTS.catch_up,
            required=True, format_func=lambda one: say_value("catch_up", one), help=say("schedules.catch_up_help"),
            key=f"schedule-catch-up:{key}",
        )  # fmt: skip
        overlap = right.segmented_control(
            say("schedules.overlap"), OVERLAPS, default=before.overlap if before else DEFAULTS.overlap,
            required=True, format_func=lambda one: say_value("overlap", one), help=say("schedules.overlap_help"),
            key=f"schedule-overlap:{key}",
        )  # fmt: skip
        attempts, backoff_s = before.most_attempts if before else 1, before.backoff_s if before else DEFAULTS.backoff_s
        if is_chain:
            st.caption(say("schedules.chain_attempts"))
        else:
            attempts = left.number_input(
                say("runs.most_attempts"), 1, MOST_ATTEMPTS, attempts, help=say("runs.most_attempts_help"),
                key=f"schedule-attempts:{key}",
            )  # fmt: skip
            backoff_s = right.number_input(
                say("runs.backoff"), 0.0, LONGEST_BACKOFF_S, backoff_s, step=5.0, format="%g",
                help=say("runs.backoff_help"), disabled=attempts == 1, key=f"schedule-backoff:{key}",
            )  # fmt: skip
            if attempts > 1:
                waits = [formats.duration(backoff_s * 2**turn) for turn in range(int(attempts) - 1)]
                st.caption(say("runs.waits", waits=", ".join(waits)))
    return Order(
        "", "", catch_up=catch_up or "last", overlap=overlap or "skip", most_attempts=int(attempts),
        backoff_s=float(backoff_s),
    )  # fmt: skip
