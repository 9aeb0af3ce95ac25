"""The few things worth knowing first, each a sentence of the narrative with its facts and a title."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from core.ctr.reporting import drivers, sections
from core.ctr.reporting.sentences import Sentence, Story
from core.messages import say

# Names of Material symbols, which the pages can draw.
ICONS = {
    "no_signal": "block", "signal": "insights", "top": "vertical_align_top", "driver": "hub", "agreement": "balance",
    "calibration": "straighten", "models": "leaderboard", "money": "payments", "gate": "rule",
}  # fmt: skip


@dataclass(frozen=True)
class Insight:
    """facts: ids of the facts whose figures stand in the message."""

    id: str
    icon: str
    title: str
    message: str
    facts: tuple[str, ...]


def insights_in(story: Story) -> tuple[Insight, ...]:
    """Insights, the most important first; where there is no signal, only what led to that verdict."""
    return tuple(_insight(name, said, story.language) for name, said in _chosen(story) if said)


def _chosen(story: Story) -> Iterator[tuple[str, list[Sentence]]]:
    by_key = {sentence.key: sentence for sentence in sections.summary(story)}
    if not story.has_signal:
        yield "no_signal", [by_key["reports.no_signal"], by_key["reports.no_signal_advice"]]
        yield "gate", list(sections.gate(story))
        return
    yield "signal", [by_key["reports.signal"], by_key["reports.ranking"]]
    yield "top", [by_key["reports.top_tenth"]]
    told = {sentence.key: sentence for sentence in drivers.driver_sentences(story)}
    if "reports.driver_top" in told:
        yield "driver", [told[key] for key in ("reports.driver_top", "reports.driver_next") if key in told]
    yield "agreement", list(drivers.agreement_sentences(story))
    yield "calibration", list(sections.calibration(story))
    rivals = ("reports.ahead_of", "reports.level_with", "reports.behind")
    yield "models", [sentence for sentence in sections.quality(story) if sentence.key in rivals][:1]
    yield "money", [sentence for sentence in sections.money(story) if sentence.key != "reports.money"][:1]
    if story.facts["data.findings"].number:
        yield "gate", list(sections.gate(story))


def _insight(name: str, said: list[Sentence], language: str) -> Insight:
    facts = tuple(dict.fromkeys(fact for sentence in said for fact in sentence.facts))
    message = " ".join(sentence.text for sentence in said)
    return Insight(name, ICONS[name], say(f"reports.insight_{name}", language), message, facts)
