"""What each section of the report says, from computed facts alone; the rules that pick a sentence stand here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from core.ctr.evaluating.evaluation import CONSTANT
from core.ctr.reporting.drivers import driver_sentences
from core.ctr.reporting.report_charts import model_label
from core.ctr.reporting.sentences import Sentence, Story
from core.messages import say

RIVALS = 3  # other models told one by one; the table has all
FEW_CLICKS = 500  # under this many, small differences are said to be chance
SCORE = "average_precision"


def summary(story: Story) -> Iterator[Sentence]:
    """What matters most; without a signal that comes first and nothing is promised."""
    facts = story.facts
    rows, clicks = facts["test.rows"], facts["test.clicks"]
    if not story.has_signal:
        yield story.sentence("reports.no_signal", rows=rows, clicks=clicks, gain=facts["gain.log_loss"])
        yield story.sentence("reports.no_signal_advice")
    else:
        precision = facts[f"score.{SCORE}"]
        yield story.sentence(
            "reports.signal", rows=rows, clicks=clicks, model=story.model, precision=precision,
            base=story.base(precision.id),
        )  # fmt: skip
        yield story.sentence("reports.ranking", auc=facts["score.auc"], base=story.base("score.auc"))
        yield story.sentence("reports.top_tenth", gain=facts["tenth.gain"], lift=facts["tenth.lift"])
    yield from at_cut(story)
    if story.document["data"]["synthetic"]:
        yield story.sentence("reports.synthetic")


def at_cut(story: Story) -> Iterator[Sentence]:
    """Accuracy and company at the chosen cut, always beside what no model reaches."""
    accuracy = story.facts["at_threshold.accuracy"]
    yield story.sentence(
        "reports.accuracy", threshold=story.facts["at_threshold.threshold"], accuracy=accuracy,
        base=story.base(accuracy.id),
    )  # fmt: skip
    if not story.has("at_threshold.precision"):
        yield story.sentence("reports.flagged_none")
    elif story.has_signal:
        yield story.sentence(
            "reports.flagged", flagged=story.facts["at_threshold.flagged"],
            precision=story.facts["at_threshold.precision"], recall=story.facts["at_threshold.recall"],
        )  # fmt: skip


def data(story: Story) -> Iterator[Sentence]:
    """What was read and how it was split."""
    facts = story.facts
    yield story.sentence(
        "reports.data", source=facts["data.source"], rows=facts["data.rows"], columns=facts["data.columns"],
        clicks=facts["data.clicks"], rate=facts["data.click_rate"],
    )  # fmt: skip
    yield story.sentence(
        "reports.data_gaps", missing=facts["data.missing_share"], duplicates=facts["data.duplicate_rows"]
    )
    parts = {part: facts[f"split.{part}"] for part in ("train", "validation", "test")}
    kind = "reports.split_time" if story.document["split"]["kind"] == "time" else "reports.split_stratified"
    yield story.sentence(kind, **parts)
    if facts["split.moved"].number > 0:
        yield story.sentence("reports.split_moved", moved=facts["split.moved"])
    yield from gate(story)


def gate(story: Story) -> Iterator[Sentence]:
    """How many findings there are; the page lists them."""
    count = story.facts["data.findings"]
    if count.number == 0:
        yield story.sentence("reports.gate_clean")
    else:
        yield story.sentence("reports.gate_findings", count=count, blocking=story.facts["data.findings_blocking"])


def quality(story: Story) -> Iterator[Sentence]:
    """Against the base rate, against the other candidates, and against what is possible."""
    facts = story.facts
    if story.has_signal:
        loss = facts["score.log_loss"]
        yield story.sentence("reports.loss_gain", loss=loss, base=story.base(loss.id), gain=facts["gain.log_loss"])
    else:
        yield story.sentence(
            "reports.no_signal", rows=facts["test.rows"], clicks=facts["test.clicks"], gain=facts["gain.log_loss"]
        )
    yield from _choice(story)
    for name in _rivals(story):
        gap, other = facts[f"versus.{name}.{SCORE}"], model_label(name, story.language)
        key = "reports.level_with"
        if not gap.covers_zero:
            key = "reports.ahead_of" if gap.number < 0 else "reports.behind"
        yield story.sentence(key, other=other, gap=gap)
    if story.has_signal and story.has(f"best_share.{SCORE}", "best_share.log_loss"):
        yield story.sentence(
            "reports.best_share", precision=facts[f"best_share.{SCORE}"], best=facts[f"best.{SCORE}"],
            loss=facts["best_share.log_loss"],
        )  # fmt: skip


def _choice(story: Story) -> Iterator[Sentence]:
    champion = story.document["champion"]
    why = champion["why"].partition(".")[2]
    key = f"reports.why_{why}"
    if why in ("sequence_wins", "sequence_does_not_win"):
        other = model_label(champion["details"]["other"], story.language)
        low, high = story.facts["champion.gap_low"], story.facts["champion.gap_high"]
        yield story.sentence(key, model=story.model, other=other, low=low, high=high)
    else:
        yield story.sentence(key, model=story.model)


def _rivals(story: Story) -> list[str]:
    """The best of the other candidates by average precision."""
    chosen = story.document["champion"]["name"]
    others = [one["name"] for one in story.document["models"] if one["name"] not in (chosen, CONSTANT)]
    told = [name for name in others if story.has(f"versus.{name}.{SCORE}")]
    return sorted(told, key=lambda name: -story.facts[f"versus.{name}.{SCORE}"].number)[:RIVALS]


def calibration(story: Story) -> Iterator[Sentence]:
    """Whether predictions can be read as click rates, overall and by group."""
    facts = story.facts
    yield story.sentence("reports.calibration", ece=facts["score.ece"])
    if not story.has("segments.checked"):
        return
    names = {"checked": "segments.checked", "off": "segments.off", "chance": "segments.off_by_chance"}
    given = {name: facts[fact_id] for name, fact_id in names.items()}
    yield story.sentence("reports.segments_off" if is_off(story) else "reports.segments_fine", **given)
    if is_off(story):
        place, worst = off_segments(story)[0]
        yield story.sentence(
            "reports.segment_worst", column=worst["column"], level=level_text(worst["level"], story.language),
            predicted=facts[f"segment.{place}.predicted"], observed=facts[f"segment.{place}.observed"],
        )  # fmt: skip


def is_off(story: Story) -> bool:
    """More groups outside their interval than twice what chance explains."""
    if not story.has("segments.checked"):
        return False
    return story.facts["segments.off"].number > 2 * max(story.facts["segments.off_by_chance"].number, 1)


def off_segments(story: Story) -> list[tuple[int, dict[str, Any]]]:
    """Place and content of the segments outside their interval, the largest first."""
    found = [
        (place, one) for place, one in enumerate(story.document["evaluation"]["segments"]) if not one["is_calibrated"]
    ]
    return sorted(found, key=lambda pair: -pair[1]["rows"])


def level_text(level: object, language: str) -> str:
    return say("ctr.chart_missing_level", language) if level is None else str(level)


def money(story: Story) -> Iterator[Sentence]:
    """The cut in money, or the reason why there is none."""
    facts = story.facts
    if not story.has_signal:
        yield story.sentence("reports.money_no_signal")
        return
    if not story.has("money.profit"):
        reason = facts["money.profit"].reason if "money.profit" in facts else None
        yield story.sentence("reports.money_missing", reason=say(reason or "ctr.no_prices", story.language))
        return
    if story.has("money.break_even"):
        yield story.sentence(
            "reports.money", value=facts["price.value_per_click"], cost=facts["price.cost_per_impression"],
            even=facts["money.break_even"],
        )  # fmt: skip
    if facts["cut.impressions"].number == 0:
        yield story.sentence("reports.money_none_pays")
        return
    yield story.sentence(
        "reports.money_cut", impressions=facts["cut.impressions"], revenue=facts["money.revenue"],
        cost=facts["money.cost"], profit=facts["money.profit"],
    )  # fmt: skip
    if story.has("cut.profit"):
        yield story.sentence("reports.money_checked", realised=facts["cut.profit"])
    yield story.sentence(
        "reports.money_over", over=facts["money.profit_over_all"], additional=facts["money.additional_revenue"]
    )
    swings = [
        facts[f"swing.value_per_click.{way}.loss"]
        for way in ("up", "down")
        if story.has(f"swing.value_per_click.{way}.loss")
    ]
    if swings:
        worst = max(swings, key=lambda fact: fact.number)
        change = facts[worst.id.replace(".loss", ".change")]
        yield story.sentence("reports.money_swing", change=change, loss=worst)


def limits(story: Story) -> Iterator[Sentence]:
    """What the figures cannot say."""
    if story.document["data"]["synthetic"]:
        yield story.sentence("reports.limit_synthetic")
    if story.facts["test.clicks"].number < FEW_CLICKS:
        yield story.sentence("reports.limit_clicks", clicks=story.facts["test.clicks"])
    yield story.sentence("reports.limit_split")
    yield story.sentence("reports.limit_intervals")
    yield story.sentence("reports.limit_causal")
    yield story.sentence("reports.limit_money")


SECTIONS = {
    "summary": summary,
    "data": data,
    "quality": quality,
    "drivers": driver_sentences,
    "calibration": calibration,
    "money": money,
    "limits": limits,
}
