"""Work: the queue, what runs with its sign of life, what comes when, rounds beside the jobs, what the API was asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import streamlit as st

from app.ui import formats, notices, request_tiles, run_charts, state, theme
from app.ui.navigation import RUNS, link_to
from app.ui.schedules import words
from app.ui.texts import say, say_if_known, say_value
from core.operations.charts import durations_figure, rates_figure
from core.operations.work import Queue, Round, RunningJob, Timed, WaitingJob, queue, rounds, timetable
from core.security.policy import Principal, may_see
from core.storage.database import utc_now
from core.telemetry.measures import request_windows_since, requests_since

REFRESH_S = 5.0
OVER = timedelta(hours=1)
ROUND_LOOKS = {"waiting": "●", "running": "▶", "failing": "▲", "late": "▲"}


def draw(principal: Principal) -> None:
    """The queue and the rounds follow by themselves; charts stay until the page is drawn anew."""

    def watch() -> None:
        with notices.errors_shown():
            seen = queue(principal=principal)
            with st.container(key="figures-work"):
                _draw_figures(seen)
            _draw_running(seen.running, principal)
            _draw_waiting(seen.waiting)
            theme.draw_section("operations.timetable")
            _draw_timetable(timetable(principal=principal))
            theme.draw_section("operations.rounds")
            _draw_rounds(rounds(principal=principal))

    st.fragment(watch, run_every=REFRESH_S)()
    theme.draw_section("operations.requests")
    _draw_requests()


def _draw_figures(seen: Queue) -> None:
    tiles = st.columns(4)
    tiles[0].metric(say("operations.running"), f"{seen.by_state.get('running', 0):,}")
    tiles[1].metric(say("operations.waiting"), f"{seen.by_state.get('queued', 0):,}")
    tiles[2].metric(say("operations.oldest_wait"), formats.duration(seen.oldest_wait_s))
    tiles[3].metric(say("operations.failed_lately"), f"{seen.failed_lately:,}",
                    say("operations.of_ended", count=f"{seen.ended_lately:,}"), delta_color="off",
                    delta_arrow="off")  # fmt: skip
    ended = [f"{say_value('job_state', name)} {count:,}" for name, count in sorted(seen.by_state.items())]
    if ended:
        st.caption(say("operations.all_jobs", counts=" · ".join(ended)))


def _draw_running(running: Sequence[RunningJob], principal: Principal) -> None:
    if not running:
        st.caption(say("jobs.idle"))
    for one in running:
        with st.container(border=True, key=f"running-{one.id}", gap="xsmall"):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(f"**{_name_of(one.notebook)}**", width="stretch")
                if may_see(principal, one.owner):
                    link_to(RUNS, say("jobs.open_run"), run=one.id)
            st.progress(one.fraction, formats.plain(one.step) or None)
            alive = (
                say("operations.no_heartbeat")
                if one.heartbeat_age_s is None
                else say("operations.heartbeat", age=formats.duration(one.heartbeat_age_s))
            )
            told = (alive, say("operations.begun", when=formats.ago(one.started_at)), one.host or "", one.id)
            st.caption(formats.plain(" · ".join(part for part in told if part)))


def _draw_waiting(waiting: Sequence[WaitingJob]) -> None:
    if not waiting:
        return
    column = st.column_config
    st.dataframe(
        [
            {"what": _name_of(one.notebook), "waits": formats.duration(one.waits_s),
             "asked": formats.moment(one.created_at), "run": one.id}
            for one in waiting
        ],
        column_config={
            "what": column.TextColumn(say("runs.what"), width="medium"),
            "waits": column.TextColumn(say("operations.waits"), width="small"),
            "asked": column.TextColumn(say("runs.created")),
            "run": column.TextColumn(say("runs.run"), width="medium"),
        },
        hide_index=True,
        alt=say("operations.waiting"),
    )  # fmt: skip


def _draw_timetable(found: Sequence[Timed]) -> None:
    if not found:
        st.caption(say("operations.no_schedules"))
        return
    column = st.column_config
    st.dataframe(
        [
            {
                "schedule": one.schedule.name,
                "what": words.work_name(one.schedule),
                "owner": one.schedule.owner,
                "next": say("operations.schedule_late") if one.is_late else words.next_words(one.schedule),
                "last": words.badge_of(one.standing.last)[0] if one.standing.last else say("schedules.never_yet"),
                "missed": one.standing.missed,
            }
            for one in found
        ],
        column_config={
            "schedule": column.TextColumn(say("operations.schedule"), width="medium", pinned=True),
            "what": column.TextColumn(say("runs.what"), width="medium"),
            "owner": column.TextColumn(say("operations.schedule_owner")),
            "next": column.TextColumn(say("operations.schedule_next"), width="medium"),
            "last": column.TextColumn(say("operations.schedule_last"), width="small"),
            "missed": column.NumberColumn(say("operations.schedule_missed"), width="small"),
        },
        hide_index=True,
        height="content",
        alt=say("operations.timetable"),
    )


def _name_of(notebook: str) -> str:
    return say_if_known("notebook", notebook, notebook.replace("_", " "))


def _draw_rounds(made: Sequence[Round]) -> None:
    if not made:
        notices.empty("operations.no_rounds", "operations.no_rounds_hint", icon=":material/update:")
        return
    column = st.column_config
    st.dataframe(
        [
            {
                "round": say_if_known("round_name", one.name.rpartition(":")[2], one.name),
                "state": f"{ROUND_LOOKS[one.state]} {say_value('round_state', one.state)}",
                "every": formats.duration(one.every_s),
                "begun": formats.ago(one.started_at),
                "next": formats.moment(one.started_at + timedelta(seconds=one.every_s)),
                "failures": one.failures,
                "error": f"{formats.ago(one.last_failure_at)}: {one.last_error}" if one.last_error else "–",
            }
            for one in made
        ],
        column_config={
            "round": column.TextColumn(say("operations.round"), width="medium", pinned=True),
            "state": column.TextColumn(say("runs.state"), width="small"),
            "every": column.TextColumn(say("operations.every")),
            "begun": column.TextColumn(say("operations.round_begun")),
            "next": column.TextColumn(say("operations.next_round")),
            "failures": column.NumberColumn(say("operations.round_failures"), width="small"),
            "error": column.TextColumn(say("operations.round_error"), width="medium"),
        },
        hide_index=True,
        height="content",
        alt=say("operations.rounds"),
    )


def _draw_requests() -> None:
    until = utc_now()
    since = until - OVER
    if not request_tiles.draw(requests_since(since)):
        return
    windows, language = request_windows_since(since), state.language()
    run_charts.show("api_rates", rates_figure(windows, since, until, language), "system")
    run_charts.show("api_times", durations_figure(windows, since, until, language), "system")
