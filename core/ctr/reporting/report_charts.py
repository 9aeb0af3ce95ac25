"""Charts of one training, from the plain values of report.json; `core.charts.rows_of_chart` gives the rows behind each.

Series are told apart by colour and by symbol or dash, so that no one depends on colour alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from core.charts import BELOW, BLUE, GREY, MARGIN, ORANGE, VIOLET
from core.messages import say

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

LOSSES = (("train_loss", BLUE, "solid", "circle"), ("val_loss", ORANGE, "dash", "square"))
QUALITIES = (
    ("auc", BLUE, "solid", "circle"),
    ("average_precision", VIOLET, "dash", "square"),
    ("val_accuracy", GREY, "dot", "diamond"),
)


def model_label(name: str, language: str) -> str:
    """What a person calls a candidate."""
    return say(f"ctr.model_{name}", language)


def score_label(name: str, language: str) -> str:
    """What a person calls a score."""
    return say(f"ctr.score_{name}", language)


def reliability_figure(bins: Sequence[Mapping[str, Any]], language: str) -> Figure:
    """Observed against predicted rates of `evaluation["reliability"]`, with the diagonal."""
    from plotly.graph_objects import Figure, Scatter

    top = max((max(one["predicted"], one["observed_high"]) for one in bins), default=1.0)
    figure = Figure(
        [
            Scatter(
                x=[0, top], y=[0, top], mode="lines", name=say("ctr.chart_perfect", language),
                line={"color": GREY, "dash": "dot"},
            ),
            Scatter(
                x=[one["predicted"] for one in bins], y=[one["observed"] for one in bins], mode="lines+markers",
                name=say("ctr.chart_observed", language), line={"color": BLUE}, marker={"size": 8},
                error_y=_between(bins, "observed"),
            ),
        ]
    )  # fmt: skip
    figure.update_layout(title=say("ctr.chart_reliability", language), legend=BELOW, margin=MARGIN)
    figure.update_xaxes(title=say("ctr.chart_predicted", language), tickformat=".1%", rangemode="tozero")
    return figure.update_yaxes(title=say("ctr.chart_observed", language), tickformat=".1%", rangemode="tozero")


def lift_figure(deciles: Sequence[Mapping[str, Any]], language: str) -> Figure:
    """Lift of each tenth of the rows, best tenth first."""
    from plotly.graph_objects import Bar, Figure

    bar = Bar(
        x=[one["decile"] for one in deciles], y=[one["lift"] for one in deciles], marker_color=BLUE,
        text=[f"{one['lift']:.2f}" for one in deciles], name=say("ctr.chart_lift", language),
        hovertext=[f"{one['clicks']:,} / {one['rows']:,}" for one in deciles],
    )  # fmt: skip
    figure = Figure(bar).update_layout(title=say("ctr.chart_lift", language), margin=MARGIN)
    figure.add_hline(y=1, line_dash="dot", line_color=GREY)
    return figure.update_xaxes(title=say("ctr.chart_decile", language), dtick=1)


def gain_figure(deciles: Sequence[Mapping[str, Any]], language: str) -> Figure:
    """Share of all clicks found when the best tenths are shown, against showing by chance."""
    from plotly.graph_objects import Figure, Scatter

    share = [0.0, *(one["decile"] / len(deciles) for one in deciles)]
    figure = Figure(
        [
            Scatter(
                x=share, y=[0.0, *(one["gain"] for one in deciles)], mode="lines+markers",
                name=say("ctr.chart_gain", language), line={"color": BLUE},
            ),
            Scatter(
                x=share, y=share, mode="lines", name=say("ctr.chart_by_chance", language),
                line={"color": GREY, "dash": "dot"},
            ),
        ]
    )  # fmt: skip
    figure.update_layout(title=say("ctr.chart_gain", language), legend=BELOW, margin=MARGIN)
    figure.update_xaxes(title=say("ctr.chart_shown_share", language), tickformat=".0%")
    return figure.update_yaxes(tickformat=".0%")


def segments_figure(segments: Sequence[Mapping[str, Any]], column: str, language: str) -> Figure:
    """Observed rates with intervals and predicted rates of each level of one column, largest level first."""
    from plotly.graph_objects import Figure, Scatter

    rows = [one for one in segments if one["column"] == column]
    levels = [say("ctr.chart_missing_level", language) if one["level"] is None else str(one["level"]) for one in rows]
    figure = Figure(
        [
            Scatter(
                x=levels, y=[one["observed"] for one in rows], mode="markers", error_y=_between(rows, "observed"),
                name=say("ctr.chart_observed", language), marker={"color": BLUE, "size": 8},
            ),
            Scatter(
                x=levels, y=[one["predicted"] for one in rows], mode="markers",
                name=say("ctr.chart_predicted", language),
                marker={"color": ORANGE, "size": 10, "symbol": "x-thin", "line": {"width": 3, "color": ORANGE}},
            ),
        ]
    )  # fmt: skip
    figure.update_layout(title=say("ctr.chart_segments", language, column=column), legend=BELOW, margin=MARGIN)
    figure.update_xaxes(type="category")
    return figure.update_yaxes(tickformat=".1%", rangemode="tozero")


def epochs_figure(history: Sequence[Mapping[str, Any]], language: str) -> Figure:
    """Losses per epoch."""
    return _lines(history, LOSSES, "ctr.chart_epochs_loss", language)


def quality_figure(history: Sequence[Mapping[str, Any]], language: str) -> Figure:
    """AUC, average precision and accuracy on the validation rows, per epoch."""
    return _lines(history, QUALITIES, "ctr.chart_epochs_quality", language)


def profit_figure(economics: Mapping[str, Any], language: str) -> Figure:
    """Expected and realised profit over the number of impressions, with the chosen cut."""
    from plotly.graph_objects import Figure, Scatter

    curve, best = economics["curve"], economics["best"]
    figure = Figure()
    for key, label, colour, dash in (
        ("expected_profit", say("ctr.chart_expected_profit", language), BLUE, "solid"),
        ("profit", say("ctr.chart_realised_profit", language), ORANGE, "dash"),
    ):
        if curve and curve[0][key] is not None:
            figure.add_trace(
                Scatter(
                    x=[one["impressions"] for one in curve], y=[one[key] for one in curve], mode="lines", name=label,
                    line={"color": colour, "dash": dash},
                )
            )  # fmt: skip
    if best is not None:
        marker = {"color": VIOLET, "size": 12, "symbol": "diamond"}
        name = say("ctr.chart_best_cut", language)
        x, y = [best["impressions"]], [best["expected_profit"]]
        figure.add_trace(Scatter(x=x, y=y, mode="markers", name=name, marker=marker))
    figure.add_hline(y=0, line_dash="dot", line_color=GREY)
    figure.update_layout(title=say("ctr.chart_profit", language), legend=BELOW, margin=MARGIN)
    return figure.update_xaxes(title=say("ctr.chart_impressions", language), tickformat=",")


def models_figure(models: Sequence[Mapping[str, Any]], score: str, language: str) -> Figure:
    """One score of every candidate with its interval, and what the constant click rate reaches."""
    from plotly.graph_objects import Figure, Scatter

    intervals = [one["evaluation"]["scores"][score] for one in models][::-1]
    names = [model_label(one["name"], language) for one in models][::-1]
    dots = Scatter(
        x=[one["value"] for one in intervals], y=names, mode="markers", name=score_label(score, language),
        marker={"size": 10, "color": [VIOLET if one.get("chosen") else BLUE for one in models][::-1]},
        error_x={
            "type": "data", "symmetric": False, "array": [one["high"] - one["value"] for one in intervals],
            "arrayminus": [one["value"] - one["low"] for one in intervals],
        },
    )  # fmt: skip
    figure = Figure(dots).update_layout(
        title=say("ctr.chart_models", language, score=score_label(score, language)),
        margin=MARGIN,
        height=140 + 44 * len(models),
    )
    base = models[0]["evaluation"]["base"][score]
    figure.add_vline(x=base, line_dash="dot", line_color=GREY, annotation_text=say("ctr.chart_base", language),
                     annotation_position="bottom right")  # fmt: skip
    return figure.update_yaxes(automargin=True)


def _lines(
    history: Sequence[Mapping[str, Any]], series: Sequence[tuple[str, str, str, str]], title: str, language: str
) -> Figure:
    from plotly.graph_objects import Figure, Scatter

    labels = {name: score_label(name, language) for name in ("auc", "average_precision")}
    figure = Figure()
    for name, colour, dash, symbol in series:
        known = [one for one in history if one.get(name) is not None]
        figure.add_trace(
            Scatter(
                x=[one["epoch"] for one in known], y=[one[name] for one in known], mode="lines+markers",
                name=labels.get(name) or say(f"ctr.chart_{name}", language), line={"color": colour, "dash": dash},
                marker={"symbol": symbol},
            )
        )  # fmt: skip
    figure.update_layout(title=say(title, language), legend=BELOW, margin=MARGIN)
    return figure.update_xaxes(title=say("ctr.chart_epoch", language), dtick=1 if len(history) <= 20 else None)


def _between(rows: Sequence[Mapping[str, Any]], name: str) -> dict[str, Any]:
    """Error bars from `name`_low to `name`_high."""
    return {
        "type": "data", "symmetric": False, "array": [one[f"{name}_high"] - one[name] for one in rows],
        "arrayminus": [one[name] - one[f"{name}_low"] for one in rows],
    }  # fmt: skip
