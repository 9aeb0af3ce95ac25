"""Schedules in words: what a cron line says, when it is next, and what became of a time."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from app.ui import formats, job_cards, state
from app.ui.texts import say, say_value
from core.errors import WorkbenchError
from core.jobs.chains import chains
from core.jobs.schedules.cron_times import plain_cron
from core.jobs.schedules.history import ScheduledTime
from core.jobs.schedules.schedules import Schedule
from core.messages import say as say_sentence

# Colour and symbol by state of a time that led to no run; those of runs are `job_cards.LOOKS`.
LOOKS = {
    "waiting": ("gray", ":material/hourglass_empty:"),
    "starting": ("gray", ":material/schedule:"),
    "submitted": ("gray", ":material/schedule:"),
    "missed": ("orange", ":material/event_busy:"),
    "skipped": ("gray", ":material/skip_next:"),
    "refused": ("red", ":material/block:"),
}
WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_EVERY = re.compile(r"\*/(\d+) \* \* \* \*")
_TIMED = re.compile(r"(\d+) (\d+) (\S+) (\S+) (\S+)")
_DAYS = re.compile(r"[A-Z0-7]+(?:[-,][A-Z0-7]+)*")


def explain(cron: str) -> str:
    """What a line that can be read says, in a sentence. Raises BadInput."""
    line = plain_cron(cron).upper()
    said = _by_minutes(line) or _by_days(line)
    if said:
        return said
    fields = zip(("minute", "hour", "day", "month", "weekday"), line.split(), strict=True)
    told = [f"{say_value('cron_field', name)} {formats.plain(text)}" for name, text in fields if text != "*"]
    return say("schedules.whenever", fields=" · ".join(told))


def _by_minutes(line: str) -> str:
    minute = line.removesuffix(" * * * *")
    if minute == "*":
        return say("schedules.every_minute")
    if match := _EVERY.fullmatch(line):
        return say("schedules.every_minutes", count=match[1])
    return say("schedules.every_hour", minute=f"{int(minute):02}") if minute.isdigit() else ""


def _by_days(line: str) -> str:
    """At one time of day, every day, week or month; empty for anything else."""
    match = _TIMED.fullmatch(line)
    if match is None or match[4] != "*":
        return ""
    clock, day, week = f"{int(match[2]):02}:{int(match[1]):02}", match[3], match[5]
    if day == "*" and week == "*":
        return say("schedules.every_day", time=clock)
    said = ""
    if day == "*" and (names := weekday_names(week)):
        said = say("schedules.every_week", days=", ".join(names), time=clock)
    elif week == "*" and day == "L":
        said = say("schedules.last_of_month", time=clock)
    elif week == "*" and day.isdigit():
        said = say("schedules.every_month", day=day, time=clock)
    return said


def weekday_names(field: str) -> list[str]:
    """The days of a plain list or range of weekdays; empty for what is neither."""
    days: list[int] = []
    if not _DAYS.fullmatch(field):
        return []
    for part in field.split(","):
        ends = [_weekday(one) for one in part.split("-")]
        days += range(ends[0], ends[-1] + 1) if len(ends) == 2 else ends
    return [say_value("weekday", WEEKDAYS[day % 7].lower()) for day in days]


def _weekday(text: str) -> int:
    return WEEKDAYS.index(text) if text in WEEKDAYS else int(text)


def weekday(at: datetime) -> str:
    """The day of the week of a local time."""
    return say_value("weekday", WEEKDAYS[int(f"{at:%w}")].lower())


def next_words(schedule: Schedule, now: datetime | None = None) -> str:
    """When it is next: how long until then, and the time of day in its own zone."""
    if schedule.paused_at is not None:
        return say("schedules.paused_by", who=formats.plain(schedule.paused_by or ""))
    if schedule.next_at is None:
        return say("schedules.no_time_left")
    now = now or datetime.now(UTC)
    at = local(schedule.next_at, schedule.time_zone, now)
    return say("schedules.next_in", until=until(schedule.next_at - now), at=at, zone=schedule.time_zone)


def until(left: timedelta) -> str:
    """How long something is away, in the two largest fitting units."""
    minutes = max(0, round(left.total_seconds() / 60))
    if minutes < 1:
        return say("schedules.in_a_moment")
    if minutes < 60:
        return say("schedules.in_minutes", count=minutes)
    if minutes < 48 * 60:
        return say("schedules.in_hours", hours=minutes // 60, minutes=minutes % 60)
    return say("schedules.in_days", count=minutes // (24 * 60))


def local(at: datetime, zone: str, now: datetime) -> str:
    """A moment as a clock in the zone shows it; the day is left out within a day."""
    there = at.astimezone(ZoneInfo(zone))
    return there.strftime("%H:%M" if abs(at - now) < timedelta(hours=20) else "%Y-%m-%d %H:%M")


def work_name(schedule: Schedule) -> str:
    """The notebook or chain it runs, in words."""
    if schedule.notebook:
        return job_cards.name_of(schedule.notebook)
    return chain_name(schedule.chain or "")


def chain_name(name: str) -> str:
    """A chain as its file calls it; its name where that cannot be read any more."""
    try:
        return chains.describe(name).title(state.language())
    except WorkbenchError:
        return name


def badge_of(one: ScheduledTime) -> tuple[str, Any, str]:
    """Text, colour and symbol of what became of a time: of its run, where there is one."""
    if one.outcome is not None:
        known = one.outcome in job_cards.LOOKS
        color, icon = job_cards.LOOKS[one.outcome] if known else LOOKS["submitted"]
        return say_value("job_state", one.outcome), color, icon
    color, icon = LOOKS[one.state]
    return say_value("time_state", one.state), color, icon


def reason(one: ScheduledTime) -> str:
    """Why nothing was run; empty where something was."""
    return say_sentence(one.reason["key"], state.language(), **one.reason["details"]) if one.reason else ""
