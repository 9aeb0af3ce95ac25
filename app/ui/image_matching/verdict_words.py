"""A verdict in words: the class in the visitor's language, why a picture stays unknown, and what a number means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.ui import state
from app.ui.texts import say
from core.images.matching import Recognition
from core.images.names import UNKNOWN, english_name, nfc
from core.images.verdict import Match

DIGITS, MOST_DIGITS = 3, 6


def class_names(recognition: Recognition, name: str) -> tuple[str, str]:
    """The name in the visitor's language, and the other one; "" where a class has only one."""
    if name == UNKNOWN:
        return say("images.unknown"), ""
    other = recognition.english(name)
    if other == name:
        return name, ""
    return (name, other) if state.language() == "ko" else (other, name)


def class_label(recognition: Recognition, name: str) -> str:
    """Both names in one line."""
    own, other = class_names(recognition, name)
    return f"{own} ({other})" if other else own


def class_called(text: str, classes: Sequence[str], names: Mapping[str, str]) -> str | None:
    """The class that bears this name, Korean or English, whatever its case. names: Korean -> English."""
    by_name = {english_name(name, names).casefold(): name for name in classes}
    return (by_name | {name.casefold(): name for name in classes}).get(nfc(text).strip().casefold())


def number(value: float) -> str:
    """A similarity or a lead as it is shown everywhere."""
    return f"{value:.{DIGITS}f}"


def told_apart(value: float, limit: float) -> tuple[str, str]:
    """Both numbers with as many digits as it takes to see which is smaller."""
    for digits in range(DIGITS, MOST_DIGITS + 1):
        shown = f"{value:.{digits}f}", f"{limit:.{digits}f}"
        if shown[0] != shown[1]:
            break
    return shown


def reasons_for_unknown(recognition: Recognition) -> list[str]:
    """Why no class was named: one sentence for each threshold that was missed."""
    match = recognition.match
    rule, reasons = match.thresholds, []
    first = class_label(recognition, match.top[0][0])
    if match.s1 < rule.tau1:
        found, needed = told_apart(match.s1, rule.tau1)
        reasons.append(say("images.too_little", name=first, found=found, needed=needed))
    if match.margin < rule.tau2:
        found, needed = told_apart(match.margin, rule.tau2)
        second = class_label(recognition, match.top[1][0]) if len(match.top) > 1 else "–"
        reasons.append(say("images.too_close", first=first, second=second, found=found, needed=needed))
    return reasons or [say("images.no_direction")]


def percentile(match: Match, name: str) -> str:
    """How alike the picture is beside the class's own pictures."""
    if match.percentile is None:
        return say("images.percentile_none")
    share = round(match.percentile)
    if match.percentile == 0:
        return say("images.percentile_lowest", name=name)
    if match.percentile == 100:
        return say("images.percentile_highest", name=name)
    return say("images.percentile", name=name, share=min(99, max(1, share)))
