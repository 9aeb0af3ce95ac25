"""Charts of a calibration, from the plain values of its report.json; `core.charts` gives their rows.

Series are told apart by colour and by symbol, pattern or dash, so that no one depends on colour alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from core.charts import BELOW, BLUE, GREY, MARGIN, ORANGE, VIOLET, error_bars
from core.images.names import class_shown
from core.messages import say

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

BINS = 40


def scores_figure(calibration: Mapping[str, Any], language: str) -> Figure:
    """Best similarities of known and unknown pictures, each as shares of their own, with tau1."""
    from plotly.graph_objects import Bar, Figure

    points = calibration["points"]
    known, unknown = ([one["s1"] for one in points[group]] for group in ("known", "unknown"))
    edges = np.histogram_bin_edges([*known, *unknown], bins=BINS)
    middles = ((edges[:-1] + edges[1:]) / 2).round(4).tolist()
    bars = [
        Bar(
            x=middles, y=(np.histogram(values, edges)[0] / len(values)).tolist(), width=float(edges[1] - edges[0]),
            name=say(f"images.chart_{group}", language, count=f"{len(values):,}"), opacity=0.7,
            marker={"color": colour, "pattern": {"shape": pattern}},
        )
        for group, values, colour, pattern in (("known", known, BLUE, ""), ("unknown", unknown, ORANGE, "/"))
    ]  # fmt: skip
    figure = Figure(bars).update_layout(
        title=say("images.chart_scores", language), barmode="overlay", legend=BELOW, margin=MARGIN
    )
    _mark_tau1(figure, calibration)
    figure.update_xaxes(title=say("images.chart_s1", language))
    return figure.update_yaxes(title=say("images.chart_share", language), tickformat=".0%")


def scatter_figure(calibration: Mapping[str, Any], language: str, names: Mapping[str, str] | None = None) -> Figure:
    """Every picture by similarity and lead; what lies right of tau1 and above tau2 is accepted."""
    from plotly.graph_objects import Figure, Scattergl

    known, unknown = calibration["points"]["known"], calibration["points"]["unknown"]
    figure = Figure()
    for group, rows, colour, symbol in (
        ("known_right", [one for one in known if one["right"]], BLUE, "circle"),
        ("unknown", unknown, ORANGE, "diamond-open"),
        ("known_wrong", [one for one in known if not one["right"]], VIOLET, "x"),
    ):
        figure.add_trace(
            Scattergl(
                x=[one["s1"] for one in rows], y=[one["margin"] for one in rows], mode="markers",
                name=say(f"images.chart_{group}", language, count=f"{len(rows):,}"),
                marker={"color": colour, "symbol": symbol, "size": 7, "opacity": 0.75},
                text=[_told(one, language, names) for one in rows],
                hovertemplate="%{text}<br>%{x:.3f} · %{y:.3f}<extra>%{fullData.name}</extra>",
            )
        )  # fmt: skip
    _mark_tau1(figure, calibration)
    tau2 = calibration["thresholds"]["tau2"]
    figure.add_hline(
        y=tau2, line_dash="dash", line_color=GREY, annotation_text=f"tau2 {tau2:.3f}", annotation_position="bottom left"
    )
    figure.update_layout(title=say("images.chart_scatter", language), legend=BELOW, margin=MARGIN)
    figure.update_xaxes(title=say("images.chart_s1", language))
    return figure.update_yaxes(title=say("images.chart_margin", language))


def trade_off_figure(calibration: Mapping[str, Any], language: str) -> Figure:
    """Refused known pictures over accepted unknown ones for every tau1, with the chosen rule and the fallback."""
    from plotly.graph_objects import Figure, Scatter

    curve, fallback = calibration["curve"], calibration["fallback"]
    accept, reject = calibration["false_accept"], calibration["false_reject"]
    figure = Figure(
        [
            Scatter(
                x=curve["accepted"], y=[1 - one for one in curve["taken"]], mode="lines",
                name=say("images.chart_every_tau1", language), line={"color": BLUE},
            ),
            Scatter(
                x=[accept["value"]], y=[reject["value"]], mode="markers", name=say("images.chart_chosen", language),
                marker={"color": VIOLET, "size": 12, "symbol": "diamond"},
                error_x=error_bars([accept]), error_y=error_bars([reject]),
            ),
            Scatter(
                x=[fallback["false_accept"]], y=[fallback["false_reject"]], mode="markers",
                name=say("images.chart_fallback", language, tau1=fallback["tau1"], tau2=fallback["tau2"]),
                marker={"color": ORANGE, "size": 12, "symbol": "x"},
            ),
        ]
    )  # fmt: skip
    figure.add_vline(
        x=calibration["target"], line_dash="dot", line_color=GREY, annotation_text=say("images.chart_target", language)
    )
    figure.update_layout(title=say("images.chart_trade_off", language), legend=BELOW, margin=MARGIN)
    # The corner where a rule is chosen; zooming out shows the rest of the curve.
    wide = 1.15 * max(0.1, accept["high"], fallback["false_accept"], 2 * calibration["target"])
    high = 1.15 * max(0.1, reject["high"], fallback["false_reject"])
    figure.update_xaxes(title=say("images.chart_false_accept", language), tickformat=".0%", range=[0, min(wide, 1.0)])
    return figure.update_yaxes(
        title=say("images.chart_false_reject", language), tickformat=".0%", range=[-0.04 * high, min(high, 1.0)]
    )


def _mark_tau1(figure: Figure, calibration: Mapping[str, Any]) -> None:
    tau1 = calibration["thresholds"]["tau1"]
    figure.add_vline(x=tau1, line_dash="dash", line_color=GREY, annotation_text=f"tau1 {tau1:.3f}")


def _told(point: Mapping[str, Any], language: str, names: Mapping[str, str] | None) -> str:
    """Class and file of a point, and what it was taken for where that is another class."""
    told = " · ".join(one for one in (class_shown(point["class_name"], language, names), point["file_name"]) if one)
    best = point["taken_for"]
    return told if best in (None, point["class_name"]) else f"{told} → {class_shown(best, language, names)}"
