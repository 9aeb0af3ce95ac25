"""Jobs as visitors see them: state, step and progress read from the job table, so that a reload loses nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import streamlit as st

from app.ui import formats, notices, state
from app.ui.navigation import RUNS, link_to
from app.ui.texts import say, say_if_known, say_value
from core.jobs.job import Job
from core.jobs.notebooks.catalogue import Value
from core.jobs.records import cancel, get_job, list_jobs
from core.messages import say as say_sentence
from core.security.policy import Principal

LIVE = ("queued", "running")
REFRESH_S, IDLE_REFRESH_S = 1.0, 5.0
LOOKS = {
    "queued": ("gray", ":material/schedule:"),
    "running": ("blue", ":material/progress_activity:"),
    "succeeded": ("green", ":material/check_circle:"),
    "failed": ("red", ":material/error:"),
    "cancelled": ("orange", ":material/block:"),
    "lost": ("red", ":material/power_off:"),
}


def title_of(job: Job) -> str:
    """What the job does, in words."""
    return name_of(job.notebook)


def name_of(notebook: str) -> str:
    """A notebook in words."""
    return say_if_known("notebook", notebook, notebook.replace("_", " "))


def draw_state(job: Job) -> None:
    """The state as a badge."""
    color, icon = LOOKS[job.state]
    st.badge(say_value("job_state", job.state), color=color, icon=icon)


def draw_error(job: Job) -> None:
    """Why the job did not succeed, in one sentence."""
    if job.error:
        sentence = say_sentence(job.error["key"], state.language(), **job.error["details"])
        st.error(sentence, icon=":material/error:")


def newest(principal: Principal, *, limit: int, room: str | None = None) -> tuple[tuple[Job, ...], tuple[Job, ...]]:
    """All live jobs, and the newest jobs of any state; one look at the table while all of them fit."""
    jobs = list_jobs(principal=principal, room=room, limit=limit)
    if len(jobs) < limit:
        return tuple(job for job in jobs if job.state in LIVE), jobs
    return list_jobs(principal=principal, room=room, states=LIVE), jobs


def draw_live(
    live: Sequence[Job],
    principal: Principal,
    room: str | None = None,
    *,
    when_idle: Callable[[], None] = lambda: None,
    beneath: Callable[[Job], None] = lambda job: None,
) -> None:
    """Queued and running jobs with progress, refreshed by themselves; the page reruns when one starts or ends.

    live: as `newest` gives them. when_idle: drawn while there is none. beneath: drawn under the progress of each.
    """
    drawn = {job.id for job in live}
    known: list[Sequence[Job]] = [live]  # used up by the first drawing; refreshes read the table

    def watch() -> None:
        now = known.pop() if known else list_jobs(principal=principal, room=room, states=LIVE)
        if {job.id for job in now} != drawn:
            st.rerun()
        if not now:
            when_idle()
        for job in reversed(now):
            draw_progress(job, principal)
            beneath(job)

    st.fragment(watch, run_every=REFRESH_S if live else IDLE_REFRESH_S)()


def draw_progress(job: Job, principal: Principal) -> None:
    """One live job: what, how far, since when, and a way to stop it."""
    with st.container(border=True, key=f"live-{job.id}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            draw_state(job)
            st.markdown(f"**{title_of(job)}**", width="stretch")
            link_to(RUNS, say("jobs.open_run"), icon=":material/open_in_new:", run=job.id)
            if st.button(say("jobs.stop"), key=f"stop-{job.id}", icon=":material/stop_circle:"):
                with notices.errors_shown():
                    cancel(job.id, principal=principal)
        st.progress(job.fraction, text=progress_text(job))


def progress_text(job: Job) -> str:
    """Step, share done and time, or why it waits."""
    now = datetime.now(UTC)
    if job.state == "queued" and job.not_before is not None and job.not_before > now:
        is_soon = job.not_before - now < timedelta(hours=12)
        begins = formats.clock(job.not_before) if is_soon else formats.moment(job.not_before)
        return say("jobs.waiting_until", at=begins, attempt=job.attempt, most=job.most_attempts)
    if job.state == "queued":
        return say("jobs.waiting", since=formats.ago(job.created_at))
    if job.cancel_requested:
        return say("jobs.stopping")
    step = formats.plain(step_text(job.step)) or say("jobs.starting")
    return say("jobs.progress", step=step, percent=formats.share(job.fraction), time=formats.duration(job.seconds))


def step_text(step: str) -> str:
    """A step in words; what stands behind a point, such as the name of a file, stays as it is."""
    name, point, rest = step.partition(" · ")
    return f"{say_if_known('step', name, name)}{point}{rest}"


def submit_once(form: str, values: Mapping[str, Value], submit: Callable[[str], Job], *, said: str) -> None:
    """Queue what `form` asks for, once for each set of values until its job has ended; `said` tells the visitor.

    submit: queues it under the idempotency key that it is given.
    """
    asked = hashlib.sha256(json.dumps(dict(values), sort_keys=True).encode()).hexdigest()[:16]
    job = submit(f"{state.submission_key(form)}:{asked}")
    state.set_submitted_job(form, job.id)
    notices.flash(said)


def draw_submitted(form: str, principal: Principal) -> Job | None:
    """The job that `form` queued last, with its error if it failed. Once it ended, the form may queue anew."""
    job_id = state.submitted_job(form)
    if job_id is None:
        return None
    job = get_job(job_id, principal=principal)
    if job.has_ended:
        state.renew_submission_key(form)
        draw_error(job)
    return job
