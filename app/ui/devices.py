"""Browsers and machines by the names people know, from what programs say of themselves (`User-Agent`)."""

from __future__ import annotations

# In this order: nearly every browser also says that it is one of those further down.
_PROGRAMS = {
    "Edg": "Edge", "OPR": "Opera", "Whale": "Whale", "SamsungBrowser": "Samsung Internet", "Firefox": "Firefox",
    "FxiOS": "Firefox", "Chrome": "Chrome", "CriOS": "Chrome", "Safari": "Safari", "curl": "curl", "python": "Python",
}  # fmt: skip
_SYSTEMS = {
    "iPhone": "iPhone", "iPad": "iPad", "Android": "Android", "Windows": "Windows", "Mac OS X": "macOS",
    "CrOS": "ChromeOS", "Linux": "Linux",
}  # fmt: skip
LONGEST = 60


def device_of(user_agent: str | None) -> str:
    """Program and system, e.g. "Firefox, Windows"; where neither is known, the beginning of what was said."""
    said = user_agent or ""
    found = [next((name for mark, name in marks.items() if mark in said), "") for marks in (_PROGRAMS, _SYSTEMS)]
    return ", ".join(name for name in found if name) or said[:LONGEST]
