"""A verdict in words: the class in the visitor's language, why a picture stays unknown, and what a number means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.ui import formats, state
from app.ui.texts import say
from core.images.matching import Recognition
from core.images.names import UNKNOWN, english_name, nfc
from core.images.verdict import Match

DIGITS = range(3, 7)  # after the point, as many as it takes


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


def told_apart(value: float, limit: float) -> tuple[str, str]:
    """A similarity, or a lead, and its threshold, so that one sees which is smaller."""
    return formats.told_apart(value, limit, formats.similarity, DIGITS)


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
