"""The charts of the PDF, as vectors from the plain values of the report; dashes and marks tell series apart too."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from core.ctr.reporting.fact_text import figure_text
from core.ctr.reporting.pdf_chart_frame import BLUE, DARK, DASHED, DOTTED, GREY, SOLID, VIOLET, Axes, Pen
from core.ctr.reporting.report_charts import model_label, score_label
from core.messages import say

Paint = Callable[[Pen], None]
Rows = Sequence[Mapping[str, Any]]
NAMES_WIDTH = 150.0  # points kept for names at the left of bars
BARS = 15


def reliability_chart(bins: Rows, language: str) -> Paint:
    """Observed against predicted click rate with Wilson's intervals; the dotted line is perfect calibration."""

    def paint(pen: Pen) -> None:
        top = 1.05 * max(max(one["predicted"], one["observed_high"]) for one in bins)
        axes = Axes(pen, (0, top), (0, top))
        axes.title(say("ctr.chart_reliability", language))
        axes.y_axis(_percent(top), say("ctr.chart_observed", language))
        axes.x_axis(_percent(top), say("ctr.chart_predicted", language))
        axes.line([(0, 0), (top, top)], GREY, dash=DOTTED)
        for one in bins:
            axes.upright_interval(one["predicted"], one["observed_low"], one["observed_high"], BLUE)
        axes.line([(one["predicted"], one["observed"]) for one in bins], BLUE)
        for one in bins:
            pen.dot(*axes.at(one["predicted"], one["observed"]), BLUE)
        observed, perfect = say("ctr.chart_observed", language), say("ctr.chart_perfect", language)
        axes.legend([(observed, BLUE, SOLID), (perfect, GREY, DOTTED)])

    return paint


def lift_chart(tenths: Rows, language: str) -> Paint:
    """Lift of each tenth as bars; the dashed line is chance."""

    def paint(pen: Pen) -> None:
        top = 1.15 * max(1.0, *(one["lift"] for one in tenths))
        axes = Axes(pen, (0.4, len(tenths) + 0.6), (0, top))
        axes.title(say("ctr.chart_lift", language))
        axes.y_axis(lambda tick: f"{tick:g}")
        for one in tenths:
            (left, bottom), (right, height) = (
                axes.at(one["decile"] - 0.34, 0),
                axes.at(one["decile"] + 0.34, one["lift"]),
            )
            pen.box(left, bottom, right - left, height - bottom, BLUE)
            pen.text((left + right) / 2, height + 3, f"{one['lift']:.2f}", align="middle", colour=DARK)
        axes.line([(0.4, 1), (len(tenths) + 0.6, 1)], GREY, dash=DASHED)
        axes.x_axis(lambda tick: f"{tick:g}", say("ctr.chart_decile", language), [one["decile"] for one in tenths])

    return paint


def gain_chart(tenths: Rows, language: str) -> Paint:
    """Share of all clicks found against the share of impressions shown; the dotted line is chance."""

    def paint(pen: Pen) -> None:
        axes = Axes(pen, (0, 1), (0, 1))
        axes.title(say("ctr.chart_gain", language))
        axes.y_axis(_percent(1))
        axes.x_axis(_percent(1), say("ctr.chart_shown_share", language))
        rows = sum(one["rows"] for one in tenths)
        points, shown = [(0.0, 0.0)], 0
        for one in tenths:
            shown += one["rows"]
            points.append((shown / rows, one["gain"]))
        axes.line([(0, 0), (1, 1)], GREY, dash=DOTTED)
        axes.line(points, VIOLET)
        for point in points[1:]:
            pen.dot(*axes.at(*point), VIOLET, square=True)
        axes.legend(
            [(say("ctr.chart_gain", language), VIOLET, SOLID), (say("ctr.chart_by_chance", language), GREY, DOTTED)]
        )

    return paint


def models_chart(models: Rows, language: str) -> Paint:
    """Average precision of every candidate with its interval; the chosen one is violet."""
    score = "average_precision"
    rows = [
        (model_label(one["name"], language), one["evaluation"]["scores"][score], VIOLET if one["chosen"] else BLUE)
        for one in models
    ]
    return _intervals(
        rows, say("ctr.chart_models", language, score=score_label(score, language)), lambda tick: f"{tick:.3g}"
    )


def importance_chart(features: Rows, language: str, method: str = "forest") -> Paint:
    """Importance of the first columns by one method, with intervals."""
    known = sorted((one for one in features if one.get(method)), key=lambda one: -one[method]["value"])[:BARS]
    title = say("reports.chart_importance" if method == "forest" else "reports.chart_shap", language)
    text = _percent(1) if method == "forest" else lambda tick: f"{tick:.3g}"
    return _intervals([(one["name"], one[method], BLUE) for one in known], title, text)


