"""The pages of tables and charts: quality, calibration, importance, explanations and money."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.ctr.reporting import pdf_charts
from core.ctr.reporting.drivers import disagreements_of, method_label, pair_text, pairs_of
from core.ctr.reporting.fact_text import NOTHING, Fact, Unit, figure_text
from core.ctr.reporting.narrative import Narrative
from core.ctr.reporting.pdf_layout import Cell, Sheet
from core.ctr.reporting.pdf_pages import shown_of, told
from core.ctr.reporting.report_charts import model_label, score_label
from core.ctr.reporting.report_facts import AT_CUT, MONEY, PRICES, SCORES
from core.ctr.reporting.sections import is_off, level_text, off_segments
from core.ctr.reporting.sentences import Base, Story
from core.messages import say

MOST_SEGMENTS, MOST_FEATURES, MOST_TESTED, MOST_DISAGREEMENTS = 12, 15, 10, 4
TENTHS: tuple[tuple[str, Unit], ...] = (
    ("decile", "count"), ("rows", "count"), ("clicks", "count"), ("click_rate", "share"), ("lift", "factor"),
    ("gain", "share"),
)  # fmt: skip


def quality(sheet: Sheet, story: Story, words: Narrative) -> None:
    """Scores against the base, the figures at the cut, and all candidates."""
    language, facts = story.language, story.facts
    told(sheet, words, "quality")
    head = [say(f"reports.col_{name}", language) for name in ("score", "value", "base")]
    scores = [[score_label(name, language), *_with_base(story, f"score.{name}")] for name in SCORES]
    sheet.table(head, scores, (0.4, 0.4, 0.2), title=say("reports.scores_table", language))
    cut = story.word(facts["at_threshold.threshold"])
    sheet.heading(say("reports.cut_table", language, threshold=cut), room=150)
    sheet.text(say(story.document["threshold"]["basis"], language), "note")
    rows = [
        [say(f"reports.figure_{name}", language), *_with_base(story, f"at_threshold.{name}")]
        for name in AT_CUT if f"at_threshold.{name}" in facts
    ]  # fmt: skip
    sheet.table(head, rows, (0.4, 0.4, 0.2))
    models = story.document["models"]
    if len(models) > 1:
        head = [
            say("reports.col_model", language), score_label("average_precision", language),
            score_label("log_loss", language), say("reports.col_difference", language),
        ]  # fmt: skip
        sheet.table(
            head, [_model_row(story, one) for one in models], (0.2, 0.25, 0.27, 0.28),
            title=say("reports.models_table", language),
            chart=(pdf_charts.models_chart(models, language), 44 + 22 * len(models)),
        )  # fmt: skip
    history = story.document["history"].get("lstm") or ()
    if len(history) > 1:
        sheet.chart(pdf_charts.epochs_chart(history, language), 170)


def _model_row(story: Story, model: dict[str, Any]) -> list[Cell]:
    name = model["name"]
    label = model_label(name, story.language)
    return [
        (label, "chosen" if model["chosen"] else "cell"),
        _figure(story, f"model.{name}.average_precision"),
        _figure(story, f"model.{name}.log_loss"),
        _figure(story, f"versus.{name}.average_precision"),
    ]


def calibration(sheet: Sheet, story: Story, words: Narrative) -> None:
    language, evaluation = story.language, story.document["evaluation"]
    told(sheet, words, "calibration")
    sheet.chart(pdf_charts.reliability_chart(evaluation["reliability"], language), 205)
    sheet.chart(
        pdf_charts.lift_chart(evaluation["deciles"], language),
        165,
        pdf_charts.gain_chart(evaluation["deciles"], language),
    )
    head = [say(f"reports.col_{name}", language) for name in ("tenth", "rows", "clicks", "rate", "lift", "gain")]
    rows = [[figure_text(one[name], unit, language) for name, unit in TENTHS] for one in evaluation["deciles"]]
    sheet.table(head, rows, (0.15, 0.17, 0.17, 0.17, 0.17, 0.17), title=say("reports.tenths_table", language))
    off = off_segments(story) if is_off(story) else []
    if off:
        head = [say(f"reports.col_{name}", language) for name in ("group", "rows", "predicted", "observed")]
        rows = [
            [
                f"{one['column']} = {level_text(one['level'], language)}",
                figure_text(one["rows"], "count", language),
                _figure(story, f"segment.{place}.predicted"),
                _figure(story, f"segment.{place}.observed"),
            ]
            for place, one in off[:MOST_SEGMENTS]
        ]
        sheet.table(head, rows, (0.36, 0.14, 0.16, 0.34), title=say("reports.segments_table", language))
        shown_of(sheet, story, MOST_SEGMENTS, len(off))


def drivers(sheet: Sheet, story: Story, words: Narrative) -> None:
    """Forest and permutation importance; without an explanation one sentence says how to get one."""
    language = story.language
    told(sheet, words, "drivers")
    features = (story.explanation or {}).get("features") or ()
    if not features:
        return
    sheet.chart(pdf_charts.importance_chart(features, language), 44 + 17 * min(len(features), pdf_charts.BARS))
    shown = features[:MOST_FEATURES]
    title = say("reports.importance_table", language, count=figure_text(len(shown), "count", language))
    head = [say(f"reports.col_{name}", language) for name in ("column", "forest", "permutation")]
    rows = [
        [one["name"], _figure(story, f"importance.{one['name']}"), _figure(story, f"permutation.{one['name']}")]
        for one in shown
    ]
    sheet.table(head, rows, (0.24, 0.38, 0.38), title=title)


def explanations(sheet: Sheet, story: Story) -> None:
    """SHAP, Welch's tests and the agreement of the methods; only where the run was explained."""
    language, explanation = story.language, story.explanation
    features = (explanation or {}).get("features") or ()
    if explanation is None or not features:
        return
    sheet.section("explanations", say("reports.page_explanations", language), new_page=False)
    if any(one.get("shap") for one in features):
        sheet.chart(
            pdf_charts.importance_chart(features, language, "shap"), 44 + 17 * min(len(features), pdf_charts.BARS)
        )
    pairs = pairs_of(explanation)
    if pairs:
        head = [say(f"reports.col_{name}", language) for name in ("methods", "overlap", "correlation")]
        rows = [
            [
                pair_text(one, language),
                figure_text(one["overlap"], "count", language),
                figure_text(one["rank_correlation"], "score", language),
            ]
            for one in pairs
        ]
        sheet.table(head, rows, (0.6, 0.2, 0.2), title=say("reports.agreement_table", language))
    apart = disagreements_of(explanation)[:MOST_DISAGREEMENTS]
    if apart:
        head = [say(f"reports.col_{name}", language) for name in ("column", "high", "low")]
        rows = [[one["feature"], _rank(one, "high", language), _rank(one, "low", language)] for one in apart]
        sheet.table(head, rows, (0.4, 0.3, 0.3), title=say("reports.disagreement_table", language))
    title = say("reports.welch_table", language, count=figure_text(min(len(features), MOST_TESTED), "count", language))
    head = [say(f"reports.col_{name}", language) for name in ("column", "shap", "effect", "p", "q")]
    rows = []
    for one in features[:MOST_TESTED]:
        tested = (_figure(story, f"welch.{one['name']}.{part}") for part in ("effect", "p", "q"))
        rows.append([one["name"], _figure(story, f"shap.{one['name']}"), *tested])
    sheet.table(head, rows, (0.2, 0.27, 0.32, 0.09, 0.12), title=title)


