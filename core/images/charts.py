"""Charts of a calibration and of a build, from the plain values of their report.json; `core.charts` gives their rows.

Series are told apart by colour and by symbol, pattern or dash, so that no one depends on colour alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from core.charts import BELOW, BLUE, GREY, MARGIN, ORANGE, VIOLET
from core.images.names import UNKNOWN
from core.messages import say

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

BINS = 40
ROW_PX, FRAME_PX = 26, 150  # height of a named row, and of what surrounds the rows
MOST_TEXT = 15  # classes up to which a confusion cell has room for its number
Names = Mapping[str, str]  # Korean -> English


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


def scatter_figure(calibration: Mapping[str, Any], language: str, names: Names | None = None) -> Figure:
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
                error_x=_around([accept]), error_y=_around([reject]),
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


def confusion_figure(confusion: Mapping[str, Any], language: str, names: Names | None = None) -> Figure:
    """Held-out pictures by their class, in rows, and by the class they were taken for."""
    from plotly.graph_objects import Figure, Heatmap

    classes = _labels(confusion["classes"], language, names)
    heatmap = Heatmap(
        x=classes, y=classes, z=confusion["counts"], colorscale="Blues", name=say("images.chart_pictures", language),
        texttemplate="%{z}" if len(classes) <= MOST_TEXT else None,
        hovertemplate="%{y} → %{x}: %{z}<extra></extra>",
    )  # fmt: skip
    figure = Figure(heatmap).update_layout(
        title=say("images.chart_confusion", language), margin=MARGIN, height=FRAME_PX + ROW_PX * len(classes)
    )
    figure.update_xaxes(title=say("images.chart_taken_for", language), type="category", automargin=True)
    return figure.update_yaxes(
        title=say("images.chart_class", language), type="category", autorange="reversed", automargin=True
    )


def classes_figure(classes: Sequence[Mapping[str, Any]], language: str) -> Figure:
    """Share of each class's held-out pictures named right, the weakest on top; classes without any are left out."""
    from plotly.graph_objects import Bar, Figure

    names = {one["name"]: one["english"] for one in classes}
    held = [one for one in classes if one["held_out"]]
    rows = sorted(held, key=lambda one: (one["top_1"], one["held_out"], one["name"]), reverse=True)
    bar = Bar(
        x=[one["top_1"] for one in rows], y=_labels([one["name"] for one in rows], language, names), orientation="h",
        name=say("images.chart_top_1", language), marker_color=BLUE,
        text=[f"{one['right']:,} / {one['held_out']:,}" for one in rows],
    )  # fmt: skip
    figure = Figure(bar).update_layout(
        title=say("images.chart_classes", language), margin=MARGIN, height=FRAME_PX + ROW_PX * len(rows)
    )
    figure.update_xaxes(title=say("images.chart_top_1", language), tickformat=".0%", range=[0, 1])
    return figure.update_yaxes(type="category", automargin=True)


def methods_figure(methods: Sequence[Mapping[str, Any]], language: str) -> Figure:
    """Top-1 and AUROC of every method that could be tried, with intervals."""
    from plotly.graph_objects import Figure, Scatter

    figure = Figure()
    for measure, colour, symbol in (("top_1", BLUE, "circle"), ("auroc", ORANGE, "diamond")):
        rows = [one for one in methods if one[measure] is not None][::-1]
        figure.add_trace(
            Scatter(
                x=[one[measure]["value"] for one in rows],
                y=[say(f"images.method_{one['name']}", language) for one in rows],
                mode="markers", name=say(f"images.chart_{measure}", language), orientation="h", offsetgroup=measure,
                marker={"color": colour, "symbol": symbol, "size": 11},
                error_x=_around([one[measure] for one in rows]),
            )
        )  # fmt: skip
    figure.update_layout(
        title=say("images.chart_methods", language), legend=BELOW, margin=MARGIN,
        scattermode="group", scattergap=0.6,  # beside each other: intervals on one line hide each other
    )  # fmt: skip
    figure.update_xaxes(tickformat=".0%")
    return figure.update_yaxes(type="category", automargin=True)


