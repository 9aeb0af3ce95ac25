"""What drives clicks: the methods side by side, where they part company, and which columns add nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from core.ctr.reporting.report_facts import is_idle
from core.ctr.reporting.sentences import Sentence, Story
from core.messages import say

NAMED = 4  # columns named in one sentence
AGREEING = 0.5  # share of the most important columns in common that is called agreement
SMALL_SHARE = 0.005  # of the importance; under it a column has low impact
LONGEST_NAME = 60  # letters of a column name within a sentence


@dataclass(frozen=True)
class LowImpact:
    """A column that could be left out; its importance and its test stand in the explanation."""

    feature: str
    status: Literal["insignificant", "low_impact"]
    recommendation: str


def driver_sentences(story: Story) -> Iterator[Sentence]:
    """The columns that matter most, with what each method says about the first of them."""
    if story.explanation is None:
        yield story.sentence("reports.no_explanation")
        return
    if not story.has_signal:
        yield story.sentence("reports.no_signal_drivers")
        return
    facts, names = story.facts, [one["name"] for one in story.explanation["features"]]
    yield story.sentence("reports.explained", rows=facts["explained.rows"], count=facts["features.explained"])
    if names:
        sure = [name for name in names[:NAMED] if (facts[f"importance.{name}"].low or 0) > 0]
        if not sure:
            yield story.sentence("reports.driver_none")
            return
        top = sure[0]
        yield story.sentence("reports.driver_top", column=shortened(top), importance=facts[f"importance.{top}"])
        if sure[1:]:
            yield story.sentence("reports.driver_next", columns=listed(sure[1:]))
        permuted = facts.get(f"permutation.{top}")
        if permuted is not None:
            is_sure = permuted.low is not None and permuted.low > 0
            key = "reports.driver_permuted" if is_sure else "reports.driver_permuted_unsure"
            yield story.sentence(key, column=shortened(top), loss=permuted)
    yield from agreement_sentences(story)
    if story.has("welch.different"):
        yield story.sentence("reports.welch_count", count=facts["welch.different"])
    yield story.sentence("reports.importance_is_association")


def agreement_sentences(story: Story) -> Iterator[Sentence]:
    """Whether the methods name the same columns, by the pair that has fewest in common."""
    lowest = story.facts.get("agreement.lowest")
    if lowest is None or story.explanation is None:
        return
    top = story.facts["agreement.top"]
    pair = pairs_of(story.explanation)[int(lowest.source.split("/")[-2])]
    key = "reports.methods_agree" if lowest.number >= AGREEING * top.number else "reports.methods_disagree"
    yield story.sentence(key, lowest=lowest, top=top, pair=pair_text(pair, story.language))
    names = [one["feature"] for one in disagreements_of(story.explanation)]
    if names:
        yield story.sentence("reports.disagreement", columns=listed(names[:NAMED]))


def pairs_of(explanation: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Pairs of methods, with their rank correlation and how many of their first ten columns they share."""
    return list((explanation.get("agreement") or {}).get("pairs", ()))


def disagreements_of(explanation: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Columns high in one method and far below in another, each once with its widest gap, the widest first."""
    found: dict[str, Mapping[str, Any]] = {}
    for one in (explanation.get("agreement") or {}).get("disagreements", ()):
        found.setdefault(one["feature"], one)
    return list(found.values())


def pair_text(pair: Mapping[str, Any], language: str) -> str:
    return f"{method_label(pair['first'], language)} – {method_label(pair['second'], language)}"


def method_label(name: str, language: str) -> str:
    return say(f"ctr.method_{name}", language)


def low_impact_features(story: Story) -> tuple[LowImpact, ...]:
    """Columns without an effect in any method, and those that carry almost no importance."""
    if story.explanation is None:
        return ()
    found = []
    for one in story.explanation["features"]:
        status = _status(one)
        if status is not None:
            key = "reports.low_insignificant" if status == "insignificant" else "reports.low_impact"
            found.append(LowImpact(one["name"], status, say(key, story.language)))
    return tuple(found)


def _status(feature: Mapping[str, Any]) -> Literal["insignificant", "low_impact"] | None:
    if is_idle(feature):
        return "insignificant"
    is_small = feature["forest"]["value"] < SMALL_SHARE and feature["permutation"]["low"] <= 0
    return "low_impact" if is_small else None


def listed(names: list[str]) -> str:
    return ", ".join(shortened(name) for name in names)


def shortened(name: str) -> str:
    """Names of columns come from a visitor's header and may be of any length."""
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"