def money(sheet: Sheet, story: Story, words: Narrative) -> None:
    """The cut in money; without prices or a signal, the reason alone."""
    language, facts = story.language, story.facts
    told(sheet, words, "money")
    if not story.has_signal or not story.has("money.profit"):
        return
    sheet.chart(pdf_charts.profit_chart(story.document["economics"], language), 220)
    names = [(f"price.{name}", name) for name in PRICES[:2]] + [(f"money.{name}", name) for name in MONEY]
    head = [say(f"reports.col_{name}", language) for name in ("figure", "value")]
    rows = [
        [say(f"reports.figure_{name}", language), _money_text(story, facts[key])] for key, name in names if key in facts
    ]
    sheet.table(head, rows, (0.6, 0.4))
    swings = story.document["economics"]["sensitivity"]
    if swings:
        head = [say(f"reports.col_{name}", language) for name in ("price", "change", "cut", "profit", "forgone")]
        rows = []
        for one in swings:
            stem = f"swing.{one['price']}.{'up' if one['change'] > 0 else 'down'}"
            parts = ("change", "threshold", "profit", "loss")
            rows.append(
                [say(f"reports.figure_{one['price']}", language), *(_figure(story, f"{stem}.{part}") for part in parts)]
            )
        sheet.table(head, rows, (0.26, 0.14, 0.16, 0.2, 0.24), title=say("reports.swing_table", language))


def _with_base(story: Story, fact_id: str) -> tuple[str, str]:
    fact = story.facts[fact_id]
    return story.word(fact), story.word(Base(fact))


def _figure(story: Story, fact_id: str) -> str:
    return story.word(story.facts[fact_id]) if fact_id in story.facts else NOTHING


def _money_text(story: Story, fact: Fact) -> str:
    """The figure, or the reason why there is none."""
    if fact.value is None and fact.reason is not None:
        return say(fact.reason, story.language)
    return story.word(fact)


def _rank(disagreement: Mapping[str, Any], side: str, language: str) -> str:
    method = method_label(disagreement[side], language)
    rank = figure_text(disagreement[f"{side}_rank"], "count", language)
    return say("reports.rank_by", language, rank=rank, method=method)
