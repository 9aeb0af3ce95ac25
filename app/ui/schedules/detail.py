"""One schedule: how it stands, when it comes next, and every time that was due with what became of it."""

from __future__ import annotations

import streamlit as st

from app.ui import choosing, formats, notices, theme
from app.ui.navigation import RUNS, SCHEDULES, go_to, link_to
from app.ui.schedules import builder, cards, words
from app.ui.texts import say, say_value
from core.jobs.schedules import schedules
from core.jobs.schedules.history import ScheduledTime, standings, times
from core.jobs.schedules.schedules import Schedule
from core.security.policy import Permission, Principal, is_allowed
from core.storage.database import utc_now

REFRESH_S = 3.0
PAGE = 20
MOST = 1000


def draw_back() -> None:
    """Back to the list."""
    if st.button(say("schedules.back"), icon=":material/arrow_back:", type="tertiary", key="schedule-back"):
        go_to(SCHEDULES)


def draw(schedule_id: str, principal: Principal) -> None:
    """The head and the history follow by themselves; the times to come stay until the page is drawn anew."""
    schedule = schedules.get(schedule_id, principal=principal)

    def watch() -> None:
        with notices.errors_shown():
            _draw_head(schedules.get(schedule_id, principal=principal), principal)

    def look_back() -> None:
        with notices.errors_shown():
            _draw_times(schedule, principal)

    st.fragment(watch, run_every=REFRESH_S)()
    if schedule.next_at is not None:
        theme.draw_section("schedules.next_times")
        builder.draw_times(schedule.cron, schedule.time_zone)
    theme.draw_section("schedules.history")
    st.fragment(look_back, run_every=REFRESH_S)()


def _draw_head(schedule: Schedule, principal: Principal) -> None:
    fares = standings([schedule])[schedule.id]
    with st.container(border=True, key="hero-schedule"):
        with st.container(horizontal=True, vertical_alignment="center"):
            cards.draw_last(schedule, fares.last)
            st.markdown(f"### {formats.plain(schedule.name)}", width="stretch")
        icon = ":material/pause_circle:" if schedule.paused_at else ":material/schedule:"
        st.markdown(f"**{icon} {formats.plain(words.next_words(schedule))}**")
        told = [words.work_name(schedule), cards.meaning(schedule), schedule.cron]
        told += [say("schedules.missed_count", count=fares.missed)] if fares.missed else []
        st.caption(" · ".join(formats.plain(part) for part in told))
        rules = [
            say("schedules.catch_up_is", rule=say_value("catch_up", schedule.catch_up)),
            say("schedules.overlap_is", rule=say_value("overlap", schedule.overlap)),
        ]
        if schedule.notebook:
            rules.append(say("schedules.attempts_are", count=schedule.most_attempts))
        st.caption(" · ".join(rules))
        if schedule.removed_at is not None:
            st.warning(say("schedules.is_removed"), icon=":material/delete:")
            return
        if is_allowed(principal, Permission.JOBS_SUBMIT):
            with st.container(horizontal=True):
                cards.draw_actions(schedule, principal)
                cards.draw_change(schedule, principal)


def _draw_times(schedule: Schedule, principal: Principal) -> None:
    found = times(schedule.id, principal=principal, limit=MOST)
    if not found:
        st.caption(say("schedules.no_times"))
        return
    _, shown = choosing.one_page(found, PAGE, key=f"schedule-times:{schedule.id}")
    with st.container(border=True, key="schedule-times", gap="small"):
        for one in shown:
            _draw_time(one, schedule)


def _draw_time(one: ScheduledTime, schedule: Schedule) -> None:
    text, color, icon = words.badge_of(one)
    with st.container(horizontal=True, vertical_alignment="center", key=f"time-{one.id}"):
        st.badge(text, color=color, icon=icon)
        st.markdown(f"**{words.local(one.logical_at, schedule.time_zone, utc_now())}**")
        told = words.reason(one)
        if one.attempt is not None and one.attempt > 1:
            told = say("schedules.attempt", attempt=one.attempt, most=schedule.most_attempts)
        st.caption(formats.plain(told) if told else " ", width="stretch")
        if one.job_id is not None:
            link_to(RUNS, say("jobs.open_run"), icon=":material/open_in_new:", run=one.job_id)
