"""Entries of the audit log in a visitor's words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.ui import formats, state
from app.ui.texts import say
from core.security.policy import LOCAL_ANALYST
from core.storage.audit import Entry, sentence

LONGEST_DETAIL = 120


def who(entry: Entry) -> str:
    """As that person was called then."""
    return say("audit.local") if entry.owner == LOCAL_ANALYST.id else entry.name or entry.owner


def what(action: str) -> str:
    """The sentence of an action; the action itself where it has none."""
    return sentence(action, state.language())


def target(entry: Entry, names: Mapping[str, str]) -> str:
    """The thing it was done to; people by name."""
    return names.get(entry.target, entry.target) or "–"


def details(told: Mapping[str, Any]) -> str:
    """One line of whatever was kept beside it."""
    return " · ".join(f"{name}: {value}"[:LONGEST_DETAIL] for name, value in told.items()) or "–"


def exactly(when: datetime) -> str:
    """Date and time to the second where the visitor is."""
    return f"{formats.moment(when).partition(' ')[0]} {formats.clock(when)}"
