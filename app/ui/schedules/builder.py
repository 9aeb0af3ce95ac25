"""Putting a cron line together: every so many minutes, daily, weekly, monthly, or as it is written; with what it means.

What is chosen is explained and its next five times are shown at once, as the schedule's own zone and UTC see them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import streamlit as st

from app.ui import choosing, formats, notices
from app.ui.schedules import words
from app.ui.texts import say, say_value
from core.errors import WorkbenchError
from core.jobs.schedules.cron_times import own_zone, plain_cron, preview, time_zones

KINDS = ("minutes", "hourly", "daily", "weekly", "monthly", "written")
STEPS = (1, 2, 5, 10, 15, 20, 30)  # minutes that divide an hour: others would not be as long apart
LAST_DAY = "L"
NINE = time(9, 0)


@dataclass(frozen=True)
class Timing:
    """A cron line taken apart into what the form shows; `written` keeps what fits no other kind."""

    kind: str = "daily"
    step: int = 15
    at: time = NINE
    days: tuple[str, ...] = ("MON",)
    day: str = "1"
    line: str = "0 9 * * *"


def taken_apart(cron: str) -> Timing:
    """How the form shows a line that is stored."""
    try:
        line = plain_cron(cron).upper()
    except WorkbenchError:
        return Timing("written", line=cron)
    found = Timing("written", line=cron)
    if (match := re.fullmatch(r"\*(?:/(\d+))? \* \* \* \*", line)) and int(match[1] or 1) in STEPS:
        found = Timing("minutes", step=int(match[1] or 1), line=cron)
    elif match := re.fullmatch(r"(\d+) \* \* \* \*", line):
        found = Timing("hourly", at=time(0, int(match[1])), line=cron)
    elif match := re.fullmatch(r"(\d+) (\d+) (\S+) \* (\S+)", line):
        at, day, weekday = time(int(match[2]), int(match[1])), match[3], match[4]
        if (day, weekday) == ("*", "*"):
            found = Timing("daily", at=at, line=cron)
        elif day == "*" and set(weekday.split(",")) <= set(words.WEEKDAYS):
            found = Timing("weekly", at=at, days=tuple(weekday.split(",")), line=cron)
        elif weekday == "*" and (day == LAST_DAY or day.isdigit()):
            found = Timing("monthly", at=at, day=str(int(day)) if day.isdigit() else day, line=cron)
    return found


def draw(cron: str, zone: str, key: str) -> tuple[str, str]:
    """The line and the time zone as they are chosen. cron, zone: what the form begins with; empty ones are usual."""
    begun = taken_apart(cron) if cron else Timing()
    kind = st.segmented_control(
        say("schedules.when"), KINDS, default=begun.kind, required=True, key=f"schedule-kind:{key}",
        format_func=lambda one: say_value("cron_kind", one),
    )  # fmt: skip
    left, right = st.columns(2)
    with left:
        chosen = _draw_kind(kind or begun.kind, begun, key)
    zones = time_zones()
    usual = zone or (st.context.timezone if st.context.timezone in zones else own_zone())
    where = choosing.one_of(
        right, say("schedules.zone"), zones, index=zones.index(usual) if usual in zones else zones.index("UTC"),
        format_func=str, help=say("schedules.zone_help"), key=f"schedule-zone:{key}",
    )  # fmt: skip
    draw_meaning(chosen, where or "UTC")
    return chosen, where or "UTC"


def _draw_kind(kind: str, begun: Timing, key: str) -> str:
    """The widgets of one kind, and the line they stand for."""
    if kind == "minutes":
        step = st.selectbox(
            say("schedules.step"), STEPS, index=STEPS.index(begun.step), key=f"schedule-step:{key}"
        )  # fmt: skip
        return "* * * * *" if step == 1 else f"*/{step} * * * *"
    if kind == "hourly":
        minute = st.number_input(say("schedules.minute"), 0, 59, begun.at.minute, key=f"schedule-minute:{key}")
        return f"{int(minute)} * * * *"
    if kind == "written":
        line = st.text_input(
            say("schedules.line"), begun.line, help=say("schedules.line_help"), key=f"schedule-line:{key}"
        )  # fmt: skip
        return line or ""
    day = ""
    if kind == "weekly":
        picked = st.pills(
            say("schedules.days"), words.WEEKDAYS, selection_mode="multi", default=list(begun.days),
            format_func=lambda one: say_value("weekday", one.lower()), key=f"schedule-days:{key}",
        )  # fmt: skip
        day = ",".join(one for one in words.WEEKDAYS if one in picked)
    elif kind == "monthly":
        days = [*(str(number) for number in range(1, 32)), LAST_DAY]
        day = choosing.one_of(
            st, say("schedules.day"), days, index=days.index(begun.day),
            format_func=lambda one: say("schedules.last_day") if one == LAST_DAY else one, key=f"schedule-day:{key}",
        ) or "1"  # fmt: skip
    at = st.time_input(say("schedules.at"), begun.at, step=60, key=f"schedule-at:{key}") or begun.at
    if kind == "weekly":
        return f"{at.minute} {at.hour} * * {day or begun.days[0]}"
    return f"{at.minute} {at.hour} {day or '*'} * *"


def draw_meaning(cron: str, zone: str) -> None:
    """What the line says and its next five times, or what is wrong with it."""
    with st.container(border=True, key="schedule-meaning"), notices.errors_shown():
        st.markdown(f"**:material/event_repeat: {words.explain(cron)}**")
        draw_times(cron, zone)


def draw_times(cron: str, zone: str) -> None:
    """The next five times, as the zone and UTC see them; a change of the clock shows in the offset."""
    column, there = st.column_config, ZoneInfo(zone)
    now = datetime.now(UTC)
    found = [(at, at.astimezone(there)) for at in preview(cron, zone, after=now)]
    st.dataframe(
        [
            {
                "local": f"{at:%Y-%m-%d} {words.weekday(at)} {at:%H:%M}",
                "offset": f"UTC{at:%z}"[:6] + ":" + f"{at:%z}"[3:],
                "utc": f"{utc:%Y-%m-%d %H:%M}",
                "until": words.until(utc - now),
            }
            for utc, at in found
        ],
        column_config={
            "local": column.TextColumn(f"{say('schedules.local')} ({zone})", width="medium"),
            "until": column.TextColumn(say("schedules.until"), width="small"),
            "utc": column.TextColumn("UTC", width="medium"),
            "offset": column.TextColumn(say("schedules.offset"), width="small"),
        },
        column_order=("local", "until", "utc", "offset"),
        hide_index=True,
        alt=say("schedules.next_times"),
    )  # fmt: skip
    if len({at.utcoffset() for _, at in found}) > 1:
        st.caption(f":material/info: {say('schedules.clock_change')} {formats.plain(zone)}")
