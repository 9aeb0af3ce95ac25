"""What a run does: its cells, what the running one prints, what all of it uses, and every event."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from app.ui import formats, job_cards, state
from app.ui.texts import say, say_if_known, say_value
from core.jobs.job import Job, JobEvent
from core.jobs.records import events, get_job
from core.jobs.runs.cells import CellProgress, ResourcePoint, cells_of, printed_by, resource_use
from core.messages import say as say_sentence
from core.security.policy import Principal

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

EVENTS_SHOWN = 200
REFRESH_S = 2.0
LOG_HEIGHT, CHART_HEIGHT = 240, 230  # [px]
LOOKS = {
    "waiting": ":gray[:material/schedule:]",
    "running": ":blue[:material/progress_activity:]",
    "done": ":green[:material/check_circle:]",
    "failed": ":red[:material/error:]",
    "stopped": ":orange[:material/block:]",
    "not_run": ":gray[:material/remove:]",
}
HIDDEN = ("resources", "cell_end")  # told by the curve and by the list of cells


def draw(job: Job, principal: Principal) -> None:
    """Cells, log and resources; looked at again every few seconds until the run has ended."""
    drawn = job.state

    def watch() -> None:
        now = job if job.has_ended else get_job(job.id, principal=principal)
        if now.state != drawn:
            st.rerun()  # the whole page: other parts of it change as well
        cells = cells_of(job.id, principal=principal)
        _draw_cells(cells)
        _draw_log(now, cells, principal)
        _draw_resources(job.id, principal)
        with st.expander(say("runs.all_events"), icon=":material/history:"):
            _draw_events(events(job.id, principal=principal))

    st.fragment(watch, run_every=None if job.has_ended else REFRESH_S)()


def _draw_cells(cells: Sequence[CellProgress]) -> None:
    if not cells:
        st.caption(say("runs.no_cells"))
        return
    done = sum(one.state == "done" for one in cells)
    st.markdown(f"**{say('runs.cells', done=done, count=len(cells))}**")
    head = f"| | {say('runs.cell')} | {say('runs.section')} | {say('runs.cell_state')} | {say('runs.code')} |"
    lines = [head, "|:-:|--:|:--|:--|:--|"]
    for one in cells:
        code = one.first_line.replace("`", "'").replace("|", "\\|")
        if len(code) > 60:
            code = f"{code[:59]}…"
        heading = formats.plain(one.heading)
        lines.append(f"| {LOOKS[one.state]} | {one.position} | {heading} | {_cell_text(one)} | `{code or ' '}` |")
    with st.container(key="run-cells"):
        st.markdown("\n".join(lines))


def _cell_text(one: CellProgress) -> str:
    if one.state == "running" and one.started_at is not None:
        return say("runs.running_since", at=formats.clock(one.started_at))
    word = say_value("cell_state", one.state)
    return word if one.seconds is None else f"{word} · {formats.duration(one.seconds)}"


def _draw_log(job: Job, cells: Sequence[CellProgress], principal: Principal) -> None:
    """What the running cell prints; afterwards what the one printed that did not succeed."""
    shown = next((one for one in cells if one.state in ("running", "failed", "stopped")), None)
    if shown is None:
        return
    printed = printed_by(job.id, shown.position, principal=principal)
    st.markdown(f"**{say('runs.log_of', cell=shown.position)}**")
    if printed:
        st.code(printed, language=None, height=LOG_HEIGHT, wrap_lines=True)
    else:
        st.caption(say("runs.nothing_printed"))


def _draw_resources(job_id: str, principal: Principal) -> None:
    points = resource_use(job_id, principal=principal)
    if len(points) > 1:
        st.markdown(f"**{say('runs.resources')}**")
        figure = resource_figure(points)
        st.plotly_chart(figure, config={"displayModeBar": False}, key="run-resources", alt=say("runs.resources"))


def resource_figure(points: Sequence[ResourcePoint]) -> Figure:
    """Memory on the left axis, processors at work on the right one, by seconds since the first point."""
    from plotly.graph_objects import Figure, Scatter

    seconds = [(one.at - points[0].at).total_seconds() for one in points]
    memory = Scatter(x=seconds, y=[one.memory_mb for one in points], name=say("runs.memory_mb"), mode="lines")
    work = Scatter(
        x=seconds, y=[one.processors for one in points], name=say("runs.processors"), mode="lines",
        line={"dash": "dot"}, yaxis="y2",
    )  # fmt: skip
    figure = Figure([memory, work])
    return figure.update_layout(
        height=CHART_HEIGHT,
        margin={"l": 10, "r": 10, "t": 30, "b": 10},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"},
        xaxis={"title": say("runs.seconds_since")},
        yaxis={"title": say("runs.memory_mb"), "rangemode": "tozero", "nticks": 5},
        yaxis2={
            "title": say("runs.processors"),
            "overlaying": "y",
            "side": "right",
            "rangemode": "tozero",
            "nticks": 4,
            "tickformat": ".2f",
            "showgrid": False,
        },
    )


def _draw_events(story: Sequence[JobEvent]) -> None:
    told = [event for event in story if event.kind not in HIDDEN][-EVENTS_SHOWN:]
    if not told:
        st.caption(say("runs.no_events"))
        return
    rows = [
        {
            "when": formats.clock(event.at),
            "kind": say_if_known("event", event.kind, event.kind),
            "what": _event_text(event),
        }
        for event in told
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
    if event.kind == "error":
        return say_sentence(payload["key"], state.language(), **payload["details"])
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