def before_after_figure(versus: Mapping[str, Any], language: str, names: Names | None = None) -> Figure:
    """What a build changed: held-out top-1, and the best similarity of every picture that reviewers spoke of.

    versus: `versus_before` of the report; either side of it may be None, or know no top-1.
    """
    from plotly.graph_objects import Scatter
    from plotly.subplots import make_subplots

    remarks = versus["remarks"][::-1]
    rows = [f"{_shown(one['class_name'], language, names)} · {one['file_name']}" for one in remarks]
    heights = [3, max(len(rows), 3)] if rows else [1]
    figure = make_subplots(rows=len(heights), row_heights=heights, vertical_spacing=0.3 if rows else None)
    for side, colour, symbol in (("before", GREY, "circle-open"), ("after", BLUE, "circle")):
        style = {
            "mode": "markers", "name": say(f"images.chart_{side}", language), "legendgroup": side,
            "marker": {"color": colour, "symbol": symbol, "size": 11},
        }  # fmt: skip
        shares = [one for one in [(versus[side] or {}).get("top_1")] if one is not None]
        labels = [say(f"images.chart_{side}", language)] * len(shares)
        top_1 = Scatter(x=[one["value"] for one in shares], y=labels, error_x=_around(shares), **style)
        figure.add_trace(top_1, row=1, col=1)
        seen = [(row, one[side]) for row, one in zip(rows, remarks, strict=True) if one[side] is not None]
        if seen:
            similar = Scatter(
                x=[one["s1"] for _, one in seen], y=[row for row, _ in seen], showlegend=False,
                text=[_shown(one["verdict"], language, names) for _, one in seen],
                hovertemplate="%{text}: %{x:.3f}<extra>%{fullData.name}</extra>", **style,
            )  # fmt: skip
            figure.add_trace(similar, row=2, col=1)
    height = FRAME_PX + 90 + ROW_PX * (3 + len(rows))
    figure.update_layout(title=say("images.chart_before_after", language), legend=BELOW, margin=MARGIN, height=height)
    figure.update_xaxes(title=say("images.chart_top_1", language), tickformat=".0%", row=1, col=1)
    figure.update_yaxes(autorange="reversed", row=1, col=1)
    if rows:
        figure.update_xaxes(title=say("images.chart_s1", language), row=2, col=1)
    return figure.update_yaxes(type="category", automargin=True)


def _mark_tau1(figure: Figure, calibration: Mapping[str, Any]) -> None:
    tau1 = calibration["thresholds"]["tau1"]
    figure.add_vline(x=tau1, line_dash="dash", line_color=GREY, annotation_text=f"tau1 {tau1:.3f}")


def _shown(name: str, language: str, names: Names | None) -> str:
    """A class in the reader's language, as far as it has a name there."""
    if name == UNKNOWN:
        return say("images.chart_verdict_unknown", language)
    return name if language == "ko" else (names or {}).get(name) or name


def _labels(classes: Sequence[str], language: str, names: Names | None) -> list[str]:
    """The same for classes on an axis, where two with one English name would fall together."""
    shown = [_shown(one, language, names) for one in classes]
    return [label if shown.count(label) == 1 else one for one, label in zip(classes, shown, strict=True)]


def _told(point: Mapping[str, Any], language: str, names: Names | None) -> str:
    """Class and file of a point, and what it was taken for where that is another class."""
    told = " · ".join(one for one in (_shown(point["class_name"], language, names), point["file_name"]) if one)
    best = point["taken_for"]
    return told if best in (None, point["class_name"]) else f"{told} → {_shown(best, language, names)}"


def _around(intervals: Sequence[Mapping[str, float]]) -> dict[str, Any]:
    """Error bars from low to high."""
    return {
        "type": "data", "symmetric": False, "array": [one["high"] - one["value"] for one in intervals],
        "arrayminus": [one["value"] - one["low"] for one in intervals],
    }  # fmt: skip
