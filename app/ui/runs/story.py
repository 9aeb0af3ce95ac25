"""The story of one run: parameters, events, result, error, the executed notebook."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.ui import downloads, formats, job_cards, notices, resources
from app.ui.navigation import RUNS, go_to
from app.ui.parameter_form import label_of
from app.ui.texts import say, say_if_known
from core.jobs.records import RETRYABLE, Job, JobEvent, cancel, events, get_job, retry
from core.security.policy import Principal
from core.storage.exports import RUN_REPORT

REPORT_HEIGHT = 720  # [px]
EVENTS_SHOWN = 200
EVENTS_REFRESH_S = 2.0


def draw_back() -> None:
    """Back to the list."""
    if st.button(say("runs.back"), icon=":material/arrow_back:", type="tertiary"):
        go_to(RUNS)


def draw(job: Job, principal: Principal) -> None:
    """One run; the upper part refreshes by itself while the run lives."""
    drawn = job.state
    known = [job]

    def watch() -> None:
        now = known.pop() if known else get_job(job.id, principal=principal)
        if now.state != drawn:
            st.rerun()
        _draw_summary(now, principal)

    st.fragment(watch, run_every=None if job.has_ended else job_cards.REFRESH_S)()
    story, parameters, result, report = st.tabs(
        [say("runs.story"), say("runs.parameters"), say("runs.result"), say("runs.report")],
        on_change="rerun",
        key="run-tabs",
    )
    if story.open:
        with story:
            st.fragment(
                lambda: _draw_events(events(job.id, principal=principal)),
                run_every=None if job.has_ended else EVENTS_REFRESH_S,
            )()
    if parameters.open:
        with parameters:
            _draw_values(job)
    if result.open:
        with result:
            _draw_result(job)
    if report.open:
        with report:
            _draw_report(job)


def _draw_summary(job: Job, principal: Principal) -> None:
    with st.container(border=True, key="hero-run"):
        with st.container(horizontal=True, vertical_alignment="center"):
            job_cards.draw_state(job)
            st.markdown(f"### {job_cards.title_of(job)}", width="stretch")
            _draw_actions(job, principal)
        if not job.has_ended:
            st.progress(job.fraction, text=job_cards.progress_text(job))
        job_cards.draw_error(job)
        facts = st.columns(4)
        facts[0].metric(say("runs.created"), formats.ago(job.created_at), help=formats.moment(job.created_at))
        facts[1].metric(say("runs.duration"), formats.duration(job.seconds))
        facts[2].metric(say("runs.attempt"), job.attempt)
        facts[3].metric(say("runs.run"), formats.short(job.id), help=job.id)


def _draw_actions(job: Job, principal: Principal) -> None:
    with notices.errors_shown():
        if not job.has_ended:
            label = say("jobs.stopping") if job.cancel_requested else say("jobs.stop")
            if st.button(label, icon=":material/stop_circle:", disabled=bool(job.cancel_requested), key="cancel"):
                cancel(job.id, principal=principal)
                st.rerun()
        elif job.state in RETRYABLE and st.button(say("runs.again"), icon=":material/replay:", key="again"):
            go_to(RUNS, run=retry(job.id, principal=principal).id)


def _draw_events(story: Sequence[JobEvent]) -> None:
    if not story:
        st.caption(say("runs.no_events"))
    rows = [
        {
            "when": formats.clock(event.at),
            "kind": say_if_known("event", event.kind, event.kind),
            "what": _event_text(event),
        }
        for event in story[-EVENTS_SHOWN:]
    ]
    column = st.column_config
    st.dataframe(
        rows,
        column_config={
            "when": column.TextColumn(say("runs.when"), width="small"),
            "kind": column.TextColumn(say("runs.kind"), width="small"),
            "what": column.TextColumn(say("runs.event"), width="large"),
        },
        hide_index=True,
        alt=say("runs.story"),
    )


def _event_text(event: JobEvent) -> str:
    payload = dict(event.payload)
    if event.kind == "state":
        return say_if_known("job_state", payload["state"], payload["state"])
    if "cell" in payload:
        place = f"{payload['cell']}/{payload['of']}" if "of" in payload else str(payload["cell"])
        return f"[{place}] {payload.get('code') or payload.get('text', '').strip()}"
    step = payload.pop("step", "")
    fraction = payload.pop("fraction", None)
    parts = [job_cards.step_text(step)] if step else []
    parts += [formats.share(fraction)] if fraction is not None else []
    parts += [f"{name}: {formats.number(value)}" for name, value in payload.items() if isinstance(value, float)]
    parts += [str(payload["text"])] if "text" in payload else []
    return " · ".join(parts)


def _draw_values(job: Job) -> None:
    if not job.parameters:
        st.caption(say("runs.no_values"))
    else:
        labelled = {label_of(name, job.room): _value_text(value) for name, value in job.parameters.items()}
        st.table(labelled, border="horizontal", hide_header=True)


def _value_text(value: object) -> str:
    return "–" if value in ("", None) else say_if_known("choice", str(value), str(value))


def _draw_result(job: Job) -> None:
    if job.result is None:
        st.caption(say("runs.no_result"))
    else:
        st.json(job.result, expanded=2)


def _draw_report(job: Job) -> None:
    html = resources.run_file(job.id, "notebook.html")
    notebook = resources.run_file(job.id, "notebook.ipynb")
    if html is None or notebook is None:
        st.caption(say("runs.no_report"))
        return
    with st.container(horizontal=True):
        name = f"{job.notebook}-{formats.short(job.id)}"
        downloads.offer(RUN_REPORT, say("runs.download_html"), html, f"{name}.html", "text/html", target=job.id)
        downloads.offer(
            RUN_REPORT, say("runs.download_notebook"), notebook, f"{name}.ipynb", "application/x-ipynb+json",
            target=job.id,
        )  # fmt: skip
    st.iframe(html.decode(), height=REPORT_HEIGHT, alt=say("runs.report"))
