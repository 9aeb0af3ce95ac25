"""What to do next: each action follows from facts by a rule, and promises only what was computed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from core.ctr.reporting.drivers import listed, low_impact_features, shortened
from core.ctr.reporting.sections import is_off, level_text, off_segments
from core.ctr.reporting.sentences import Story, Word
from core.messages import say

LEAKS = {
    "ctr.strong_column", "ctr.filled_after_click", "ctr.time_after_impression", "quality.leaking_column",
    "quality.leaking_number", "quality.target_copy",
}  # fmt: skip
GROUPS_NAMED = 3
ENOUGH_COLUMNS = 3  # fewer columns without effect are not worth an action


@dataclass(frozen=True)
class Action:
    """impact: a computed share (0.4 is 40 %) of what `impact_reason` says; None where that says why there is none.

    duration and cost are never in the data: their reasons stand beside them.
    """

    id: str
    title: str
    description: str
    priority: Literal["high", "medium"]
    impact: float | None
    impact_reason: str
    facts: tuple[str, ...]
    duration_reason: str
    cost_reason: str


def actions_in(story: Story) -> tuple[Action, ...]:
    """Actions, high priority first. Without a signal none of them spends anything."""
    return tuple(sorted(_actions(story), key=lambda action: action.priority != "high"))


def _actions(story: Story) -> Iterator[Action]:
    facts = story.facts
    suspects = [one["column"] for one in story.document["data"]["findings"] if one["code"] in LEAKS and one["column"]]
    if suspects:
        yield _action(story, "leaks", "high", columns=listed(list(dict.fromkeys(suspects))))
    if not story.has_signal:
        yield _action(story, "no_signal", "high", clicks=facts["test.clicks"], rows=facts["test.rows"])
        return
    yield from _spending(story)
    yield _action(
        story, "top", "medium", impact="tenth.more_clicks", lift=facts["tenth.lift"], three=facts["three_tenths.gain"]
    )
    if is_off(story):
        off = off_segments(story)[:GROUPS_NAMED]
        groups = [f"{one['column']} = {shortened(level_text(one['level'], story.language))}" for _, one in off]
        yield _action(
            story, "segments", "medium", off=facts["segments.off"], checked=facts["segments.checked"],
            chance=facts["segments.off_by_chance"], groups=", ".join(groups),
        )  # fmt: skip
    yield _action(story, "test", "high", rows=facts["test.rows"])
    idle = [one.feature for one in low_impact_features(story) if one.status == "insignificant"]
    if len(idle) >= ENOUGH_COLUMNS:
        count = facts["features.idle"]
        yield _action(
            story,
            "columns",
            "medium",
            count=count,
            all=facts["features.explained"],
            columns=listed(idle[:GROUPS_NAMED]),
        )


def _spending(story: Story) -> Iterator[Action]:
    facts = story.facts
    if not story.has("money.profit"):
        yield _action(story, "prices", "high", gain=facts["tenth.gain"])
    elif facts["cut.impressions"].number > 0:
        impact = "money.more_revenue" if "money.more_revenue" in facts else None
        yield _action(
            story, "cut", "high", impact=impact, impressions=facts["cut.impressions"], threshold=facts["cut.threshold"],
            profit=facts["money.profit"], over=facts["money.profit_over_all"],
        )  # fmt: skip


def _action(
    story: Story, name: str, priority: Literal["high", "medium"], *, impact: str | None = None, **given: Word
) -> Action:
    language = story.language
    why = story.sentence(f"reports.action_{name}_why", **given)
    reason = "reports.impact_not_measured" if story.has_signal else "reports.impact_no_signal"
    if impact is not None:
        reason = "reports.impact_revenue" if impact.startswith("money.") else "reports.impact_clicks"
    return Action(
        id=name,
        title=say(f"reports.action_{name}", language),
        description=why.text,
        priority=priority,
        impact=None if impact is None else story.facts[impact].number,
        impact_reason=say(reason, language),
        facts=(*why.facts, impact) if impact else why.facts,
        duration_reason=say("reports.duration_unknown", language),
        cost_reason=say("reports.cost_unknown", language),
    )
