"""The list of schedules: what, when next and in how long, how the last run ended, what was missed; and what to do."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from app.ui import formats, notices, state
from app.ui.navigation import SCHEDULES, go_to, link_to
from app.ui.schedules import words
from app.ui.texts import say
from core.jobs.schedules import runs as schedule_runs
from core.jobs.schedules import schedules
from core.jobs.schedules.history import ScheduledTime, Standing, standings
from core.jobs.schedules.schedules import Schedule, list_schedules
from core.security.policy import Permission, Principal, is_allowed

REFRESH_S = 5.0
REMOVED = "removed-schedule"


def draw(principal: Principal) -> None:
    """All schedules; what is due and how runs end follows by itself."""
    _draw_undo(principal)
    known = {one.id for one in list_schedules(principal=principal)}
    may_make = is_allowed(principal, Permission.JOBS_SUBMIT)
    if not known:
        with notices.empty("schedules.none", "schedules.none_hint", icon=":material/event_repeat:"):
            if may_make:
                _draw_new()
        return
    if may_make:
        _draw_new()

    def watch() -> None:
        with notices.errors_shown():
            found = list_schedules(principal=principal)
            if {one.id for one in found} != known:
                st.rerun()
            fares = standings(found)
            for one in found:
                _draw_card(one, fares[one.id], principal)

    st.fragment(watch, run_every=REFRESH_S)()


def _draw_new() -> None:
    if st.button(say("schedules.new"), icon=":material/add:", type="primary", key="schedule-new"):
        go_to(SCHEDULES, new="1")


def _draw_card(schedule: Schedule, fares: Standing, principal: Principal) -> None:
    with st.container(border=True, key=f"schedule-{schedule.id}", gap="small"):
        with st.container(horizontal=True, vertical_alignment="center"):
            draw_last(schedule, fares.last)
            st.markdown(f"**{formats.plain(schedule.name)}**", width="stretch")
            link_to(SCHEDULES, say("schedules.open"), icon=":material/open_in_new:", schedule=schedule.id)
            if is_allowed(principal, Permission.JOBS_SUBMIT):
                draw_actions(schedule, principal)
        icon = ":material/pause_circle:" if schedule.paused_at else ":material/schedule:"
        st.markdown(f"{icon} {formats.plain(words.next_words(schedule))}")
        told = [words.work_name(schedule), meaning(schedule)]
        if fares.missed:
            told.append(say("schedules.missed_count", count=fares.missed))
        if principal.id != schedule.owner:
            told.append(say("schedules.of", who=schedule.owner))
        st.caption(" · ".join(formats.plain(part) for part in told))
        if fares.last is not None and fares.last.state == "refused":
            st.error(words.reason(fares.last), icon=":material/block:")


def meaning(schedule: Schedule) -> str:
    """What its line says, and in which zone."""
    return f"{words.explain(schedule.cron).rstrip('.')} ({schedule.time_zone})"


def draw_last(schedule: Schedule, last: ScheduledTime | None) -> None:
    """How the newest time ended, as a badge; a paused schedule says that first."""
    if schedule.paused_at is not None:
        st.badge(say("schedules.paused"), color="orange", icon=":material/pause_circle:")
    if last is None:
        st.badge(say("schedules.never_yet"), color="gray", icon=":material/schedule:")
    else:
        text, color, icon = words.badge_of(last)
        st.badge(text, color=color, icon=icon)


def draw_actions(schedule: Schedule, principal: Principal) -> None:
    """Run now, pause or resume, change, remove; each is one press."""
    paused = schedule.paused_at is not None
    _press(
        say("schedules.run_now"), ":material/play_arrow:", f"run-{schedule.id}", say("schedules.started"),
        lambda: schedule_runs.run_now(schedule.id, principal=principal),
    )  # fmt: skip
    if paused:
        _press(
            say("schedules.resume"), ":material/resume:", f"resume-{schedule.id}", say("schedules.resumed"),
            lambda: schedules.resume(schedule.id, principal=principal),
        )  # fmt: skip
    else:
        _press(
            say("schedules.pause"), ":material/pause:", f"pause-{schedule.id}", say("schedules.now_paused"),
            lambda: schedules.pause(schedule.id, principal=principal),
        )  # fmt: skip


def draw_change(schedule: Schedule, principal: Principal) -> None:
    """Change it, or take it away, which can be undone."""
    if st.button(say("schedules.change"), icon=":material/edit:", key=f"change-{schedule.id}"):
        go_to(SCHEDULES, edit=schedule.id)
    if st.button(say("schedules.remove"), icon=":material/delete:", key=f"remove-{schedule.id}"):
        with notices.errors_shown():
            removed = schedules.remove(schedule.id, principal=principal)
            state.keep(REMOVED, (removed.id, removed.name))
            go_to(SCHEDULES)


def _press(label: str, icon: str, key: str, said: str, act: Callable[[], object]) -> None:
    if st.button(label, icon=icon, key=f"schedule-{key}"):
        with notices.errors_shown():
            act()
            notices.flash(said)
            st.rerun()


def _draw_undo(principal: Principal) -> None:
    """The way back from the last removal of this visit."""
    kept: tuple[str, str] | None = state.kept(REMOVED)
    if kept is None:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="schedule-removed"):
        st.markdown(f":material/delete: {say('schedules.removed', name=formats.plain(kept[1]))}", width="stretch")
        if st.button(say("schedules.undo"), icon=":material/undo:", key="schedule-undo"):
            with notices.errors_shown():
                schedules.restore(kept[0], principal=principal)
                state.forget(REMOVED)
                st.rerun()