def _intervals(rows: Sequence[tuple[str, Mapping[str, float], str]], title: str, text: Callable[[float], str]) -> Paint:
    """Flat bars with 95 % intervals, names at the left, the first row on top."""

    def paint(pen: Pen) -> None:
        low = min(0.0, *(one["low"] for _, one, _ in rows))
        high = max(one["high"] for _, one, _ in rows)
        room = (high - low) or 1.0
        axes = Axes(
            pen,
            (low - 0.02 * room * (low < 0), high + 0.05 * room),
            (0, len(rows)),
            left=NAMES_WIDTH,
            bottom=24,
            top=18,
        )
        axes.title(title)
        for place, (name, one, colour) in enumerate(rows):
            middle = len(rows) - place - 0.5
            (left, bottom), (right, top) = (
                axes.at(min(0, one["value"]), middle - 0.3),
                axes.at(max(0, one["value"]), middle + 0.3),
            )
            pen.box(left, bottom, right - left, top - bottom, colour)
            axes.flat_interval(middle, one["low"], one["high"], DARK)
            pen.text(
                NAMES_WIDTH - 6, (bottom + top) / 2 - 2.5, pen.cut(name, NAMES_WIDTH - 10), align="right", colour=DARK
            )
        axes.x_axis(text, "")

    return paint


def profit_chart(economics: Mapping[str, Any], language: str) -> Paint:
    """Expected and realised profit by impressions shown, with the chosen cut."""
    curve = economics["curve"]

    def paint(pen: Pen) -> None:
        values = [one["expected_profit"] for one in curve] + [
            one["profit"] for one in curve if one["profit"] is not None
        ]
        low, high = min(values), max(values)
        room = (high - low) or 1.0
        axes = Axes(pen, (0, curve[-1]["impressions"] or 1), (low - 0.05 * room, high + 0.08 * room), left=66)
        axes.title(say("ctr.chart_profit", language))
        axes.y_axis(lambda tick: figure_text(tick, "money", language))
        axes.x_axis(lambda tick: figure_text(tick, "count", language), say("ctr.chart_impressions", language))
        entries: list[tuple[str, str, Sequence[float]]] = [(say("ctr.chart_expected_profit", language), BLUE, SOLID)]
        axes.line([(one["impressions"], one["expected_profit"]) for one in curve], BLUE)
        if all(one["profit"] is not None for one in curve):
            axes.line([(one["impressions"], one["profit"]) for one in curve], VIOLET, dash=DASHED)
            entries.append((say("ctr.chart_realised_profit", language), VIOLET, DASHED))
        best = economics["best"]["impressions"]
        axes.line([(best, axes.y[0]), (best, axes.y[1])], DARK, width=0.8, dash=DOTTED)
        axes.legend([*entries, (say("ctr.chart_best_cut", language), DARK, DOTTED)])

    return paint


def epochs_chart(history: Rows, language: str) -> Paint:
    """Training and validation loss of the sequence model by epoch."""

    def paint(pen: Pen) -> None:
        losses = [one[name] for one in history for name in ("train_loss", "val_loss")]
        room = (max(losses) - min(losses)) or 1.0
        first, last = history[0]["epoch"], history[-1]["epoch"]
        axes = Axes(pen, (first - 0.2, last + 0.2), (min(losses) - 0.08 * room, max(losses) + 0.08 * room))
        axes.title(say("ctr.chart_epochs_loss", language))
        axes.y_axis(lambda tick: f"{tick:.4g}")
        axes.x_axis(lambda tick: f"{tick:g}", say("ctr.chart_epoch", language), [one["epoch"] for one in history])
        for name, colour, dash in (("train_loss", BLUE, SOLID), ("val_loss", VIOLET, DASHED)):
            axes.line([(one["epoch"], one[name]) for one in history], colour, dash=dash)
            for one in history:
                pen.dot(*axes.at(one["epoch"], one[name]), colour, square=name == "val_loss", radius=2.0)
        axes.legend(
            [
                (say("ctr.chart_train_loss", language), BLUE, SOLID),
                (say("ctr.chart_val_loss", language), VIOLET, DASHED),
            ]
        )

    return paint


def _percent(top: float) -> Callable[[float], str]:
    digits = 0 if top > 0.2 else 1
    return lambda tick: f"{100 * tick:.{digits}f}%"
