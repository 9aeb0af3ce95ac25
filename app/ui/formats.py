"""Numbers, times and sizes as a visitor reads them, in the visitor's language and time zone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from app.ui.texts import say

MARKUP = str.maketrans({sign: f"\\{sign}" for sign in "\\`*_{}[]()<>#$~:!|"})


def plain(text: str) -> str:
    """Text of documents and people for a place that reads Markdown: nothing in it is markup, nothing is loaded."""
    return text.translate(MARKUP)


def _zone() -> tzinfo:
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def moment(when: datetime | None) -> str:
    """Date and time of day where the visitor is; a dash for never."""
    return when.astimezone(_zone()).strftime("%Y-%m-%d %H:%M") if when else "–"


def clock(when: datetime) -> str:
    """Time of day with seconds, where the visitor is."""
    return when.astimezone(_zone()).strftime("%H:%M:%S")


def ago(when: datetime | None) -> str:
    """How long ago, in the largest fitting unit."""
    if when is None:
        return "–"
    passed = datetime.now(UTC) - when
    if passed < timedelta(minutes=1):
        return say("formats.just_now")
    if passed < timedelta(hours=1):
        return say("formats.minutes_ago", count=int(passed.total_seconds() // 60))
    if passed < timedelta(days=1):
        return say("formats.hours_ago", count=int(passed.total_seconds() // 3600))
    return say("formats.days_ago", count=passed.days)


def duration(seconds: float | None) -> str:
    """Seconds with a digit after the point, minutes from one minute on, hours from one hour on."""
    if seconds is None:
        return "–"
    if seconds < 60:
        return say("formats.seconds", count=f"{seconds:.1f}")
    if seconds >= 3600:
        return say("formats.hours", hours=int(seconds // 3600), minutes=int(seconds % 3600 // 60))
    return say("formats.minutes", minutes=int(seconds // 60), seconds=int(seconds % 60))


def size(count: int) -> str:
    """Bytes as they are, in kB, MB or GB (powers of ten)."""
    if count < 1000:
        return f"{count} B"
    if count >= 1e9:
        return f"{count / 1e9:,.1f} GB"
    return f"{count / 1e6:.1f} MB" if count >= 1_000_000 else f"{count / 1e3:.0f} kB"


def share(fraction: float | None, digits: int = 0) -> str:
    """A fraction as percent."""
    return "–" if fraction is None else f"{fraction:.{digits}%}"


def similarity(value: float | None, digits: int = 3) -> str:
    """A cosine similarity, or a lead of one over another."""
    return "–" if value is None else f"{value:.{digits}f}"


def told_apart(value: float, limit: float, shown: Callable[[float, int], str], digits: range) -> tuple[str, str]:
    """Both numbers as `shown`, with as many of the `digits` as it takes to see which is smaller."""
    for count in digits:
        pair = shown(value, count), shown(limit, count)
        if pair[0] != pair[1]:
            break
    return pair


def number(value: float | None) -> str:
    """Thousands separated; whole numbers without a point, others with two digits after it."""
    if value is None:
        return "–"
    return f"{int(value):,}" if float(value).is_integer() else f"{value:,.2f}"


def short(run_id: str) -> str:
    """The first part of a run's id, enough to tell runs apart."""
    return run_id[:8]
